"""Where money comes from and why it changed: margin, bridge, matrix, comparison, trend, pacing, audit."""
