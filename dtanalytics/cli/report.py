"""The command ``dtanalytics report``: notebooks, run and written as pages."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

import dtanalytics as dta
from dtanalytics.cli import options as opt
from dtanalytics.errors import ConfigError, DtError
from dtanalytics.window import parse_window

FILES = "files"
"""Parameter of a report that cannot be run on one's own account without files of one's own."""


def _names(_ctx: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    """Complete the names of reports."""
    from dtanalytics import reports

    return [name for name in reports.names() if name.startswith(typed)]


@click.command(
    epilog=opt.example(
        "dtanalytics report --all",
        "dtanalytics report margin --window last-month --set 12 --out reports --xlsx",
        "dtanalytics report margin --window 2026-10-05 2026-10-12",
        "dtanalytics report reconcile_and_restate --window 2026-10 -p ledger buyer.csv",
    )
)
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=_names)
@click.option("--all", "every", is_flag=True, help="Every report, and an index page.")
@click.option(
    "--window",
    metavar="START [END]",
    help="Period to report on, of your own account; the demonstration's otherwise. A month, an ISO week "
    "(2026-W41), a day, last-month, last-week, or a start and an exclusive end.",
)
@opt.platforms
@click.option("--set", "set_id", type=int, help="Only the calls of this LeadFlow set.")
@click.option(
    "-p",
    "parameters",
    nargs=2,
    multiple=True,
    metavar="NAME VALUE",
    help="Another parameter of the notebook's cell tagged 'parameters'; may be repeated.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("build/report"),
    show_default=True,
    help="Folder for the pages.",
)
@click.option("--inputs", is_flag=True, help="Show the code in the pages too.")
@click.option("--xlsx", is_flag=True, help="Write the tables of each report as a workbook too.")
def report(
    names: tuple[str, ...],
    every: bool,
    window: str | None,
    platforms: tuple[str, ...],
    set_id: int | None,
    parameters: tuple[tuple[str, str], ...],
    out: Path,
    inputs: bool,
    xlsx: bool,
) -> None:
    """Run report notebooks and write them as HTML that opens without a network and prints on A4.

    NAME is a report that `dtanalytics report` lists, or a notebook of your own. A window of your own
    account replaces `window` in the notebook's cell tagged 'parameters', and sets `demo = False` there.
    """
    from dtanalytics import reports

    known = reports.names()
    ends = tuple(name for name in names if window and name[:4].isdigit() and name not in known)
    names = tuple(name for name in names if name not in ends)
    if every == bool(names):
        raise click.UsageError(f"name reports or pass --all; there are: {', '.join(known)}")
    if set_id is not None and window is None:
        raise click.UsageError("--set narrows your own calls: pass --window too")
    if platforms and window is None:
        raise click.UsageError("--platform chooses among your own calls: pass --window too")
    given: dict[str, Any] = {name: _value(text) for name, text in parameters}
    if window is not None:
        given["window"] = parse_window(*opt.span((window, *ends))).text()
    if set_id is not None:
        given["set_id"] = set_id
    if platforms:
        given["platforms"] = list(platforms)
    written = []
    for name in known if every else names:
        declared = reports.declared(name)
        own = {"demo": False} if window is not None and "demo" in declared else {}
        if every and own and FILES in declared and FILES not in given and "demo" not in given:
            click.echo(f"{name} is left out: it reads files of your own; give -p {FILES} PATH", err=True)
            continue
        try:
            page = reports.write(name, out, {**own, **given}, inputs=inputs)
        except DtError as error:
            if own and "demo" not in given and "credentials are missing" in str(error):
                hint = "--window asks for calls of your own account; add -p demo True for the demonstration's"
                raise ConfigError(f"{error}. {hint}") from error
            raise
        click.echo(page.path)
        if xlsx:
            page = replace(page, workbook=dta.exports.to_excel(page.tables, page.path.with_suffix(".xlsx")))
            click.echo(page.workbook)
        written.append(page)
    if every:
        click.echo(reports.write_index(out, written))


def _value(text: str) -> Any:
    """A number, True, None, a list, a mapping, as Python writes them; any other text is itself."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
