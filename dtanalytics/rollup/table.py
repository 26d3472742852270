"""From measures per group to the table that was asked for: formulas, totals, the top, wide columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.errors import InputError
from dtanalytics.metrics.dictionary import evaluate, known
from dtanalytics.metrics.formulas import Amount
from dtanalytics.rollup.groups import Codes, Groups, Ints, compress, fuse
from dtanalytics.rollup.having import parse
from dtanalytics.rollup.keys import HOUR_OF_DAY, WEEKDAY

Having = str | Callable[[pd.DataFrame], Any]
Total = bool | Literal["all"]
Sort = Literal["name", "value"]
IS_TOTAL, IS_OTHER, LEVEL = "is_total", "is_other", "level"


@dataclass(frozen=True)
class Question:
    """What is asked of a rollup.

    ``ranking`` is the metric by which groups are large or small. ``sort`` of None is the largest first, but
    periods of time in their order.
    """

    by: list[str]
    metrics: list[str]
    total: Total = False
    having: Having | None = None
    top: int | None = None
    columns: str | None = None
    ranking: str = ""
    sort: Sort | None = "name"

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
        return list(dict.fromkeys([*self.metrics, self.ranking, *self._tested()]))

    def _tested(self) -> list[str]:
        if not isinstance(self.having, str):
            return []
        condition = parse(self.having)
        condition.check_names(self.by, known())
        return [name for name in condition.names if name not in self.by]


@dataclass(frozen=True)
class _Block:
    """Some rows of the table, and their codes.

    ``owner`` says which row each group goes into (-1: none); None: each group has a row of its own.
    """

    owner: Ints | None
    codes: list[Ints]
    count: int
    level: int
    other: bool = False
    total: bool = False


def build(groups: Groups, question: Question) -> pd.DataFrame:
    """Lay out the table: the columns of ``by``, the metrics, the marks."""
    keys = groups.keys[: len(question.by)]
    rows = _rows(groups, keys)
    kept = _passing(groups, rows, question)
    blocks = _ordinary(groups, rows, kept, question)
    if question.total:
        levels = range(max(len(keys) - 1, 0), -1, -1) if question.total == "all" else [0]
        blocks += [_subtotals(rows, kept, keys, level) for level in levels]
    codes = [_joined([block.codes[at] for block in blocks]) for at in range(len(keys))]
    values = _values(groups, blocks, question)
    table = (
        dict(zip(question.by, (k.take(c) for k, c in zip(keys, codes, strict=True)), strict=True)) | values
    )
    count = sum(block.count for block in blocks)
    frame = pd.DataFrame(table | _marks(blocks, question), index=pd.RangeIndex(count), copy=False)
    if question.total != "all" or not keys:
        return frame
    order = np.lexsort([*reversed(codes)])
    return frame.take(order).reset_index(drop=True)


def _marks(blocks: Sequence[_Block], question: Question) -> dict[str, npt.NDArray[Any]]:
    counts = [block.count for block in blocks]
    total = np.repeat([block.total for block in blocks], counts)
    level = np.repeat([block.level for block in blocks], counts)
    other = np.repeat([block.other for block in blocks], counts)
    found = {IS_OTHER: other, IS_TOTAL: total, LEVEL: level}
    return {name: found[name] for name in question.marks}


def _rows(groups: Groups, keys: Sequence[Codes]) -> _Block:
    """Return one row for each group, or for each set of groups that differ in the wide column only."""
    level = len(keys)
    if level == len(groups.keys):
        return _Block(None, [key.codes for key in keys], groups.count, level)
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
    if isinstance(question.having, str):
        passes: Any = parse(question.having).passes({str(name): table[name] for name in table})
    else:
        try:
            passes = question.having(table)
        except (NameError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"having={question.having!r} cannot be worked out: {error}") from error
    found = pd.Series(passes).astype("boolean").fillna(value=False).to_numpy(dtype=bool)
    if found.shape != (rows.count,):
        raise InputError("having must say True or False for each row")
    return found


def _ordinary(groups: Groups, rows: _Block, kept: npt.NDArray[np.bool_], question: Question) -> list[_Block]:
    """Return the rows that pass, in their order; with ``top`` the best ones, and one row for all others."""
    by_value = _is_by_value(groups, question)
    if question.having is None and question.top is None and not by_value:
        return [rows]
    order = np.flatnonzero(kept)
    if by_value or question.top is not None:
        amounts = groups.merged(rows.owner, rows.count)
        value = _evaluate([question.ranking], amounts)[question.ranking].astype(np.float64)
        order = order[np.argsort(-value[order], kind="stable")]  # NaN, no value, comes last
    shown, others = order[: question.top], order[len(order) if question.top is None else question.top :]
    if not by_value:
        shown = np.sort(shown)
    blocks = [_Block(_placed(rows, shown), [code[shown] for code in rows.codes], len(shown), rows.level)]
    if len(others):
        rest = np.full(rows.count, -1, dtype=np.int64)
        rest[others] = 0
        blocks.append(
            _Block(_owned(rows, rest), [np.array([-1]) for _ in rows.codes], 1, rows.level, other=True)
        )
    return blocks


def _is_by_value(groups: Groups, question: Question) -> bool:
    """Tell whether the largest groups come first; subgroups under their subtotals stay in order of names."""
    if question.total == "all" or question.sort is not None:
        return question.sort == "value" and question.total != "all"
    keys = zip(question.by, groups.keys, strict=False)
    return question.top is not None or not any(
        name in {HOUR_OF_DAY, WEEKDAY} or pd.api.types.is_datetime64_any_dtype(key.take(key.codes[:0]))
        for name, key in keys
    )


def _placed(rows: _Block, order: Ints) -> Ints:
    """Return the place of each group when the rows are put into this order."""
    place = np.full(rows.count, -1, dtype=np.int64)
    place[order] = np.arange(len(order))
    return _owned(rows, place)


def _owned(rows: _Block, place: Ints) -> Ints:
    """Return the place of each group, given that of each row."""
    return place if rows.owner is None else place[rows.owner]


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
    return _Block(_owned(rows, place), [*codes, *blank], count, level, total=True)


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
    parts = [groups.merged(_within(block, within), block.count) for block in blocks]
    if len(parts) == 1:
        return parts[0]
    return {
        name: Amount(_joined([part[name].whole for part in parts]), measure.scale)
        for name, measure in groups.measures.items()
    }


def _joined(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _within(block: _Block, within: npt.NDArray[np.bool_] | None) -> Ints | None:
    if within is None:
        return block.owner
    owner = np.arange(block.count) if block.owner is None else block.owner
    return np.where(within, owner, -1)


def _evaluate(names: Sequence[str], amounts: dict[str, Amount]) -> dict[str, npt.NDArray[Any]]:
    return {name: evaluate(name, amounts).result() for name in names}
