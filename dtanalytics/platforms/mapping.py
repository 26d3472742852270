"""What a platform's mapping declares: which of its columns fill which of ours, and how they are read.

A mapping is data: `dtanalytics.platforms.invoca` and the modules of the other platforms hold one each.
The reader, the documentation and the emulated samples follow from it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from dtanalytics.platforms.zones import zone_in
from dtanalytics.schema import LEADFLOW, PLATFORM_REPORTS, PLATFORM_TITLES, Report

How = Literal["id", "time", "money", "flag", "seconds", "phone", "zip", "name", "text", "given"]
"""How the values of a column are read; ``given``: whether there is one."""

_MARKS = re.compile(r"[^0-9a-z]+")
_BY_KIND: dict[str, How] = {
    "name": "name", "text": "text", "flag": "flag", "money": "money", "int8": "text", "int32": "seconds",
    "time": "time",
}  # fmt: skip
_BY_NAME: dict[str, How] = {
    "sid": "id", "caller_id": "phone", "transfer_number": "phone", "affiliate_number": "phone",
    "entered_zip": "zip", "zipcode": "zip",
}  # fmt: skip
CLICKS = ("gclid", "gbraid", "wbraid", "msclkid")
"""Kinds of click ids, in the order of preference."""


def folded(name: str) -> str:
    """Return a name without what differs between exports: case, spaces, marks.

    Examples
    --------
    >>> folded("Inbound Call ID"), folded("inboundCallId"), folded("INBOUND_CALL_ID")
    ('inboundcallid', 'inboundcallid', 'inboundcallid')
    """
    return _MARKS.sub("", name.casefold())


@dataclass(frozen=True)
class Source:
    """Where one column comes from.

    Attributes
    ----------
    target : str
        Our column, or a name that begins with ``_``: an intermediate value of the platform.
    names : tuple of str
        The platform's names for it, the preferred first; the first that has a value is taken, call by call.
        A point leads into an object of a JSON answer: ``target_group.name``.
    how : How, optional
        How its values are read; by default as our column is.
    words : mapping
        The platform's words -> ours, in lower case. Of flags: words -> ``"true"`` or ``"false"``.
    inverted : bool
        A flag that says the opposite of ours.
    about : str
        How the platform's meaning differs from DialogTech's; empty where it does not.
    """

    target: str
    names: tuple[str, ...]
    how: How | None = None
    words: Mapping[str, str] | None = None
    inverted: bool = False
    about: str = ""

    @property
    def reading(self) -> How:
        """How its values are read."""
        if self.how is not None:
            return self.how
        field = PLATFORM_REPORTS["invoca"].by_name.get(self.target)
        return _BY_NAME.get(self.target) or (_BY_KIND[field.kind] if field else "text")


@dataclass(frozen=True)
class Platform:
    """One platform's mapping.

    Attributes
    ----------
    name : str
        As in the column ``platform``.
    sources : tuple of Source
        Where our columns come from.
    lists : tuple of str
        Names under which answers hold their calls, the outer first, joined by points.
    wrapper : str
        Name under which each call of a list stands, if it does.
    nothing : tuple of str
        Texts that stand for no value, besides empty ones.
    inferred : mapping
        Flag -> the amount from which it follows: an amount that is not zero is true, zero is false.
    connected_by_talk : bool
        Talk time tells whether a call reached a buyer.
    corrected_by : tuple of str, optional
        Names of the row's identifier, of the row that it corrects, and of the time of the correction.
    row_kind : str
        Name of the column that tells calls (``Call``) from other rows.
    has_wall_clock : bool
        Times without an offset are Eastern, as DialogTech's are, and need no word about it.
    others : tuple of str
        Columns of the platform that are known and have no place in our table: kept in ``extra`` without a
        warning.
    differs : mapping
        Column of ours -> what the platform means by it, where calls of two platforms must not be compared.
    """

    name: str
    sources: tuple[Source, ...]
    lists: tuple[str, ...] = ()
    wrapper: str = ""
    nothing: tuple[str, ...] = ()
    inferred: Mapping[str, str] | None = None
    connected_by_talk: bool = False
    corrected_by: tuple[str, ...] = ()
    row_kind: str = ""
    has_wall_clock: bool = False
    others: tuple[str, ...] = ()
    differs: Mapping[str, str] | None = None

    @property
    def title(self) -> str:
        """How the platform writes its name."""
        return PLATFORM_TITLES[self.name]

    @property
    def report(self) -> Report:
        """The table of its calls."""
        return PLATFORM_REPORTS[self.name]

    @cached_property
    def targets(self) -> frozenset[str]:
        """Columns of ours that the platform can fill, derived ones included."""
        made = {source.target for source in self.sources if source.names and source.target[0] != "_"}
        made |= set(self.inferred or {}) | {"platform", "extra", "call_day", "call_hour", LEADFLOW.ambiguous}
        if any(source.target.startswith(("_connected", "_status", "_given")) for source in self.sources):
            made.add("lead_status")
        if any(source.target.removeprefix("_") in CLICKS for source in self.sources):
            made |= {"click_id", "click_id_type", "click_id_field"}
        if "talk_seconds" in made:
            made.add("talk_minutes")
        if "total_seconds" in made:
            made |= {"total_minutes", "call_duration"}
        return frozenset(made)

    @cached_property
    def known(self) -> dict[str, list[Source]]:
        """Folded name -> what it may fill."""
        found: dict[str, list[Source]] = {}
        for source in self.sources:
            for name in source.names:
                found.setdefault(folded(name), []).append(source)
        return found

    @cached_property
    def quiet(self) -> frozenset[str]:
        """Folded names that are known, used or not."""
        return frozenset(self.known) | {folded(name) for name in (*self.others, *self.corrected_by)}

    def score(self, names: Iterable[str], given: Container[str] = ()) -> int:
        """Count how many of these names the mapping knows; 0 without the call's key or its time.

        ``given`` are columns of ours that the user has found.
        """
        return 0 if self.lacks(names, given) else self.knows(names)

    def knows(self, names: Iterable[str]) -> int:
        """Count how many of these names the mapping knows."""
        return len({folded(zone_in(name)[0]) for name in names} & self.quiet)

    def lacks(self, names: Iterable[str], given: Container[str] = ()) -> str:
        """Return what the call's key or its time is called here, if none of these names is that; else ""."""
        there = {folded(zone_in(name)[0]) for name in names}
        for needed in ("sid", "call_date"):
            called = self.names_of(needed)
            if needed not in given and not any(folded(name) in there for name in called):
                return called[0]
        return ""

    def names_of(self, target: str) -> tuple[str, ...]:
        """Return the platform's names for a column."""
        return tuple(name for source in self.sources if source.target == target for name in source.names)
