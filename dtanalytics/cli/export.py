"""The command ``dtanalytics export``: a window's calls into a file for an ad platform."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import click

import dtanalytics as dta
from dtanalytics.cli import options as opt

KINDS = {
    "google-clicks": "google_clicks",
    "google-adjustments": "google_adjustments",
    "google-leads": "google_leads",
    "microsoft": "microsoft_clicks",
    "microsoft-clicks": "microsoft_clicks",
    "microsoft-bulk": "microsoft_bulk",
    "sa360": "sa360",
}
_consent = click.Choice(["GRANTED", "DENIED"])


@click.command(
    epilog=opt.example(
        "dtanalytics export google-clicks 2026-10 --conversion-name 'Qualified call' --out clicks.csv",
        "dtanalytics export google-adjustments 2026-10 --refresh --conversion-name 'Qualified call' "
        "--out changes.csv",
    )
)
@click.argument("kind", type=click.Choice(list(KINDS)), metavar="KIND")
@opt.window
@click.option("--conversion-name", required=True, help="The conversion action's name on the ad platform.")
@click.option(
    "--value",
    default="margin",
    show_default=True,
    help="margin, revenue, a column that holds a call's worth, or none.",
)
@click.option("--currency", help="Its currency, that of DTANALYTICS_CURRENCY unless given.")
@click.option("--negative", type=click.Choice(["refuse", "zero"]), help="What becomes of a value below zero.")
@click.option("--now", help="Moment against which ages are judged; the current time otherwise.")
@click.option("--action-created", help="When the conversion action was created, if lately.")
@click.option("--ad-user-data", type=_consent, help="Consent of all callers in the file.")
@click.option("--ad-personalization", type=_consent, help="Consent of all callers in the file.")
@click.option("--enhanced", is_flag=True, default=None, help="microsoft: add the caller's hashed number.")
@click.option("--floodlight-activity-id", help="sa360: the activity that books the conversions.")
@click.option("--ledger", type=click.Path(path_type=Path), help="Folder that remembers what was sent.")
@click.option(
    "--forget", is_flag=True, help="The last export into --out was never uploaded: take it back first."
)
@click.option("--refused", type=click.Path(path_type=Path), help="CSV for the calls that are left out.")
@opt.out
@opt.refresh
@opt.offline
def export(
    kind: str,
    window: tuple[str, ...],
    value: str,
    forget: bool,
    refused: Path | None,
    out: Path,
    refresh: bool,
    offline: bool | None,
    **given: Any,
) -> None:
    """Write a window's calls as a conversion file that an ad platform accepts.

    KIND is google-clicks, google-adjustments, google-leads, microsoft (or microsoft-clicks),
    microsoft-bulk or sa360.

    The preflight is printed: what was written, and every call that the platform would refuse, by
    reason, with the money at stake and what to do. Calls that were written before count as sent and are
    not written again, not even into the same file: --forget takes a file back that was never uploaded.
    """
    write = getattr(dta.exports, KINDS[kind])
    asked = {name: answer for name, answer in given.items() if answer is not None}
    strange = sorted(set(asked) - set(inspect.signature(write).parameters))
    if strange:
        raise click.UsageError(f"{kind} has no option --{strange[0].replace('_', '-')}")
    start, end = opt.span(window)
    calls = dta.join_calls(
        dta.load_leadflow(start, end, refresh=refresh, offline=offline),
        dta.load_bids(start, end, refresh=refresh, offline=offline),
    )
    if forget:
        dta.exports.forget(out, asked.get("ledger"))
    done = write(calls, out, value=None if value == "none" else value, **asked)
    click.echo(repr(done))
    if refused is not None:
        click.echo(dta.exports.to_csv(done.refused, refused))
