"""What is true: generated calls, who trades, who calls, what happens to each call."""
