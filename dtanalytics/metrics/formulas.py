"""Formulas of metrics: text such as ``margin / revenue``, worked out over exact sums.

One parser reads every formula, and the conditions of ``having=``: text is taken apart, never run. What
is not on the parser's list is refused before anything is worked out. Sums stay integers (with a scale)
until a division, so that differences of money are exact.
"""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from dtanalytics.errors import InputError, SchemaError

LONGEST, DEEPEST = 1_000, 50
"""Most characters of a formula, and most operations inside one another."""
_LARGEST = int(np.iinfo(np.int64).max)
_FORMULA = (ast.BinOp, ast.UnaryOp, ast.USub, ast.UAdd, ast.Name, ast.Load, ast.Constant)
_OPERATIONS = (ast.Add, ast.Sub, ast.Mult, ast.Div)


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
        return self.whole if factor == 1 else checked(operator.mul, self.whole, np.asarray(factor))

    def result(self) -> npt.NDArray[Any]:
        """Return plain numbers: int64 for counts, float64 for all else."""
        return self.whole if self.scale == 1 else self.whole / self.scale


@lru_cache(maxsize=512)
def parse(formula: str) -> ast.expr:
    """Read a formula, or say what in it cannot be read."""
    tree = read(formula, f"the formula {shortened(formula)}", _FORMULA, _OPERATIONS, "+ - * /")
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            raise InputError(
                f"the formula {shortened(formula)} holds text: {_ALLOWED} + - * / and parentheses"
            )
    return tree


_ALLOWED = "use names of measures and metrics, numbers,"


def read(
    text: str,
    what: str,
    nodes: tuple[type[ast.AST], ...],
    operations: tuple[type[ast.operator], ...],
    signs: str,
) -> ast.expr:
    """Take text apart, and refuse all that is not listed.

    Parameters
    ----------
    text : str
        A formula or a condition.
    what : str
        What a message calls it.
    nodes : tuple of type
        Kinds of syntax that it may hold; constants are numbers and text.
    operations : tuple of type
        Operations of two numbers that it may hold.
    signs : str
        How these are written.

    Raises
    ------
    InputError
        It cannot be read, is too long or too deep, or holds anything else.
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"{what} is empty: {_ALLOWED} {signs} and parentheses")
    if len(text) > LONGEST:
        raise InputError(f"{what} has {len(text)} characters; the most are {LONGEST}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # SyntaxWarning: such text is refused below
            tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise InputError(f"{what} cannot be read: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError):
        raise InputError(f"{what} cannot be read") from None
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    if level:
        raise InputError(f"{what} is nested too deeply; the most are {DEEPEST} levels")
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            _check_constant(node, what)
        elif isinstance(node, ast.operator):
            if not isinstance(node, operations):
                raise InputError(f"{what} uses an operator other than {signs}")
        elif not isinstance(node, nodes):
            held = shortened(ast.unparse(node)) if isinstance(node, ast.expr) else type(node).__name__
            raise InputError(f"{what} holds {held}: {_ALLOWED} {signs} and parentheses")
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            _check_power(node.right, what)
    return tree


def _check_constant(node: ast.Constant, what: str) -> None:
    value = node.value
    if type(value) not in {int, float, str}:
        raise InputError(f"{what} holds {value!r}: {_ALLOWED} operators and parentheses")
    if type(value) is int and abs(value) > _LARGEST:
        raise InputError(f"{what} holds a number that is too large: the largest is {_LARGEST}")
    if type(value) is float and not math.isfinite(value):
        raise InputError(f"{what} holds a number that is too large")


def _check_power(node: ast.expr, what: str) -> None:
    bounded = isinstance(node, ast.Constant) and type(node.value) is int and 0 <= node.value <= 10
    if not bounded:
        raise InputError(f"{what} raises to another power than one of the numbers 0 to 10")


def shortened(text: object) -> str:
    """Write text for a message."""
    written = repr(text)
    return written if len(written) <= 80 else written[:79] + "\u2026"


@lru_cache(maxsize=512)
def names(formula: str) -> tuple[str, ...]:
    """Return the names in a formula, in order of appearance.

    Examples
    --------
    >>> names("margin / revenue")
    ('margin', 'revenue')
    """
    return named(parse(formula))


def named(tree: ast.expr) -> tuple[str, ...]:
    """Return the names in what was read, in order of appearance."""
    found = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return tuple(dict.fromkeys(found))


def evaluate(formula: str, amounts: Mapping[str, Amount]) -> Amount:
    """Work out a formula; whatever is divided by zero or by nothing is NaN, never infinity.

    Raises
    ------
    SchemaError
        A sum or a product is larger than can be counted exactly.

    Examples
    --------
    >>> evaluate("a / b", {"a": Amount(np.array([1, 1])), "b": Amount(np.array([4, 0]))}).whole
    array([0.25,  nan])
    """
    try:
        return _evaluate(parse(formula), amounts)
    except OverflowError:
        raise SchemaError(
            f"the formula {shortened(formula)} gives numbers beyond {_LARGEST}, which cannot be exact"
        ) from None


def _evaluate(node: ast.expr, amounts: Mapping[str, Amount]) -> Amount:
    match node:
        case ast.Name():
            return amounts[node.id]
        case ast.Constant():
            return Amount(np.asarray(node.value))
        case ast.UnaryOp():
            inner = _evaluate(node.operand, amounts)
            return inner if isinstance(node.op, ast.UAdd) else Amount(-inner.whole, inner.scale)
        case ast.BinOp():
            return _OPERATORS[type(node.op)](_evaluate(node.left, amounts), _evaluate(node.right, amounts))
    raise AssertionError(node)  # `parse` has refused all other nodes


def checked(
    combine: Callable[[Any, Any], Any], left: npt.NDArray[Any], right: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """Combine whole numbers; raise OverflowError where int64 would wrap. Floats are combined as they are."""
    found: npt.NDArray[Any] = combine(left, right)
    if left.dtype.kind == right.dtype.kind == "i" and found.size:
        rough = combine(left.astype(np.float64), right.astype(np.float64))
        if float(np.abs(rough).max()) >= _LARGEST // 2:  # only then may it have wrapped
            exact = combine(left.astype(object), right.astype(object))
            if max(map(abs, np.ravel(exact))) > _LARGEST:
                raise OverflowError
    return found


def _add(left: Amount, right: Amount) -> Amount:
    return _combine(operator.add, left, right)


def _subtract(left: Amount, right: Amount) -> Amount:
    return _combine(operator.sub, left, right)


def _combine(combine: Any, left: Amount, right: Amount) -> Amount:
    scale = max(left.scale, right.scale)
    return Amount(checked(combine, left.at(scale), right.at(scale)), scale)


def _multiply(left: Amount, right: Amount) -> Amount:
    if left.scale == 1 and right.scale == 1:
        return Amount(checked(operator.mul, left.whole, right.whole))
    return Amount(left.result() * right.result())


def _divide(left: Amount, right: Amount) -> Amount:
    # one rounding: both sides are brought to whole numbers of one scale before they are divided
    common = math.gcd(left.scale, right.scale)
    above, below = _times(left.whole, right.scale // common), _times(right.whole, left.scale // common)
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = np.true_divide(above, below)
    return Amount(quotient if np.all(below) else np.where(below == 0, np.nan, quotient))


def _times(whole: npt.NDArray[Any], factor: int) -> npt.NDArray[Any]:
    return whole if factor == 1 else checked(operator.mul, whole, np.asarray(factor))


_OPERATORS: dict[type[ast.operator], Callable[[Amount, Amount], Amount]] = {
    ast.Add: _add,
    ast.Sub: _subtract,
    ast.Mult: _multiply,
    ast.Div: _divide,
}
