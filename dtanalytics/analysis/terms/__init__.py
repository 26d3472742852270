"""The same calls under other terms: buffers, prices, payouts, caps, repeats."""
