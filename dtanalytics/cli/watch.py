"""The command ``dtanalytics watch``: what to look at today."""

from __future__ import annotations

import datetime as dt
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import dtanalytics as dta
from dtanalytics.cli import options as opt
from dtanalytics.cli.webhook import checked, plain, post
from dtanalytics.errors import InputError
from dtanalytics.schema import EASTERN
from dtanalytics.texts.instants import read_instant

if TYPE_CHECKING:
    import pandas as pd

ALARM = 3
"""Exit code where something has left its past."""
_MOST = 10  # alarms in a chat's message


@click.command(
    epilog=opt.example(
        "dtanalytics watch",
        "dtanalytics watch --by offer --format json",
        "dtanalytics watch --format html --out build/watch.html --webhook https://chat.example.com/hooks/...",
    )
)
@click.option(
    "--by",
    multiple=True,
    default=["affiliate"],
    show_default=True,
    help="Column whose values are watched; may be repeated.",
)
@opt.platforms
@click.option("--set", "set_id", type=int, help="Only the calls of this LeadFlow set.")
@click.option("--now", help="Moment as of which to look, Eastern; now otherwise.")
@click.option("--weeks", type=click.IntRange(2, 52), default=8, show_default=True, help="Weeks of the past.")
@click.option(
    "--false-alarm-rate",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.05,
    show_default=True,
    help="Chance that a quiet month has any alarm.",
)
@click.option(
    "--format",
    "shape",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    show_default=True,
    help="What is written.",
)
@click.option("--out", type=click.Path(path_type=Path), help="File to write; printed otherwise.")
@click.option(
    "--webhook",
    envvar="DTANALYTICS_WEBHOOK",
    metavar="URL",
    help="https address of your chat that is told of alarms, and of nothing else.",
)
@opt.offline
def watch(
    by: tuple[str, ...],
    platforms: tuple[str, ...],
    set_id: int | None,
    now: str | None,
    weeks: int,
    false_alarm_rate: float,
    shape: str,
    out: Path | None,
    webhook: str | None,
    offline: bool | None,
) -> None:
    """Look for segments that have left what their own past, weekday and hour say.

    Exit code 0: calm; 3: alarm. It may run every hour: the rate of false alarms in a month stays as stated.
    """
    address = checked(webhook) if webhook else None
    moment = (read_instant(now, "now") if now else dt.datetime.now(EASTERN)).astimezone(EASTERN)
    moment = moment.replace(minute=0, second=0, microsecond=0, tzinfo=None)
    first = (moment - dt.timedelta(hours=1)).replace(day=1, hour=0) - dt.timedelta(weeks=weeks)
    calls = (
        dta.load_calls(first, moment, platforms=platforms, set_id=set_id, offline=offline)
        if platforms
        else dta.load_leadflow(first, moment, set_id=set_id, offline=offline)
    )
    table = dta.calls(calls).watch(list(by), now=moment, weeks=weeks, false_alarm_rate=false_alarm_rate)
    shown = _without_persons(table, by)
    try:
        _write(_written(shown, table.attrs, shape), out)
    finally:  # a file that cannot be written keeps no alarm from the chat
        if len(shown) and address:
            post(address, {"text": _message(shown)})
            click.echo("the chat was told", err=True)
    if len(shown):
        raise click.exceptions.Exit(ALARM)


def _without_persons(table: pd.DataFrame, by: tuple[str, ...]) -> pd.DataFrame:
    """Refuse segments that are people: what is written may leave this machine."""
    from dtanalytics.personal.names import level_of
    from dtanalytics.personal.sharing import shareable

    shown, left = shareable(table)
    bad = [name for name in by if level_of(name) == "direct"] or [str(part.label) for part in left]
    if bad:
        raise InputError(f"{', '.join(bad)} identifies people, and is not written: watch by another column")
    return shown


def _written(table: pd.DataFrame, said: dict[Any, Any], shape: str) -> str:
    """The answer as text, as JSON or as a page."""
    notes = list(said.get("assumptions", []))
    if shape == "json":
        records = json.loads(table.to_json(orient="records", date_format="iso"))
        moments = [None if moment is None else moment.isoformat() for moment in table["since"]]
        alarms = [
            record | {"since": since, "found": found}
            for record, since, found in zip(records, moments, said.get("found", []), strict=True)
        ]
        return json.dumps(
            {"calm": table.empty, "alarms": alarms, "notes": notes}, ensure_ascii=False, indent=1
        )
    head = _headline(table)
    if shape == "html":
        from dtanalytics.reports.page import simple_page
        from dtanalytics.reports.tables import table as laid_out

        return simple_page(head, [laid_out(table)._repr_html_()] if len(table) else [], notes)
    lines = [head, *([table.to_string(index=False, na_rep="")] if len(table) else []), *notes]
    return "\n".join(lines)


def _headline(table: pd.DataFrame) -> str:
    """What the answer says, in a line."""
    if table.empty:
        return "Calm: nothing has left its past."
    cost = -table.loc[table["amount"] < 0, "amount"].sum()
    many = "1 alarm" if len(table) == 1 else f"{len(table):,} alarms"
    return f"{many}, {cost:,.2f} lost against what the past says (alarms of a segment overlap)."


def _message(table: pd.DataFrame) -> str:
    """The answer for a chat: a line an alarm."""
    lines = [_headline(table)]
    names = list(table.columns[: table.columns.get_loc("metric")])
    for row in table.head(_MOST).to_dict("records"):
        who = ", ".join(str(row[name]) for name in names)
        money = "" if math.isnan(row["amount"]) else f", {row['amount']:+,.2f}"
        early = "" if row["is_mature"] else " (may still be restated)"
        lines.append(
            f"{plain(who)}: {row['metric']} {row['observed']:,.4g} instead of {row['expected']:,.4g} since "
            f"{row['since']:%Y-%m-%d %H:%M}{money}{early}"
        )
    if len(table) > _MOST:
        lines.append(f"and {len(table) - _MOST:,} more")
    return "\n".join(lines)


def _write(text: str, out: Path | None) -> None:
    if out is None:
        click.echo(text)
        return
    from dtanalytics.exports.replacing import replacing
    from dtanalytics.texts.paths import expand

    path = expand(out, "out")
    with replacing(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    click.echo(path)
