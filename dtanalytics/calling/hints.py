"""Type hints of arguments: whether a value may be what a hint says, and the hint in words."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, Literal, Union, get_args, get_origin

import numpy as np

UNIONS = frozenset({Union, types.UnionType})


def is_telling(hint: Any) -> bool:
    """Tell whether a hint says all that a value may be; of frames it does not: other engines' are read too.

    Examples
    --------
    >>> import pandas as pd
    >>> is_telling(int | None), is_telling(Sequence[str]), is_telling(pd.DataFrame | None)
    (True, True, False)
    """
    if get_origin(hint) in UNIONS:
        return all(map(is_telling, get_args(hint)))
    kind = get_origin(hint) or hint
    return (
        kind is Literal
        or hint is None
        or (isinstance(kind, type) and not kind.__module__.startswith("pandas"))
    )


def fits(value: object, hint: Any) -> bool:
    """Tell whether a value may be what a type hint says; True where the hint says too little.

    Whatever lists its members in order is a sequence: a tuple, an Index, an array, a column. Text is none,
    nor are frames and mappings.

    Examples
    --------
    >>> fits("five", int | None), fits(5, int | None), fits("a", Sequence[str]), fits(["a"], Sequence[str])
    (False, True, False, True)
    """
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin in UNIONS:
        return any(fits(value, one) for one in inner)
    if origin is Literal:
        return any(type(value) is type(one) and value == one for one in inner)
    if hint is None or hint is type(None):
        return value is None
    if hint is bool:
        return isinstance(value, bool) or type(value).__name__ in {"bool", "bool_"}
    if hint in {int, float}:
        return is_number(value) and (hint is float or isinstance(value, Integral))
    plain = origin or hint
    if plain is tuple and inner and Ellipsis not in inner:
        if not isinstance(value, tuple | list) or len(value) != len(inner):
            return False
        return all(fits(part, of) for part, of in zip(value, inner, strict=True))
    if plain in {Sequence, Iterable}:
        members = value if isinstance(value, list | tuple) and inner and inner[0] is not str else ()
        return _is_listed(value) and all(fits(one, inner[0]) for one in members)
    if plain is Mapping:
        return isinstance(value, Mapping)
    if plain is get_origin(Callable[..., Any]):
        return callable(value)
    return isinstance(value, plain) if isinstance(plain, type) else True


def is_number(value: object) -> bool:
    """Tell whether a value is a number of any type; truth values are none, nor are numpy's durations."""
    return isinstance(value, (Real, Decimal)) and not isinstance(value, (bool, np.timedelta64))


def _is_listed(value: object) -> bool:
    if isinstance(value, str | bytes | bytearray | Mapping) or getattr(value, "ndim", 1) != 1:
        return False
    return isinstance(value, Iterable)


def described(hint: Any) -> str:
    """Write a type hint in words.

    Examples
    --------
    >>> described(str | Sequence[str] | None), described(Literal["a", "b"]), described(bool)
    ('text or a list (or None)', "'a' or 'b'", 'True or False')
    """
    parts = _parts(hint)
    left_out = " (or None)" if len(parts) > 1 and "None" in parts else ""
    parts = [part for part in parts if part != "None" or not left_out]
    return (parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}") + left_out


def _parts(hint: Any) -> list[str]:
    origin = get_origin(hint)
    if origin in UNIONS:
        return list(dict.fromkeys(part for one in get_args(hint) for part in _parts(one)))
    if origin is Literal:
        return [repr(word) for word in get_args(hint)]
    if hint is bool:
        return ["True", "False"]
    kind = origin or hint
    if kind is tuple and get_args(hint) and Ellipsis not in get_args(hint):
        return [f"({', '.join(map(described, get_args(hint)))})"]
    return [str(_KINDS.get(kind) or getattr(kind, "__name__", kind))]


_KINDS: dict[Any, str] = {
    None: "None",
    type(None): "None",
    str: "text",
    int: "a whole number",
    float: "a number",
    bytes: "bytes",
    tuple: "a tuple",
    Sequence: "a list",
    Iterable: "a list",
    list: "a list",
    Mapping: "a mapping",
    dict: "a mapping",
}


def words_of(hint: Any) -> list[Any]:
    """Return the values that a hint lists."""
    if get_origin(hint) in UNIONS:
        return [word for one in get_args(hint) for word in words_of(one)]
    return list(get_args(hint)) if get_origin(hint) is Literal else []


def takes_text(hint: Any) -> bool:
    """Tell whether any text may be given."""
    return hint is str or (get_origin(hint) in UNIONS and str in get_args(hint))


def kind_of(value: object) -> str:
    """Say of what type a value is, and never the value: it may be a secret or somebody's number."""
    return "None" if value is None else type(value).__name__
