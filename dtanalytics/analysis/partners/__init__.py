"""Whom to keep: scorecard, quality of traffic, callers by the week of their first call."""
