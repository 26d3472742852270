"""All mappings by name, and which of them some columns belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dtanalytics.errors import InputError, SchemaError, nearest
from dtanalytics.platforms.callrail import CALLRAIL
from dtanalytics.platforms.dialogtech import DIALOGTECH
from dtanalytics.platforms.invoca import INVOCA
from dtanalytics.platforms.mapping import Platform, folded
from dtanalytics.platforms.retreaver import RETREAVER
from dtanalytics.platforms.ringba import RINGBA

PLATFORMS: dict[str, Platform] = {one.name: one for one in (DIALOGTECH, INVOCA, RINGBA, RETREAVER, CALLRAIL)}
_SHOWN = 40
_SURE = 2
"""A platform that knows so many times more of the names is the one that they are of."""


def platform_of(name: object) -> Platform:
    """Return a platform by its name, in any case.

    Raises
    ------
    InputError
        There is none of that name.
    """
    found = PLATFORMS.get(str(name).strip().casefold())
    if found is None:
        raise InputError(f"platform={name!r}: {nearest(name, PLATFORMS)}")
    return found


def recognised(columns: Iterable[str], where: str, asked: Mapping[str, str] | None = None) -> Platform:
    """Tell by the names of its columns which platform a table is of; ``asked`` names some as ours are.

    Raises
    ------
    SchemaError
        It is of none, or of two as likely; the message lists the columns.
    """
    names = list(columns)
    given = {target for name, target in (asked or {}).items() if folded(name) in set(map(folded, names))}
    scores = sorted(((one.score(names, given), one.name) for one in PLATFORMS.values()), reverse=True)
    (best, name), (second, other) = scores[:2]
    if not best:
        raise SchemaError(
            f"{where} has the columns {listed(names)}, which tell no platform: say which, platform= one of "
            f"{', '.join(PLATFORMS)}; or which column is which, names={{'...': 'sid', '...': 'call_date'}}"
        )
    likely = max(PLATFORMS.values(), key=lambda one: one.knows(names))
    if likely.knows(names) > _SURE * best and (key := likely.lacks(names, given)):  # its sid may be no call's
        raise SchemaError(
            f"{where} looks like calls of {likely.title} and has no {key!r}; it has {listed(names)}: export "
            f"the calls with it, say which column it is, names={{'...': 'sid'}}, or, if they are those, "
            f"platform={name!r}"
        )
    if best == second:
        raise SchemaError(
            f"{where} may be of {PLATFORMS[name].title} or {PLATFORMS[other].title} by its columns "
            f"{listed(names)}: say which, platform="
        )
    return PLATFORMS[name]


def listed(names: Iterable[str]) -> str:
    """List names for a message; the first of many."""
    quoted = [repr(str(name)[:60]) for name in names]
    more = f" and {len(quoted) - _SHOWN} more" if len(quoted) > _SHOWN else ""
    return ", ".join(quoted[:_SHOWN]) + more if quoted else "none"
