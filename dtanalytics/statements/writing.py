"""A statement as files: a workbook, a list for accounting, a page that prints."""

from __future__ import annotations

import html
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dtanalytics import exports
from dtanalytics.exports.replacing import replacing
from dtanalytics.exports.upload import PathLike
from dtanalytics.money import SCALE, written
from dtanalytics.reports.page import of_tables
from dtanalytics.reports.tables import Table, table
from dtanalytics.statements.sides import MEASURE
from dtanalytics.statements.states import states
from dtanalytics.texts.currencies import PLACES
from dtanalytics.texts.paths import expand

if TYPE_CHECKING:
    from dtanalytics.statements.result import Statement

_MOST = 1_000
"""Rows of a table on a page; the note says how many there are, and the workbook has all."""


def to_excel(statement: Statement, path: PathLike) -> Path:
    """Write the workbook."""
    sheets = {
        "Due": statement.due,
        "Calls by offer": statement.by_offer,
        "Corrections": statement.corrections,
        "Adjustments": statement.adjustments,
        "Calls": statement.calls,
        "Notes": pd.DataFrame({"note": [statement.title, *statement.notes]}),
    }
    filled = {title: sheet for title, sheet in sheets.items() if len(sheet)}
    return exports.to_excel(filled, path, include=[statement.by])


def to_csv(statement: Statement, path: PathLike) -> Path:
    """Write the list for accounting."""
    return exports.to_csv(bookings(statement), path, include=[statement.by])


def bookings(statement: Statement) -> pd.DataFrame:
    """A row an amount, in the order of the partners; amounts as decimals.

    Amounts add up to what is due, ``payable`` to what is paid now: it stands in the first row of a partner.
    """
    by, due = statement.by, statement.due[~statement.due["is_total"]]
    parts = [
        due.loc[due["opening"] != 0, [by, "opening"]]
        .rename(columns={"opening": "amount"})
        .assign(item="opening"),
        statement.by_offer.assign(item="call"),
        statement.corrections.assign(item="correction", call_count=0),
        statement.adjustments.assign(item="adjustment"),
    ]
    names = ["item", by, "offer", "price", "call_count", "sid", "reason", "amount"]
    rows = [
        [part.get(name, pd.Series([None] * len(part))).tolist() for name in names]
        for part in parts
        if len(part)
    ]
    flat = {name: [value for part in rows for value in part[at]] for at, name in enumerate(names)}
    places = PLACES[statement.currency]
    table = pd.DataFrame(flat, dtype=object)
    table = _with_payments(table, due, by, states(statement._document))  # noqa: SLF001 - the same package
    for name in ("amount", "price", "payable"):
        decimals = [None if pd.isna(value) else _decimal(value, places) for value in table[name]]
        table[name] = pd.Series(decimals, dtype=object)
    issued = statement.issued_at
    start, end = statement.window.start, statement.window.end
    table.insert(0, "statement", statement.number)
    table.insert(1, "issued", None if issued is None else issued.date())
    table.insert(2, "start", start.date() if statement.window == statement.window.whole_days() else start)
    table.insert(3, "end", end.date() if statement.window == statement.window.whole_days() else end)
    return table.assign(currency=statement.currency).reset_index(drop=True)


def _with_payments(table: pd.DataFrame, due: pd.DataFrame, by: str, why: list[str]) -> pd.DataFrame:
    """Put the rows in the order of the partners, and say what of each is paid now, and why no more."""
    order = {None if pd.isna(name) else name: at for at, name in enumerate(due[by])}
    at = np.array([order[None if pd.isna(name) else name] for name in table[by]], dtype=np.int64)
    rows = at.argsort(kind="stable")
    at = at[rows]
    is_first = np.append(True, at[1:] != at[:-1])[: len(at)]
    paid = np.where(is_first, due["payable"].to_numpy()[at], 0.0)
    return table.iloc[rows].assign(payable=paid, state=np.array(why, dtype=object)[at])


def _decimal(amount: float, places: int) -> Decimal:
    return Decimal(written(round(amount * SCALE), places))


def to_html(statement: Statement, path: PathLike) -> Path:
    """Write the page."""
    corrections = statement.corrections.drop(columns="offer")
    tables = [
        due_table(statement, "Due"),
        _laid_out(statement, statement.by_offer, "Calls by offer and price"),
        _laid_out(statement, corrections, "Corrections of settled periods"),
        _laid_out(statement, statement.adjustments, "Adjustments"),
    ]
    title = statement.title[:1].upper() + statement.title[1:]
    content = of_tables(title, _period(statement), [one for one in tables if len(one.frame)], statement.notes)
    target = expand(path)
    with replacing(target) as temporary:
        temporary.write_text(content, encoding="utf-8")
    return target


def due_table(statement: Statement, title: str = "") -> Table:
    """Lay out what is due, in the order in which it adds up; columns of nothing but 0 are left out."""
    frame = statement.due
    order = [name for name in frame if name != "due"]
    order.insert(order.index("adjustments") + 1, "due")
    idle = [name for name in ("adjustments", "held", "payable", "carried") if not frame[name].any()]
    measure = MEASURE[statement.by]
    note = f"calls: {measure} of the period; due is opening, calls, corrections and adjustments together."
    title = title or statement.title[:1].upper() + statement.title[1:]
    return _laid_out(statement, frame[order].drop(columns=idle), title, note)


def _laid_out(statement: Statement, frame: pd.DataFrame, title: str, note: str = "") -> Table:
    shown = [statement.by] if statement.by in frame else []
    return table(frame, title, note, currency=statement.currency, rows=_MOST, include=shown)


def _period(statement: Statement) -> str:
    issued = statement.issued_at
    when = "not issued" if issued is None else f"issued {issued:%Y-%m-%d}"
    return html.unescape(f"{statement.window}, Eastern; {when}; amounts in {statement.currency}")
