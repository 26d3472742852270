"""From measures per group to the table that was asked for: formulas, totals, the top, wide columns."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.errors import InputError
from dtanalytics.formulas import Amount
from dtanalytics.metrics import evaluate, known
from dtanalytics.rollup.groups import Codes, Groups, Ints, compress, fuse

Having = str | Callable[[pd.DataFrame], Any]
Total = bool | Literal["all"]
IS_TOTAL, IS_OTHER, LEVEL = "is_total", "is_other", "level"


@dataclass(frozen=True)
class Question:
    """What is asked of a rollup."""

    by: list[str]
    metrics: list[str]
    total: Total = False
    having: Having | None = None
    top: int | None = None
    columns: str | None = None

    @property
    def marks(self) -> list[str]:
        """Columns that tell totals and remainders from groups."""
        return [
            *([IS_OTHER] if self.top is not None else []),
            *([IS_TOTAL] if self.total else []),
            *([LEVEL] if self.total == "all" else []),
        ]

    @property
    def needed(self) -> list[str]:
        """Metrics that must be worked out, shown or not."""
        return list(dict.fromkeys([*self.metrics, *self._tested()]))

    def _tested(self) -> list[str]:
        if not isinstance(self.having, str):
            return []
        try:
            tree = ast.parse(self.having.strip(), mode="eval")
        except SyntaxError as error:
            raise InputError(f"having={self.having!r} cannot be read: {error}") from None
        found = (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
        return [name for name in found if name in known() and name not in self.by]


@dataclass(frozen=True)
class _Block:
    """Some rows of the table: the row that each group goes into (-1: none), and the rows' codes."""

    owner: Ints
    codes: list[Ints]
    count: int
    level: int
    other: bool = False


def build(groups: Groups, question: Question) -> pd.DataFrame:
    """Lay out the table: the columns of ``by``, the metrics, the marks."""
    keys = groups.keys[: len(question.by)]
    rows = _rows(groups, keys)
    kept = _passing(groups, rows, question)
    blocks = _ordinary(groups, rows, kept, question)
    if question.total:
        levels = range(len(keys) - 1, -1, -1) if question.total == "all" else [0]
        blocks += [_subtotals(rows, kept, keys, level) for level in levels]
    codes = [np.concatenate([block.codes[at] for block in blocks]) for at in range(len(keys))]
    values = _values(groups, blocks, question)
    table = (
        dict(zip(question.by, (k.take(c) for k, c in zip(keys, codes, strict=True)), strict=True)) | values
    )
    level = np.repeat([block.level for block in blocks], [block.count for block in blocks])
    other = np.repeat([block.other for block in blocks], [block.count for block in blocks])
    marks = {IS_OTHER: other, IS_TOTAL: (level < len(keys)) & ~other, LEVEL: level}
    if question.total is True:
        marks[IS_TOTAL] = np.arange(len(level)) == len(level) - 1
    table |= {name: marks[name] for name in question.marks}
    frame = pd.DataFrame(table, copy=False)
    if question.total != "all" or not keys:
        return frame
    order = np.lexsort([*reversed(codes)])
    return frame.take(order).reset_index(drop=True)


def _rows(groups: Groups, keys: Sequence[Codes]) -> _Block:
    """Return one row for each group, or for each set of groups that differ in the wide column only."""
    level = len(keys)
    if level == len(groups.keys):
        return _Block(np.arange(groups.count), [key.codes for key in keys], groups.count, level)
    ids, size, decode = fuse([key.codes for key in keys], [key.size for key in keys], groups.count)
    if not keys:
        return _Block(ids, [], 1, level)
    owner, occurring = compress(ids, size)
    return _Block(owner, decode(occurring), len(occurring), level)


def _passing(groups: Groups, rows: _Block, question: Question) -> npt.NDArray[np.bool_]:
    """Return which rows pass ``having``."""
    if question.having is None:
        return np.ones(rows.count, dtype=bool)
    keys = groups.keys[: len(question.by)]
    labels = {name: key.take(code) for name, key, code in zip(question.by, keys, rows.codes, strict=True)}
    amounts = groups.merged(rows.owner, rows.count)
    table = pd.DataFrame(labels | _evaluate(question.needed, amounts))
    try:
        passes = table.eval(question.having) if isinstance(question.having, str) else question.having(table)
    except (NameError, KeyError, SyntaxError, TypeError, AttributeError) as error:
        raise InputError(f"having={question.having!r} cannot be worked out: {error}") from error
    found = pd.Series(passes).astype("boolean").fillna(value=False).to_numpy(dtype=bool)
    if found.shape != (rows.count,):
        raise InputError("having must say True or False for each row")
    return found


def _ordinary(groups: Groups, rows: _Block, kept: npt.NDArray[np.bool_], question: Question) -> list[_Block]:
    """Return the rows that pass; with ``top`` the best ones, and one row for all others."""
    order = np.flatnonzero(kept)
    if question.top is None:
        return [_Block(_placed(rows, order), [code[order] for code in rows.codes], len(order), rows.level)]
    ranking = question.metrics[0]
    value = _evaluate([ranking], groups.merged(rows.owner, rows.count))[ranking].astype(np.float64)
    best = order[np.argsort(-value[order], kind="stable")]  # NaN, no value, comes last
    shown, others = best[: question.top], best[question.top :]
    blocks = [_Block(_placed(rows, shown), [code[shown] for code in rows.codes], len(shown), rows.level)]
    if len(others):
        owner = np.where(np.isin(rows.owner, others), 0, -1)
        blocks.append(_Block(owner, [np.array([-1]) for _ in rows.codes], 1, rows.level, other=True))
    return blocks


def _placed(rows: _Block, order: Ints) -> Ints:
    """Return the place of each group when the rows are put into this order."""
    place = np.full(rows.count, -1, dtype=np.int64)
    place[order] = np.arange(len(order))
    return place[rows.owner]


def _subtotals(rows: _Block, kept: npt.NDArray[np.bool_], keys: Sequence[Codes], level: int) -> _Block:
    """Return a row for each combination of the first ``level`` keys; level 0 is the one row of all."""
    inside = np.flatnonzero(kept)
    if level == 0:
        owner, count, codes = np.zeros(len(inside), dtype=np.int64), 1, []
    else:
        first = [code[inside] for code in rows.codes[:level]]
        ids, size, decode = fuse(first, [key.size for key in keys[:level]], len(inside))
        owner, occurring = compress(ids, size)
        count, codes = len(occurring), decode(occurring)
    place = np.full(rows.count, -1, dtype=np.int64)
    place[inside] = owner
    blank = [np.full(count, key.size) for key in keys[level:]]  # sorts after null
    return _Block(place[rows.owner], [*codes, *blank], count, level)


def _values(groups: Groups, blocks: Sequence[_Block], question: Question) -> dict[str, npt.NDArray[Any]]:
    if question.columns is None:
        return _evaluate(question.metrics, _amounts(groups, blocks))
    wide = groups.keys[-1]
    occurring = np.unique(wide.codes)
    tables = {
        label: _evaluate(question.metrics, _amounts(groups, blocks, wide.codes == code))
        for code, label in zip(occurring, _headings(wide, occurring), strict=True)
    }
    values = {f"{name}: {label}": tables[label][name] for name in question.metrics for label in tables}
    if question.total:
        values |= _evaluate(question.metrics, _amounts(groups, blocks))
    return values


def _headings(wide: Codes, codes: Ints) -> list[str]:
    """Return a different text for each value, null included."""
    texts: list[str] = []
    for value in wide.take(codes):
        text = "(none)" if pd.isna(value) else str(value)
        while text in texts:
            text += "'"
        texts.append(text)
    return texts


def _amounts(
    groups: Groups, blocks: Sequence[_Block], within: npt.NDArray[np.bool_] | None = None
) -> dict[str, Amount]:
    parts = [
        groups.merged(block.owner if within is None else np.where(within, block.owner, -1), block.count)
        for block in blocks
    ]
    return {
        name: Amount(np.concatenate([part[name].whole for part in parts]), measure.scale)
        for name, measure in groups.measures.items()
    }


def _evaluate(names: Sequence[str], amounts: Mapping[str, Amount]) -> dict[str, npt.NDArray[Any]]:
    return {name: evaluate(name, amounts).result() for name in names}
