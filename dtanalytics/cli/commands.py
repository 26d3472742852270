"""The command ``dtanalytics``: parse, call, print. What it does is in the functions that it calls."""

from __future__ import annotations

import io
import logging
import os
import sys
from typing import TYPE_CHECKING, Any

import click

import dtanalytics as dta
from dtanalytics import settings
from dtanalytics.cli import options as opt
from dtanalytics.cli.emulate import emulate
from dtanalytics.cli.export import export
from dtanalytics.cli.gallery import gallery
from dtanalytics.cli.handbook import docs
from dtanalytics.cli.imports import import_calls
from dtanalytics.cli.nbval import nbval_config
from dtanalytics.cli.report import report
from dtanalytics.cli.statement import statement, statements
from dtanalytics.cli.watch import watch
from dtanalytics.errors import DtError
from dtanalytics.tracebacks import DEBUG

if TYPE_CHECKING:
    import pandas as pd


class _Group(click.Group):
    """Commands whose expected failures are one line on stderr and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        for stream in (sys.stdout, sys.stderr):  # Windows pipes in cp1252, which lacks most letters
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        try:
            return super().invoke(ctx)
        except (DtError, OSError) as error:
            if ctx.params.get("debug") or isinstance(error, BrokenPipeError):
                raise
            click.echo(f"error: {' '.join(str(error).split())}", err=True)
            ctx.exit(1)


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=opt.example("dtanalytics load leadflow 2026-10", "dtanalytics report --all"),
)
@click.version_option(dta.__version__, prog_name="dtanalytics")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option("-v", "--verbose", is_flag=True, help="Log what is asked and cached, to stderr.")
def main(debug: bool, verbose: bool) -> None:
    """Load DialogTech's LeadFlow and Bid Management calls, and report on them.

    Completion of commands and options: eval "$(_DTANALYTICS_COMPLETE=bash_source dtanalytics)" in bash;
    zsh_source and fish_source in the other shells.
    """
    if debug:
        os.environ[DEBUG] = "1"  # every frame of an error
    if verbose:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")


@main.group()
def load() -> None:
    """Load the calls of a window into the cache.

    WINDOW is a month (2026-10), an ISO week (2026-W41), a day, last-month, last-week, last-7-days and the
    like, or a start and an exclusive end, in Eastern time.
    """


@load.command(epilog=opt.example("dtanalytics load leadflow 2026-10 --set 12"))
@opt.window
@click.option("--set", "set_id", type=int, help="Only the calls of this LeadFlow set.")
@click.option(
    "--active", type=click.Choice(["0", "1"]), help="1: calls in progress; 0: calls that have ended."
)
@opt.refresh
@opt.offline
def leadflow(
    window: tuple[str, ...], set_id: int | None, active: str | None, refresh: bool, offline: bool | None
) -> None:
    """Load the LeadFlow History report."""
    start, end = opt.span(window)
    _loaded(
        dta.load_leadflow(
            start,
            end,
            set_id=set_id,
            active=None if active is None else active == "1",
            refresh=refresh,
            offline=offline,
        )
    )


@load.command(
    epilog=opt.example("dtanalytics load bids 2026-10-01 2026-10-15 --where 'talk_minutes:[0.5 TO *]'")
)
@opt.window
@click.option("--where", metavar="TEXT", help="Conditions, in the service's own q= language.")
@opt.refresh
@opt.offline
def bids(window: tuple[str, ...], where: str | None, refresh: bool, offline: bool | None) -> None:
    """Load the Bid Management report."""
    start, end = opt.span(window)
    _loaded(dta.load_bids(start, end, where=where, refresh=refresh, offline=offline))


def _loaded(calls: pd.DataFrame) -> None:
    days = calls["call_day"]
    span = f" on {days.nunique()} days, {days.min():%Y-%m-%d} to {days.max():%Y-%m-%d}" if len(calls) else ""
    click.echo(f"{len(calls):,} calls{span}; cached in {settings.current().cache_dir}")


@main.group()
def cache() -> None:
    """Look after the cache of loaded calls."""


@cache.command(epilog=opt.example("dtanalytics cache info"))
@opt.csv
def info(csv: bool) -> None:
    """Say what is cached: reports, days, rows, bytes."""
    held = dta.cache.info()
    if held.empty and not csv:
        click.echo(f"the cache is empty: nothing has been loaded into {settings.current().cache_dir}")
    else:
        opt.show(held, csv)


@cache.command(epilog=opt.example("dtanalytics cache verify"))
def verify() -> None:
    """Check every file against the hash in the manifest; exit code 1 when one is damaged."""
    damaged = dta.cache.verify()
    if len(damaged):
        opt.show(damaged, csv=False)
        raise click.exceptions.Exit(1)
    click.echo("every file is as it was written")


@cache.command(epilog=opt.example("dtanalytics cache clear leadflow 2026-10"))
@click.argument("report_name", metavar="[REPORT]", required=False, type=click.Choice(["leadflow", "bids"]))
@click.argument("window", nargs=-1, metavar="[WINDOW]")
@click.confirmation_option(prompt="Remove cached calls?", help="Do not ask.")
def clear(report_name: str | None, window: tuple[str, ...]) -> None:
    """Remove cached calls: all, of a report, or of a window."""
    click.echo(f"{dta.cache.clear(report_name, *opt.span(window)):,} days removed")


@cache.command(epilog=opt.example("dtanalytics cache compact"))
def compact() -> None:
    """Join the daily files of closed months."""
    click.echo(f"{dta.cache.compact()} months joined")


@cache.command(epilog=opt.example("dtanalytics cache vintages leadflow 2026-10"))
@click.argument("report_name", metavar="REPORT", type=click.Choice(["leadflow", "bids"]))
@opt.window
@opt.csv
def vintages(report_name: str, window: tuple[str, ...], csv: bool) -> None:
    """List the answers that the service gave over time for the same days."""
    opt.show(dta.cache.vintages(report_name, *opt.span(window)), csv)


main.add_command(docs)
main.add_command(export)
main.add_command(gallery)
main.add_command(import_calls)
main.add_command(report)
main.add_command(watch)
main.add_command(statement)
main.add_command(statements)
main.add_command(emulate)
main.add_command(nbval_config)


@main.command(epilog=opt.example("dtanalytics doctor", "dtanalytics doctor --no-requests"))
@click.option("--no-requests", is_flag=True, help="Do not ask the services.")
def doctor(no_requests: bool) -> None:
    """Examine versions, settings (no secrets), the cache and the credentials; exit code 1 when one is bad."""
    from dtanalytics.cli import doctor as examination

    bad = False
    for finding in examination.examine(ask=not no_requests):
        mark = {True: "ok ", False: "BAD", None: "   "}[finding.ok]
        click.echo(f"{mark} {finding.topic:<34} {finding.text}")
        bad |= finding.ok is False
    if bad:
        raise click.exceptions.Exit(1)


@main.command(epilog=opt.example("dtanalytics fields leadflow", "dtanalytics fields --csv > dictionary.csv"))
@click.argument("report_name", metavar="[REPORT]", required=False)
@opt.csv
def fields(report_name: str | None, csv: bool) -> None:
    """Print the data dictionary: every column of both reports."""
    table = dta.fields(report_name)
    opt.show(table if csv else table[["report", "name", "pandas", "unit", "personal", "meaning"]], csv)


@main.command(epilog=opt.example("dtanalytics metrics"))
@opt.csv
def metrics(csv: bool) -> None:
    """Print the metrics: name, formula, unit, meaning."""
    opt.show(dta.metrics(), csv)
