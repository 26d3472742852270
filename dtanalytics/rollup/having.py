"""Conditions on the groups of a rollup, as text: ``call_count >= 100 and margin < 0``.

The text is taken apart by the parser of formulas, never run. Null passes no comparison, also not the
opposite of one.
"""

from __future__ import annotations

import ast
import io
import operator
import re
import tokenize
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache, reduce
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.errors import InputError, nearest
from dtanalytics.metrics.formulas import named, read, shortened
from dtanalytics.schema import TIMEZONE

_NODES = (
    ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.Invert, ast.USub, ast.UAdd, ast.BinOp, ast.Compare,
    ast.cmpop, ast.Name, ast.Load, ast.Constant, ast.List, ast.Tuple,
)  # fmt: skip
_SIGNS = "+ - * / % **, comparisons, and, or, not"
_OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_OPERATIONS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_QUOTED = re.compile(r"`([^`]+)`")
_STAND_IN = "quoted_name_{}_"


class Having:
    """A condition that was read: the names in it, and what tells which groups pass."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.what = f"having={shortened(text)}"
        quoted = list(dict.fromkeys(_QUOTED.findall(text)))
        self.quoted = {_STAND_IN.format(at): name for at, name in enumerate(quoted)}
        plain = _QUOTED.sub(lambda found: _STAND_IN.format(quoted.index(found[1])), text)
        self.tree = read(_spelled_out(plain, self.what), self.what, _NODES, _OPERATIONS, _SIGNS)
        self._check(self.tree)

    @property
    def names(self) -> list[str]:
        """Names of metrics and columns, in order of appearance."""
        return [self.quoted.get(name, name) for name in named(self.tree)]

    def check_names(self, by: Collection[str], metrics: Collection[str]) -> None:
        """Refuse names that are neither columns of ``by`` nor metrics."""
        for name in self.names:
            if name not in by and name not in metrics:
                raise InputError(
                    f"{self.what} cannot be worked out: no metric or column of by is called {name!r}: "
                    f"{nearest(name, [*by, *metrics])}"
                )

    def passes(self, table: Mapping[str, pd.Series[Any]]) -> pd.Series[Any]:
        """Return which rows of a table pass: True, False, or null where a value is null."""
        try:
            with np.errstate(all="ignore"):
                found = self._evaluate(self.tree, table)
        except (TypeError, ValueError, ArithmeticError) as error:
            raise InputError(f"{self.what} cannot be worked out: {error}") from None
        if not isinstance(found, pd.Series) or found.dtype.kind != "b":
            raise InputError("having must say True or False for each row")
        return found.astype("boolean")

    def _check(self, node: ast.AST) -> None:
        """Lists and text stand on the right of a comparison only, and ``is`` in none."""
        for parent in ast.walk(node):
            if isinstance(parent, ast.Is | ast.IsNot):
                raise InputError(f"{self.what} holds 'is': write == or !=")
            if isinstance(parent, ast.List | ast.Tuple):
                if not all(isinstance(item, ast.Constant | ast.UnaryOp) for item in parent.elts):
                    raise InputError(f"{self.what} holds a list of other things than numbers and text")
            elif not isinstance(parent, ast.Compare):
                for child in ast.iter_child_nodes(parent):
                    if isinstance(child, ast.List | ast.Tuple):
                        raise InputError(f"{self.what} holds a list that is not on the right of 'in'")

    def _evaluate(self, node: ast.expr, table: Mapping[str, pd.Series[Any]]) -> Any:
        match node:
            case ast.Name():
                return table[self.quoted.get(node.id, node.id)]
            case ast.Constant():
                return node.value
            case ast.List() | ast.Tuple():
                return [self._evaluate(item, table) for item in node.elts]
            case ast.UnaryOp(op=ast.Not() | ast.Invert()):
                return ~_truth(self._evaluate(node.operand, table))
            case ast.UnaryOp():
                inner = _number(self._evaluate(node.operand, table))
                return -inner if isinstance(node.op, ast.USub) else inner
            case ast.BoolOp():
                parts = [_truth(self._evaluate(one, table)) for one in node.values]  # noqa: PD011 - syntax, no frame
                combine = operator.and_ if isinstance(node.op, ast.And) else operator.or_
                return reduce(combine, parts)
            case ast.BinOp():
                left, right = (_number(self._evaluate(side, table)) for side in (node.left, node.right))
                found = _OPERATORS[type(node.op)](left, right)
                return found.replace([np.inf, -np.inf], np.nan) if isinstance(found, pd.Series) else found
            case ast.Compare():
                values = [self._evaluate(one, table) for one in (node.left, *node.comparators)]
                tests = [_compare(op, a, b) for op, a, b in zip(node.ops, values, values[1:], strict=False)]
                return reduce(operator.and_, tests)
        raise AssertionError(node)  # `read` has refused all other nodes


@lru_cache(maxsize=128)
def parse(text: str) -> Having:
    """Read a condition, or say what in it cannot be read.

    Examples
    --------
    >>> parse("call_count >= 100 and `my label` != 'x'").names
    ['call_count', 'my label']
    """
    return Having(text)


def _spelled_out(text: str, what: str) -> str:
    """Write ``and`` for ``&`` and ``or`` for ``|``, which bind as loosely here."""
    words = {"&": "and", "|": "or"}
    try:
        tokens = [
            (tokenize.NAME, words[word]) if kind == tokenize.OP and word in words else (kind, word)
            for kind, word, *_ in tokenize.generate_tokens(io.StringIO(text.strip()).readline)
        ]
        return tokenize.untokenize(tokens).strip()
    except (tokenize.TokenError, SyntaxError, IndentationError, ValueError):
        raise InputError(f"{what} cannot be read") from None


def _truth(value: Any) -> pd.Series[Any]:
    if isinstance(value, pd.Series):
        if value.dtype.kind == "b":
            return value.astype("boolean")
        raise InputError(f"having takes 'and', 'or' and 'not' of conditions, and {value.name!r} is none")
    raise InputError("having takes 'and', 'or' and 'not' of conditions: a number or text is none")


def _number(value: Any) -> Any:
    """Numbers as floats, so that whole ones cannot wrap."""
    if isinstance(value, pd.Series):
        if value.dtype.kind not in "iuf":
            raise InputError(f"having cannot calculate with {value.name!r}, which holds {value.dtype}")
        return value.astype(
            "Float64" if isinstance(value.dtype, pd.api.extensions.ExtensionDtype) else "float64"
        )
    if isinstance(value, int | float):
        return np.float64(value)
    raise InputError("having cannot calculate with text and lists")


def _compare(op: ast.cmpop, left: Any, right: Any) -> Any:
    if isinstance(op, ast.In | ast.NotIn):
        if not isinstance(left, pd.Series) or not isinstance(right, list):
            raise InputError("having: 'in' has a name on the left and a list on the right")
        inside = left.isin([_like(left, item) for item in right]).astype("boolean")
        inside = inside if isinstance(op, ast.In) else ~inside
        return inside.mask(left.isna().to_numpy(dtype=bool))
    series = left if isinstance(left, pd.Series) else right
    if not isinstance(series, pd.Series):
        raise InputError("having compares two constants: name a metric or a column of by")
    if isinstance(left, list) or isinstance(right, list):
        raise InputError("having: a list stands on the right of 'in'")
    left, right = _like(series, left), _like(series, right)
    null = series.isna().to_numpy(dtype=bool)
    for side in (left, right):
        if isinstance(side, pd.Series):
            null = null | side.isna().to_numpy(dtype=bool)
    found = pd.Series(_OPERATORS[type(op)](_plain(left), _plain(right)), dtype="boolean")
    return found.mask(null)


def _plain(value: Any) -> Any:
    """Compare labels of unordered categories by their values."""
    if (
        isinstance(value, pd.Series)
        and isinstance(value.dtype, pd.CategoricalDtype)
        and not value.cat.ordered
    ):
        return value.astype(value.cat.categories.dtype)
    return value


def _like(series: pd.Series[Any], value: Any) -> Any:
    """Read a constant as what it is compared with."""
    if isinstance(value, pd.Series):
        return value
    kind = series.dtype
    if isinstance(kind, pd.CategoricalDtype):
        kind = series.cat.categories.dtype
    arrow_time = isinstance(kind, pd.ArrowDtype) and kind.kind == "M"
    dates = isinstance(kind, pd.ArrowDtype) and str(kind).startswith("date")
    if kind.kind == "M" or arrow_time or dates:
        if not isinstance(value, str):
            raise InputError(f"having compares {series.name!r}, which holds times, with a number")
        try:
            moment = pd.Timestamp(value)
        except ValueError:
            raise InputError(f"having compares {series.name!r}, which holds times, with {value!r}") from None
        if dates:
            return moment.date()
        zoned = isinstance(kind, pd.DatetimeTZDtype) or "tz=" in str(kind)
        return moment.tz_localize(TIMEZONE) if zoned and moment.tzinfo is None else moment
    textual = kind == "str" or kind.kind in "OU" or "string" in str(kind)
    if isinstance(value, str) != textual and kind.kind != "O":
        holds = "text" if textual else str(kind)
        raise InputError(f"having compares {series.name!r}, which holds {holds}, with {value!r}")
    return value
