"""The argument ``include``: which personal columns a user asks for, and what is said of the others."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from dtanalytics.errors import InputError, PersonalDataWarning, nearest, warn_caller
from dtanalytics.personal.names import name_of
from dtanalytics.personal.parts import Part


def asked_for(include: str | Iterable[Hashable], parts: Sequence[Part]) -> set[str]:
    """Names that the user asks for although they are personal; each must be there."""
    names = [include] if isinstance(include, str) else list(include)
    known = {str(name) for part in parts for name in (part.label, part.header) if name is not None}
    for name in names:
        if str(name) not in known:
            raise InputError(f"include={name!r} is no column of the table; {nearest(name, known)}")
    return {str(name) for name in names}


def is_asked(part: Part, asked: set[str]) -> bool:
    """Tell whether a column was asked for by its own name or by that of its level."""
    return str(part.label) in asked or (part.header is not None and str(part.header) in asked)


def tell(parts: Sequence[Part], done: str) -> None:
    """Warn of columns that are personal under a name that is not the schema's."""
    others = [part for part in parts if not part.plain]
    if others:
        warn_caller(
            f"{done}, because they identify people: {listed(others)}; include= names those to keep",
            PersonalDataWarning,
        )


def listed(parts: Sequence[Part]) -> str:
    """Name columns in a message, and say what their values are; names that identify a person are left out."""
    texts = [_told(part) for part in parts]
    return ", ".join(dict.fromkeys(texts))


def _told(part: Part) -> str:
    if part.header is not None:
        return (
            f"columns named after {str(part.header)!r}" if part.header != "" else "columns named after people"
        )
    name = repr(name_of(part.label)) if part.label is not None else "the index"
    return name + (f" ({part.why})" if part.why else "")
