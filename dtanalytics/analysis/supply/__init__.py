"""Calls against the capacity to take them: unsold calls, caps, concurrency, talk time."""
