"""The command ``dtanalytics``: parse, call, print. What it does is in the functions that it calls."""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import dtanalytics as dta
from dtanalytics.cli import options as opt
from dtanalytics.cli.export import export
from dtanalytics.cli.gallery import gallery
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
    """Load DialogTech's LeadFlow and Bid Management calls, and report on them."""
    if debug:
        os.environ[DEBUG] = "1"  # every frame of an error
    if verbose:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")


@main.group()
def load() -> None:
    """Load the calls of a window into the cache.

    WINDOW is a month, a day, or a start and an exclusive end, in Eastern time.
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
    from dtanalytics import settings

    days = calls["call_day"]
    span = f" on {days.nunique()} days, {days.min():%Y-%m-%d} to {days.max():%Y-%m-%d}" if len(calls) else ""
    click.echo(f"{len(calls):,} calls{span}; cached in {settings.current().cache_dir}")


@main.command(
    epilog=opt.example(
        "dtanalytics report --all",
        "dtanalytics report margin --window 2026-10 --set 12 --out reports --xlsx",
    )
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "every", is_flag=True, help="Every report, and an index page.")
@click.option("--window", help="Period to report on, of your own account; the demonstration's otherwise.")
@click.option("--set", "set_id", type=int, help="Only the calls of this LeadFlow set.")
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
    set_id: int | None,
    out: Path,
    inputs: bool,
    xlsx: bool,
) -> None:
    """Run report notebooks and write them as HTML that opens without a network and prints on A4.

    NAME is a report that `dtanalytics report` lists, or a notebook of your own.
    """
    from dtanalytics import reports

    known = reports.names()
    if every == bool(names):
        raise click.UsageError(f"name reports or pass --all; there are: {', '.join(known)}")
    if set_id is not None and window is None:
        raise click.UsageError("--set narrows your own calls: pass --window too")
    own = {"demo": False, "window": window, "set_id": set_id} if window else {}
    written = []
    for name in known if every else names:
        page = reports.write(name, out, own, inputs=inputs)
        click.echo(page.path)
        if xlsx:
            page = replace(page, workbook=dta.exports.to_excel(page.tables, page.path.with_suffix(".xlsx")))
            click.echo(page.workbook)
        written.append(page)
    if every:
        click.echo(reports.write_index(out, written))


@main.group()
def cache() -> None:
    """Look after the cache of loaded calls."""


@cache.command(epilog=opt.example("dtanalytics cache info"))
@opt.csv
def info(csv: bool) -> None:
    """Say what is cached: reports, days, rows, bytes."""
    opt.show(dta.cache.info(), csv)


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


@main.command(
    epilog=opt.example(
        "dtanalytics emulate --port 8080 > variables.sh &",
        "sleep 5; source variables.sh",
        "dtanalytics load leadflow 2026-10",
    )
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1; a free one otherwise."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same calls.")
@click.option(
    "--calls", type=click.IntRange(1), default=20_000, show_default=True, help="LeadFlow calls to make up."
)
@click.option("--start", default="2026-09-01", show_default=True, help="First day with calls.")
@click.option("--end", default="2026-11-01", show_default=True, help="First day without.")
@click.option(
    "--limit", type=click.IntRange(0), default=0, help="Requests a minute before 429; no limit otherwise."
)
def emulate(port: int, seed: int, calls: int, start: str, end: str, limit: int) -> None:
    """Serve both services on this machine with made-up calls, until interrupted.

    What to put into the environment is printed as lines that a shell can read.
    """
    from dtanalytics.emulator import Emulator, generate

    made = generate(leadflow=calls, start=start, end=end, seed=seed)
    with Emulator(made, port=port, requests_per_window=limit) as service:
        keys = service.credentials
        for variable, value in {
            "DTANALYTICS_LEADFLOW_URL": service.leadflow_url,
            "DTANALYTICS_BIDS_URL": service.bids_url,
            "DTANALYTICS_REQUESTS_PER_MINUTE": limit,
            "DIALOGTECH_ACCESS_KEY": keys.access_key,
            "DIALOGTECH_SECRET_ACCESS_KEY": keys.secret_access_key,
            "DIALOGTECH_API_KEY": keys.api_key,
            "DIALOGTECH_BID_TOKEN": keys.bid_token,
        }.items():
            click.echo(f"export {variable}={value}")
        click.echo(f"# {made.leadflow.num_rows:,} LeadFlow calls, {made.bids.num_rows:,} bids; Ctrl+C ends")
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


main.add_command(export)
main.add_command(gallery)


@main.command(epilog=opt.example("dtanalytics doctor", "dtanalytics doctor --no-requests"))
@click.option("--no-requests", is_flag=True, help="Do not ask the services.")
def doctor(no_requests: bool) -> None:
    """Examine versions, settings (no secrets), the cache and the credentials; exit code 1 when one is bad."""
    from dtanalytics import doctor as examination

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
