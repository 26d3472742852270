"""The commands ``dtanalytics statement`` and ``dtanalytics statements``: work out, issue, list, take back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

import dtanalytics as dta
from dtanalytics.cli import options as opt
from dtanalytics.errors import DtError
from dtanalytics.window import parse_window

if TYPE_CHECKING:
    from dtanalytics.statements import Statement

_by = click.Choice(["affiliate", "advertiser"])
_out = click.option(
    "--out", type=click.Path(path_type=Path), help="File to write: .xlsx, .csv (for accounting) or .html."
)
_book = click.option(
    "--book", type=click.Path(path_type=Path), help="Folder that remembers issued statements."
)
_partner = click.option("--partner", help="Write the part of this partner alone.")
_LISTED = [
    "number", "period", "by", "issued_at", "partner_count", "calls", "corrections", "due", "payable",
    "currency", "cancels", "cancelled_by",
]  # fmt: skip


@click.command(
    epilog=opt.example(
        "dtanalytics statement 2026-10 --by affiliate --out october.xlsx",
        "dtanalytics statement 2026-10 --minimum 50 --hold-days 15 --refresh --issue --out october.html",
        "dtanalytics statement 2026-10 --adjust 'North Media' -25 'paid twice in May'",
    )
)
@opt.window
@click.option("--by", type=_by, default="affiliate", show_default=True, help="Whom the statement is for.")
@click.option("--issue", is_flag=True, help="Number it and remember it: its calls are owed by it, for good.")
@click.option("--unfinished", is_flag=True, help="Issue it although its period is not over.")
@_out
@_partner
@opt.platforms
@click.option("--set", "set_id", type=int, help="Only the calls of this LeadFlow set.")
@click.option("--minimum", default="0", show_default=True, help="Least amount that is paid.")
@click.option("--hold-days", type=int, default=0, help="Days for which a call is owed and not paid.")
@click.option(
    "--adjust",
    "adjustments",
    nargs=3,
    multiple=True,
    metavar="PARTNER AMOUNT REASON",
    help="An amount by hand; may be repeated.",
)
@click.option("--currency", help="Currency, that of DTANALYTICS_CURRENCY unless given.")
@click.option("--since", help="Leave periods before this day as they were settled.")
@click.option("--account", help="Name of the book; the account of the credentials unless given.")
@_book
@opt.refresh
@opt.offline
@opt.csv
def statement(
    window: tuple[str, ...],
    by: str,
    issue: bool,
    unfinished: bool,
    out: Path | None,
    partner: str | None,
    platforms: tuple[str, ...],
    set_id: int | None,
    minimum: str,
    hold_days: int,
    adjustments: tuple[tuple[str, str, str], ...],
    currency: str | None,
    since: str | None,
    account: str | None,
    book: Path | None,
    refresh: bool,
    offline: bool | None,
    csv: bool,
) -> None:
    """Work out what is owed to each affiliate, or by each advertiser, for a period.

    What changed since in periods of issued statements comes as corrections. Nothing is remembered without
    --issue.
    """
    made = dta.statement(
        parse_window(*opt.span(window)),
        "advertiser" if by == "advertiser" else "affiliate",
        platforms=platforms or None,
        set_id=set_id,
        minimum=minimum,
        hold_days=hold_days,
        adjustments=adjustments,
        currency=currency,
        since=since,
        account=account,
        refresh=refresh or None,
        offline=offline,
        book=book,
    )
    if out is not None:
        _writer(out)  # what cannot be written is refused before anything is issued
    if partner is not None:
        made.only(partner)
    if issue:
        made.issue(unfinished=unfinished)
    _show(made if partner is None else made.only(partner), out, csv)


@click.command(
    epilog=opt.example(
        "dtanalytics statements",
        "dtanalytics statements 7 --out seven.html --partner 'North Media'",
        "dtanalytics statements 7 --cancel --reason 'wrong month'",
    )
)
@click.argument("number", type=int, required=False, metavar="[NUMBER]")
@click.option("--by", type=_by, help="Only those for affiliates, or for advertisers.")
@click.option("--cancel", is_flag=True, help="Take statement NUMBER back by a counter-statement.")
@click.option("--reason", default="", help="Why it is taken back.")
@_out
@_partner
@_book
@opt.csv
def statements(
    number: int | None,
    by: str | None,
    cancel: bool,
    reason: str,
    out: Path | None,
    partner: str | None,
    book: Path | None,
    csv: bool,
) -> None:
    """List issued statements; with NUMBER show one as it was issued, write it, or take it back."""
    if number is None:
        if cancel or out is not None or partner is not None:
            raise click.UsageError("say which statement: give its NUMBER")
        side = None if by is None else "advertiser" if by == "advertiser" else "affiliate"
        listed = dta.statements(side, book=book)  # type: ignore[arg-type]  # one of the two words, or None
        if listed.empty and not csv:
            click.echo("no statement was issued")
        else:
            opt.show(listed if csv else listed[_LISTED].assign(issued_at=listed["issued_at"].dt.date), csv)
        return
    found = dta.issued_statement(number, book=book)
    if cancel:
        found = found.cancel(reason)
    _show(found if partner is None else found.only(partner), out, csv)


def _writer(out: Path) -> str:
    """Name of the method that writes a file of that name."""
    writers = {".xlsx": "to_excel", ".csv": "to_csv", ".html": "to_html", ".htm": "to_html"}
    try:
        return writers[out.suffix.lower()]
    except KeyError:
        raise click.BadParameter(
            f"{out.name}: end the name in .xlsx, .csv or .html", param_hint="--out"
        ) from None


def _show(made: Statement, out: Path | None, csv: bool) -> None:
    if csv:
        opt.show(made.due, csv)
    else:
        click.echo(repr(made))
        whole = made.due.assign(**{made.by: made.due[made.by].mask(made.due["is_total"], "Total")})
        opt.show(whole.drop(columns="is_total"), csv)
        for note in made.notes:
            click.echo(f"note: {note}")
    if out is not None:
        try:
            click.echo(getattr(made, _writer(out))(out), err=csv)
        except DtError:
            if made.number is not None:
                remedy = f"write it with: dtanalytics statements {made.number} --out FILE"
                click.echo(f"statement {made.number} is issued all the same; {remedy}", err=True)
            raise
