"""What belongs together: both reports' calls, and our calls with a partner's ledger."""
