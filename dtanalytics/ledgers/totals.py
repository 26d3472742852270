"""Rows of a ledger that add others up: they are no calls, and would count the money twice."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.columns.units import SCALE
from dtanalytics.errors import InputError
from dtanalytics.ledgers.cells import bare, is_text, prepared, texts
from dtanalytics.ledgers.money import read_money
from dtanalytics.schema import LEADFLOW
from dtanalytics.texts.amounts import DecimalMark
from dtanalytics.texts.digits import only_digits
from dtanalytics.texts.phones import spelled

MONEY = ("revenue", "payout")
_SHOWN = 5
_RARE = 2
"""Identifiers without a digit are words where so many times more have one."""
_CALLERS = ("caller_id", "ani")
_WORDS = (
    r"(?:(?:sub|grand|page|report|overall|invoice|running|gesamt|zwischen|end|eind|sous|gran|suma)?[\s-]*"
    r"(?:totals?|totale|totaal|totaux|totalt|suma|sum|somme|summe|insgesamt|gesamt|gesamtsumme|gesamtbetrag)"
    r"|razem|og\u00f3\u0142em|celkem|\u00f6sszesen|toplam|yhteens\u00e4|i alt|"
    r"\u0438\u0442\u043e\u0433\u043e|\u0432\u0441\u0435\u0433\u043e|\u0915\u0941\u0932|"
    r"[\u5408\u7dcf\u603b\u7e3d\u5c0f\u5171\u7d2f][\u8a08\u8ba1]|[\ud569\ucd1d\uc18c]\uacc4)"
)
_LABEL = re.compile(
    rf"(?:[\d.,]+\s*(?:calls?|rows?|records?|leads?)|(?:net\s+)?(?:amount|balance)\s+(?:due|payable|owed)|{_WORDS})"
    r"(?:\s+(?:due|billed|payable|payout|revenue|amount|calls|count|general|geral|complessivo|g\u00e9n\u00e9ral))*"
    r"(?:\s+(?:incl|inc|excl|ex|including|excluding|with|without)\.?\s+(?:vat|gst|tax|taxes|mwst|tva))?"
    r"\s*(?:\([^()]*\)|[:=#-]?\s*[\d.,$\u20ac\u00a3 ]*(?:calls?|rows?)?)?\s*:?",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"(?:average|avg\.?|mean|median|minimum|maximum|min|max|durchschnitt|mittelwert|moyenne|promedio|media|"
    r"(?:(?:calls?|rows?|records?|leads?)\s+)?counts?|(?:number|no\.?|#)\s*(?:of\s+)?(?:calls|rows|records|leads)|anzahl|nombre|"
    r"vat|[cis]?gst|hst|pst|qst|sales tax|tax|tds|mwst\.?|ust\.?|tva|iva|btw|\u6d88\u8cbb\u7a0e|"
    r"\u043d\u0434\u0441|"
    r"discount|rabatt|remise|descuento|(?:(?:opening|closing|previous|prior|current|ending)\s+)?balance|"
    r"(?:balance\s+)?(?:brought|carried)\s+(?:forward|down)|balance\s+forward)"
    r"(?:\s+(?:per call|amount|payout|revenue))?\s*@?\s*\(?(?:[\d.,]+\s*%|%)?\)?\s*:?",
    re.IGNORECASE,
)
_WITHIN = re.compile(rf"(?<!\w){_WORDS}(?!\w)(?:\s+(?:for|of|f\u00fcr|pour))?\s*:?", re.IGNORECASE)


def labelled(column: pd.Series[Any]) -> pd.Series[Any]:
    """Where a text calls its row a total, and nothing else."""
    worded = ~only_digits(column)
    codes, found = pd.factorize(column[worded])
    is_label = [isinstance(value, str) and _is_label(bare(value)) for value in found]
    held = np.zeros(len(column), dtype=bool)
    held[worded] = np.array([*is_label, False])[codes]
    return pd.Series(held, column.index)


def _is_label(text: str) -> bool:
    """Whether a text is the name of a total, of an average, of a number of calls or of a tax."""
    return _LABEL.fullmatch(text) is not None or _ASIDE.fullmatch(text) is not None


def without_label(text: str) -> str:
    """Return what a text says besides that it is a total."""
    return _WITHIN.sub("", bare(text)).strip(" :-") if _WITHIN.search(text) else text


def total_rows(
    texts: pd.DataFrame,
    is_call: pd.Series[Any],
    is_bare: pd.Series[Any],
    units: pd.Series[Any],
    words_alone: pd.Series[Any],
) -> dict[Any, tuple[str, bool]]:
    """Find the rows that add others up.

    Parameters
    ----------
    texts : pandas.DataFrame
        Cells of every column but the money.
    is_call : pandas.Series of bool
        Rows with an identifier of a call.
    is_bare : pandas.Series of bool
        Rows with neither an identifier, nor a caller, nor a time: only these can be totals.
    units : pandas.Series
        Money in 1/10,000, 0 where there is none.
    words_alone : pandas.Series
        Rows with a word instead of an identifier -> the word: a total in a language that is not known here
        is one by its amount alone.

    Returns
    -------
    dict
        Row -> what it is called, and whether it is the sum of calls. It is called "" where nothing but
        its amount tells: it stands below all calls, or below two and more of a group, and is their sum.
    """
    rows = list(texts.index[is_bare.to_numpy()])
    if not rows:
        return {}
    place = pd.Series(np.arange(len(texts)), texts.index)
    calls = np.where(is_call.to_numpy(), units.to_numpy(), 0)
    running = np.concatenate([[0], np.cumsum(calls)])
    counts = np.concatenate([[0], np.cumsum(is_call.to_numpy())])
    found: dict[Any, tuple[str, bool]] = {}
    begun = 0
    for row in rows:
        at = int(place[row])
        words = [bare(value) for value in texts.loc[row] if isinstance(value, str) and bare(value)]
        label = next((word for word in words if _is_label(word)), None)
        near = next((word for word in words if _WITHIN.search(word)), None)
        amount = int(units[row])
        block, above, every = running[at] - running[begun], running[at], running[-1]
        sums = {block, above, every, *_group(texts, calls, near)}
        if label is None and near is not None and amount in sums:
            label = near
        is_said = row in words_alone.index or not any(re.search(r"[^\W\d_]", word) for word in words)
        if label is None and is_said and amount != 0:
            last = counts[at] == counts[-1] and counts[at] > 0
            if (last and amount in {block, above}) or (amount == block and counts[at] - counts[begun] >= 2):
                label = bare(str(words_alone.get(row, "")))
        if label is not None:
            is_total = not _ASIDE.fullmatch(label)
            found[row] = (label, amount in sums or not is_total)
            begun = at if is_total else begun
    return found


def _group(texts: pd.DataFrame, calls: Any, label: str | None) -> list[int]:
    """Sum of the calls of the group that a label names: "Total North" is the sum of North's calls."""
    name = without_label(label or "").casefold()
    sums = []
    for column in texts.columns if name else ():
        same = texts[column].map(lambda value: isinstance(value, str) and bare(value).casefold() == name)
        if same.any():
            sums.append(int(calls[same.to_numpy(dtype=bool)].sum()))
    return sums


def told(left: pd.DataFrame, above: float) -> str:
    """Say which rows are totals, and which of them are not what the rows of calls add up to."""
    said = []
    for row, label, amount, agrees in left.head(_SHOWN).itertuples(index=False):
        name = f" ({label!r})" if label else ""
        more = "" if agrees else f", where the calls of the ledger add up to {above:,.2f}"
        verb = "says of other rows" if _ASIDE.fullmatch(label) else "is a total of"
        said.append(f"row {row}{name} {verb} {amount:,.2f}{more}")
    if len(left) > _SHOWN:
        said.append(f"and so are {len(left) - _SHOWN} more")
    return f"{'; '.join(said)}: no call, left out"


def without_totals(
    table: pd.DataFrame, decimal: DecimalMark | None
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Take out the rows that add others up, if the ledger has what tells calls, and money."""
    nothing = pd.DataFrame(
        {"row": pd.Series([], dtype="int64"), "label": pd.Series([], dtype="str"), "amount": []}
    )
    money = next((name for name in MONEY if name in table.columns), None)
    keys = [name for name in (LEADFLOW.key, *_CALLERS) if name in table.columns]
    if money is None or not keys or not len(table):
        return table, nothing, []
    key = texts(table[keys[0]])
    has_key = key.notna() & ~labelled(table[keys[0]])
    if keys[0] != LEADFLOW.key:
        has_key &= spelled(key).notna()
    has_key &= texts(table[keys[0]]).str.contains(r"[^\W_]", na=False)  # signs alone name no call
    has_key &= ~_counts_calls(key, has_key)
    words_alone = _words_alone(texts(table[keys[0]]), has_key)
    has_key &= ~table.index.isin(words_alone.index)
    nameless = table[~has_key]
    for name in (*keys[1:], LEADFLOW.time):
        if name in nameless.columns:
            nameless = nameless[~_given(nameless[name])]
    doubtful = nameless.index
    if not len(doubtful):
        return table, nothing, []
    empty = pd.Series(table.index.isin(doubtful), table.index)
    sums = read_money(table.loc[~empty, money], decimal) if (~empty).any() else pd.Series([], dtype="float64")
    alone = pd.Series([_amount(table, row, money, decimal) for row in doubtful], doubtful, dtype="float64")
    amounts = pd.concat([sums, alone]).reindex(table.index)
    units = (amounts.fillna(0) * SCALE).round().astype("int64")
    cells = table[[name for name in table.columns if is_text(table[name])]].astype(object)
    if money in cells:
        said = cells.loc[doubtful, money].map(
            lambda value: value if isinstance(value, str) and without_label(value) != value else None
        )
        cells = cells.assign(**{money: said})
    found = total_rows(cells, has_key, empty, units, words_alone)
    if not found:
        return table, nothing, []
    left = pd.DataFrame(
        {
            "row": list(found),
            "label": [label for label, _ in found.values()],
            "amount": [float(amounts[row]) for row in found],
        }
    )
    agrees = [one for _, one in found.values()]
    note = told(left.assign(agrees=agrees), float(units[has_key].sum() / SCALE))
    return table.drop(index=list(found)), left, [note]


def _counts_calls(key: pd.Series[Any], has_key: pd.Series[Any]) -> pd.Series[Any]:
    """Where the last row has, instead of an identifier, how many calls stand above it."""
    rows = np.flatnonzero(has_key.to_numpy())
    found = pd.Series(data=False, index=key.index)
    words = (
        [re.sub(r"\.0+$|[^\d]", "", str(key.iloc[row])) for row in (rows[0], rows[-1])] if len(rows) else []
    )
    if words and words[1] == str(len(rows) - 1) and len(words[1]) < len(words[0]):
        found.iloc[rows[-1]] = True
    return found


def _words_alone(key: pd.Series[Any], has_key: pd.Series[Any]) -> pd.Series[Any]:
    """Words of rows without a digit in their identifier, where nearly all identifiers have one."""
    given = key[has_key]
    worded = given[~only_digits(given)]
    without = worded[~worded.str.contains(r"\d")]
    return without if len(without) * _RARE < len(given) else without.iloc[:0]


def _given(column: pd.Series) -> pd.Series:
    if not is_text(prepared(column)):
        return column.notna()
    return texts(column).notna() & ~labelled(column)


def _amount(table: pd.DataFrame, row: Any, money: str, decimal: DecimalMark | None) -> float:
    """Amount of a row that may be a total, read by the grammar of all rows; null where it is none."""
    column = table[money]
    if isinstance(column[row], str) and (text := without_label(column[row])) != column[row]:
        column = column.mask(column.index == row, text)
    for some, mark in ((column, decimal), (column.loc[[row]], decimal or ".")):
        try:
            return float(read_money(some, mark)[row])
        except InputError:
            continue
    return float("nan")
