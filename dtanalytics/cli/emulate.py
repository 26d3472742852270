"""The command ``dtanalytics emulate``: both services on this machine."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import click

from dtanalytics.cli import options as opt


@click.command(
    epilog=opt.example(
        "dtanalytics emulate --port 8080 > variables.sh &",
        "sleep 5; source variables.sh",
        "dtanalytics load leadflow 2026-10",
    )
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1; a free one otherwise."
)
@click.option("--seed", type=int, help="Make up other calls; the same seed gives the same.")
@click.option("--calls", type=click.IntRange(1), help="Make up this many LeadFlow calls.")
@click.option("--start", help="First day with calls, 2026-09-01 otherwise.")
@click.option("--end", help="First day without, 2026-11-01 otherwise.")
@click.option(
    "--limit", type=click.IntRange(0), default=0, help="Requests a minute before 429; no limit otherwise."
)
def emulate(
    port: int, seed: int | None, calls: int | None, start: str | None, end: str | None, limit: int
) -> None:
    """Serve both services on this machine with made-up calls, until interrupted.

    The calls are those of dta.demo(), unless --seed, --calls, --start or --end ask for others. What to put
    into the environment is printed as lines that a shell can read.
    """
    from dtanalytics.emulator import Emulator, generate
    from dtanalytics.emulator.sample import sample_calls

    asked: dict[str, Any] = {"leadflow": calls, "start": start, "end": end, "seed": seed}
    asked = {name: value for name, value in asked.items() if value is not None}
    usual = {"leadflow": 20_000, "start": "2026-09-01", "end": "2026-11-01", "seed": 1}
    made = generate(**{**usual, **asked}) if asked else sample_calls()
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
