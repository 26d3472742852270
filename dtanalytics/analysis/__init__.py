"""What an expert asks of the calls: plain functions on frames, each on measures of ``rollup``."""
