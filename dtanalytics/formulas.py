"""Formulas of metrics: text such as ``margin / revenue``, worked out over exact sums.

Only names, numbers, ``+ - * /`` and parentheses are read; nothing is ever evaluated as Python.
Sums stay integers (with a scale) until a division, so that differences of money are exact.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from dtanalytics.errors import InputError


@dataclass(frozen=True)
class Amount:
    """Numbers of one group each: ``whole / scale``. Integers when exact, floats after a division."""

    whole: npt.NDArray[Any]
    scale: int = 1

    @property
    def exact(self) -> bool:
        """True while nothing has been rounded."""
        return self.whole.dtype.kind == "i"

    def at(self, scale: int) -> npt.NDArray[Any]:
        """Return the same numbers as multiples of ``1 / scale``."""
        factor = scale // self.scale
        return self.whole if factor == 1 else self.whole * factor

    def result(self) -> npt.NDArray[Any]:
        """Return plain numbers: int64 for counts, float64 for all else."""
        return self.whole if self.scale == 1 else self.whole / self.scale


@lru_cache(maxsize=512)
def parse(formula: str) -> ast.expr:
    """Read a formula, or say what in it cannot be read."""
    try:
        tree = ast.parse(formula, mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise InputError(f"the formula {formula!r} cannot be read: {error}") from None
    for node in ast.walk(tree):
        number = isinstance(node, ast.Constant) and type(node.value) in (int, float)
        if not number and not isinstance(
            node, ast.BinOp | ast.UnaryOp | ast.Name | ast.Load | ast.USub | ast.operator
        ):
            raise InputError(
                f"the formula {formula!r} holds {ast.unparse(node)!r}: "
                "use names of measures and metrics, numbers, + - * / and parentheses"
            )
        if isinstance(node, ast.operator) and type(node) not in _OPERATORS:
            raise InputError(f"the formula {formula!r} uses an operator other than + - * /")
    return tree


@lru_cache(maxsize=512)
def names(formula: str) -> tuple[str, ...]:
    """Return the names in a formula, in order of appearance.

    Examples
    --------
    >>> names("margin / revenue")
    ('margin', 'revenue')
    """
    found = [node.id for node in ast.walk(parse(formula)) if isinstance(node, ast.Name)]
    return tuple(dict.fromkeys(found))


def evaluate(formula: str, amounts: Mapping[str, Amount]) -> Amount:
    """Work out a formula; whatever is divided by zero or by nothing is NaN, never infinity.

    Examples
    --------
    >>> evaluate("a / b", {"a": Amount(np.array([1, 1])), "b": Amount(np.array([4, 0]))}).whole
    array([0.25,  nan])
    """
    return _evaluate(parse(formula), amounts)


def _evaluate(node: ast.expr, amounts: Mapping[str, Amount]) -> Amount:
    match node:
        case ast.Name():
            return amounts[node.id]
        case ast.Constant():
            return Amount(np.asarray(node.value))
        case ast.UnaryOp():
            inner = _evaluate(node.operand, amounts)
            return Amount(-inner.whole, inner.scale)
        case ast.BinOp():
            return _OPERATORS[type(node.op)](_evaluate(node.left, amounts), _evaluate(node.right, amounts))
    raise AssertionError(node)  # parse let only these through


def _add(left: Amount, right: Amount) -> Amount:
    return _combine(operator.add, left, right)


def _subtract(left: Amount, right: Amount) -> Amount:
    return _combine(operator.sub, left, right)


def _combine(combine: Any, left: Amount, right: Amount) -> Amount:
    scale = max(left.scale, right.scale)
    return Amount(combine(left.at(scale), right.at(scale)), scale)


def _multiply(left: Amount, right: Amount) -> Amount:
    if left.scale == 1 and right.scale == 1:
        return Amount(left.whole * right.whole)
    return Amount(left.result() * right.result())


def _divide(left: Amount, right: Amount) -> Amount:
    # one rounding: both sides are brought to whole numbers before they are divided
    above = left.whole if right.scale == 1 else left.whole * right.scale
    below = right.whole if left.scale == 1 else right.whole * left.scale
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = np.true_divide(above, below)
    return Amount(quotient if np.all(below) else np.where(below == 0, np.nan, quotient))


_OPERATORS: dict[type[ast.operator], Callable[[Amount, Amount], Amount]] = {
    ast.Add: _add,
    ast.Sub: _subtract,
    ast.Mult: _multiply,
    ast.Div: _divide,
}
