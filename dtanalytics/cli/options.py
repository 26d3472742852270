"""Options, arguments and ways of printing that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import pandas as pd

csv = click.option("--csv", is_flag=True, help="Comma-separated values instead of an aligned table.")
refresh = click.option("--refresh", is_flag=True, help="Ask the service again for days that are cached.")
offline = click.option(
    "--offline", is_flag=True, default=None, help="Never ask a service; missing days fail."
)
window = click.argument("window", nargs=-1, required=True, metavar="WINDOW")
platforms = click.option(
    "--platform",
    "platforms",
    multiple=True,
    metavar="NAME",
    help="Whose calls: dialogtech, or a platform whose calls were imported (invoca, ...); may be repeated.",
)
out = click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write.")


def example(*lines: str) -> str:
    """Epilogue of a command's help: its examples, a line each."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


def show(table: pd.DataFrame, csv: bool) -> None:
    """Print a table whole: aligned for people, CSV for programs."""
    if csv:
        click.echo(table.to_csv(index=False, lineterminator="\n"), nl=False)
    else:
        click.echo(table.to_string(index=False, na_rep="", max_colwidth=72))


def span(window: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Start and exclusive end of the window that was typed; one period has no end."""
    if len(window) > 2:
        raise click.UsageError("WINDOW is one period (2026-10), or a start and an exclusive end")
    start, end = (*(_spoken(text) for text in window), None, None)[:2]
    return start, end


def _spoken(text: str) -> str:
    """Words without quotation marks: ``last-month`` is "last month"."""
    return text.replace("-", " ") if text[:1].isalpha() else text
