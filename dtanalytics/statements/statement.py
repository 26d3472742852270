"""What is owed to each affiliate, or by each advertiser, for a period, with what changed of earlier ones."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd

from dtanalytics import columns
from dtanalytics.calling.public import public
from dtanalytics.errors import InputError, SchemaError, StatementWarning, warn_caller
from dtanalytics.exports.currencies import check as check_currency
from dtanalytics.loading.imported import Platforms
from dtanalytics.settings import in_force
from dtanalytics.settings.model import Settings
from dtanalytics.statements import adjustments as by_hand
from dtanalytics.statements import balances, notes, periods, sources
from dtanalytics.statements.book import Book, Series, Where, opened, place
from dtanalytics.statements.calls import among
from dtanalytics.statements.changes import Scope, compare
from dtanalytics.statements.document import Document, Head
from dtanalytics.statements.result import Statement
from dtanalytics.statements.sides import By, checked, labels
from dtanalytics.texts.instants import read_instant
from dtanalytics.window import parse_window


@public
def statement(
    window: Any,
    by: By = "affiliate",
    *,
    calls: Any = None,
    platforms: Platforms = None,
    set_id: int | None = None,
    minimum: float | Decimal | str = 0,
    hold_days: int = 0,
    adjustments: by_hand.Adjustments = None,
    currency: str | None = None,
    since: Any = None,
    account: str | None = None,
    now: Any = None,
    refresh: bool | None = None,
    offline: bool | None = None,
    progress: bool | None = None,
    book: Where = None,
    settings: Settings | None = None,
) -> Statement:
    """Work out what is owed to each affiliate, or by each advertiser, for a period.

    A call is owed once, in the statement of its period. What changed since in periods that issued
    statements settled comes as corrections, call by call. Nothing is remembered before ``.issue()``.

    Parameters
    ----------
    window : str, date, Period, Interval or tuple
        The period, Eastern, as for :func:`dtanalytics.load_leadflow`; of two ends, in one tuple.
    by : {"affiliate", "advertiser"}
        What affiliates are paid (payout), or what advertisers pay (revenue). Letter case and white space
        do not tell partners apart.
    calls : frame or Scan, optional
        LeadFlow calls of any engine, of the period and of all settled ones, instead of a load. A settled
        period of which it holds no call is not looked at.
    platforms : str or list of str, optional
        Calls of these platforms, as :func:`dtanalytics.load_calls` loads them: ``"invoca"``, or
        ``["dialogtech", "invoca"]`` over a switch; LeadFlow's alone when left out. Platforms without
        DialogTech have a book of their own. Not with ``calls``.
    set_id : int, optional
        Only this LeadFlow set. Corrections are of periods that were settled for the same set.
    minimum : number or text of one
        Least amount that is paid [currency]; less is carried into the next opening balance.
    hold_days : int
        Days for which the amount of a call is owed and not paid yet [days].
    adjustments : mapping, list or frame, optional
        Amounts by hand: ``{"North Media": (-25, "bonus of May, paid twice")}``, or rows of partner,
        amount [currency] and reason.
    currency : str, optional
        ISO code; that of the settings (``DTANALYTICS_CURRENCY``) when left out.
    since : date, optional
        Settled periods before it are left as they are; with ``calls``, they hold all calls since.
    account : str, optional
        Name of the book; by default the fingerprint of the credentials in force.
    now : datetime-like, optional
        Moment against which ``hold_days`` are judged; the current time by default.
    refresh : bool, optional
        Whether days that are final are asked again. By default those of the period, and of what was settled
        in the 92 days before it, since disputes come late; not those that were asked in the last 12 hours.
        False: none; True: all. A note says which were not.
    offline, progress, settings
        As for :func:`dtanalytics.load_leadflow`.
    book : path, optional
        Folder that remembers issued statements; the cache's by default.

    Returns
    -------
    Statement
        ``due`` (a row a partner), ``calls``, ``by_offer``, ``corrections``, ``adjustments`` (frames),
        ``notes``; ``issue()``, ``to_excel(path)``, ``to_csv(path)``, ``to_html(path)``.

    Raises
    ------
    InputError
        An argument cannot be understood, another currency than that of the statements before, or calls
        that say two things.
    SchemaError
        Calls lack a column or hold what it cannot.
    ConfigError, ApiError, CacheError
        As for a load.

    Warns
    -----
    StatementWarning
        Days of the period can still change, a period has no statement, most calls of a settled one, or all
        of one partner, are gone, most calls of a partner are another's now, or calls were left out.

    Notes
    -----
    ``opening + calls + corrections + adjustments = due``, to the cent; the total of ``calls`` is
    ``payout`` (or ``revenue``) of the period, where no earlier statement overlaps it. A flag that is
    unknown counts as not qualified, a missing price as 0.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> october = pd.DataFrame({"sid": ["1", "2", "3"], "affiliate": ["North", "North", "South"],
    ...     "call_date": ["2026-10-05 09:30", "2026-10-06 10:00", "2026-10-06 11:00"], "offer": "Roof",
    ...     "affiliate_qualified": [True, True, False], "affiliate_price": 12.5})
    >>> folder = tempfile.TemporaryDirectory()
    >>> first = statement("2026-10", calls=october, book=folder.name, now="2026-11-20")
    >>> first.due[["affiliate", "opening", "calls", "corrections", "due"]]
      affiliate  opening  calls  corrections   due
    0     North      0.0   25.0          0.0  25.0
    1     South      0.0    0.0          0.0   0.0
    2       NaN      0.0   25.0          0.0  25.0
    >>> first.issue()
    <statement 1 to affiliates, 2026-10: due 25.00 USD to 2 affiliates, 2 calls, 0 corrections>
    >>> disputed = october.assign(affiliate_qualified=[True, False, False])
    >>> later = statement("2026-11", calls=disputed, book=folder.name, now="2026-12-20")
    >>> later.corrections[["sid", "affiliate", "amount", "reason"]]
      sid affiliate  amount    reason
    0   2     North   -12.5  disputed
    """
    settings, by, period = in_force(settings), checked(by), parse_window(window)
    span, moment = periods.span_of(period), _moment(now)
    start = None if since is None else periods.microseconds(read_instant(since, "since"))
    head = Head(
        account=sources.account_in(settings, platforms) if account is None else _text(account, "account"),
        by=by,
        set_id=sources.set_number(set_id),
        span=span,
        currency=settings.currency if currency is None else check_currency(currency),
        minimum=_minimum(minimum),
        hold_days=_days(hold_days),
        made_at=periods.microseconds(moment),
    )
    if calls is not None and platforms is not None:
        raise InputError("platforms says what to load, and calls= gives the calls: leave one of them out")
    series, path = Series(head.account, by), place(book, settings)
    added = by_hand.read(adjustments, by)
    with opened(path) as known:
        before = known.heads(series)
    in_force_now = [one for one in before if one.in_force]
    _check_series(head, in_force_now)
    own = periods.since([one.span for one in in_force_now if one.set_id == head.set_id], start)
    if calls is None:
        asked = sources.Asked(platforms, head.set_id, refresh, offline, progress, settings)
        source = sources.loaded(period, span, own, by, asked)
    else:
        trusted = start is not None
        source = sources.given(calls, period, own, by, moment, settings, trusted=trusted)
    with opened(path) as known:
        made, warned, twice = _document(known, series, head, source, added, own)
    for text in warned:
        warn_caller(text, StatementWarning)
    return Statement(made, path, before[-1].number if before else None, twice)


def _document(
    book: Book,
    series: Series,
    head: Head,
    source: sources.Source,
    added: pd.DataFrame,
    own: list[periods.Span],
) -> tuple[Document, list[str], list[str]]:
    """Hold the calls against the book."""
    now, span = source.calls, head.span
    standing = [one for one in book.heads(series) if one.in_force]
    settled = [one.span for one in standing if one.set_id in {None, head.set_id}]
    booked, opening = book.booked(series, head.set_id), book.balances(series)
    times = now["time"].to_numpy("int64")
    unbooked = now["sid"][
        periods.inside(times, settled) & ~among(now["sid"], booked["sid"]) & (now["units"] != 0)
    ]
    seen = book.seen(series, unbooked.tolist())
    lines = compare(now, booked, seen, Scope(span, settled, source.compared))
    here = now[periods.inside(times, [span])]
    partners = {
        **labels(now["key"], now["partner"]),
        **labels(here["key"], here["partner"]),
        **labels(booked["key"], booked["partner"]),
        **labels(opening["key"], opening["partner"]),  # the spelling of earlier statements stays
    }
    by_hand.known(added, partners, head.by)
    lines = lines.assign(partner=lines["key"].map(partners).astype("str"))
    added = added.assign(partner=added["key"].map(partners).astype("str"))
    table = balances.of_partners(lines, opening, added, partners, here["key"])
    held = balances.held_back(booked, lines, head.made_at, head.hold_days)
    table = balances.payment(table, held, head.minimum, head.currency)
    counts = here["qualified"].fillna(value=False).astype(bool) | among(here["sid"], booked["sid"])
    uncounted = here.loc[~counts, ["sid"]].reset_index(drop=True)
    others = [one for one in standing if one.set_id != head.set_id]
    new = lines["sid"][lines["kind"] == "call"].tolist()
    twice = notes.of_accounts(book.owed_elsewhere(series, new))
    grave = [
        *([source.outside] if source.outside else []),
        *source.doubles,
        *notes.of_days(source.moving),
        *notes.of_periods(span, own, source.compared),
        *notes.of_withdrawals(lines, booked, source.compared),
        *notes.of_names(lines, booked),
        *twice,
    ]
    more = [
        *notes.of_final_days(source.old),
        *notes.of_overlap(lines, now, booked, span),
        *notes.of_sets(others),
        *notes.of_calls(now, lines, span, head.by),
    ]
    made = Document(head.with_notes([*grave, *more]), lines, table, added, uncounted)
    return made, grave, twice


def _check_series(head: Head, before: list[Head]) -> None:
    """Raise an InputError where earlier statements are in another currency."""
    if before and before[-1].currency != head.currency:
        raise InputError(
            f"the statements before are in {before[-1].currency}, this one is in {head.currency}: balances "
            f"of two currencies do not add up. Give currency={before[-1].currency!r}, or another book="
        )


def _moment(now: Any) -> pd.Timestamp:
    return pd.Timestamp.now("UTC") if now is None else pd.Timestamp(read_instant(now, "now"))


def _minimum(minimum: Any) -> int:
    try:
        amount = columns.money(pd.Series([minimum], name="minimum"))
    except SchemaError as error:
        raise InputError(str(error)) from None
    units = int(amount.filled[0])
    if units < 0 or isinstance(minimum, bool) or not amount.known[0]:
        raise InputError(f"minimum is {minimum!r}: give an amount of nothing or more [currency]")
    return units


def _days(days: Any) -> int:
    if not 0 <= days <= 3660:
        raise InputError(f"hold_days is {days!r}: give a whole number of days from 0 to 3660")
    return int(days)


def _text(name: Any, what: str) -> str:
    if not isinstance(name, str) or not name.strip():
        raise InputError(f"{what} is {name!r}: give a name")
    return name.strip()
