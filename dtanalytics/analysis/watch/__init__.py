"""Segments that have left their own past, found while it happens."""
