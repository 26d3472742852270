"""The command ``dtanalytics``: one file a command group."""

from dtanalytics.cli.commands import main

__all__ = ["main"]
