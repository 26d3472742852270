"""The fast path for frames in pandas: keys packed into one whole number a row, sums block by block."""
