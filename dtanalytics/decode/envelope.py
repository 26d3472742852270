"""Members of an answer beside its records: facts about paging, or reasons to reject it.

An answer is usable only where those members say which part of the records it holds, and nothing
else. A refusal, a failure or a warning often comes with status 200 and an empty array beside it, which
must not be read as "no calls".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Envelope:
    """What an answer says beside its records.

    Attributes
    ----------
    counts : tuple of int
        Numbers of records, of this page or of all.
    more : bool or None
        Whether more records follow; None when it does not say.
    """

    counts: tuple[int, ...] = ()
    more: bool | None = None


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_RECORDS = _words(
    "calls data entries history items leadflow list records report response result results rows"
)
_INNER = _words("links meta metadata paging pagination pageinfo")
_ECHO = _words(
    """active currentpage date duration elapsed enddate endtime first from generated generatedat last lastpage
    limit offset order page pagecount pagelimit pagenumber pages pagesize perpage prev previous q query report
    requestid rows self setid size sort start startdate startindex starttime timestamp timezone to took
    totalpages version"""
)
_COUNTS = _words(
    """count found numfound numrecords numresults numrows recordcount recordstotal resultcount rowcount total
    totalcount totalitems totalrecords totalresults totalrows"""
)
_MORE = _words(
    """continuation cursor hasmore hasnext hasnextpage more moreresults next nextcursor nextlink nextpage
    nextpagetoken nexttoken nexturl"""
)
_BAD = _words(
    """error errorcode errordescription errormessage errormsg errors exception fault message messages msg
    warning warnings"""
)
_YES = frozenset({"true", "1", "yes", "ok", "success"})
_FINE = frozenset({"200", "ok", "success", "successful", "complete"})
_GOOD_WORDS = {
    **dict.fromkeys(("success", "ok", "successful", "complete"), _YES),
    **dict.fromkeys(("status", "statuscode", "code"), _FINE),
    **dict.fromkeys(("partial", "incomplete", "truncated", "timedout"), frozenset({"false", "0", "no"})),
    **dict.fromkeys(("message", "messages", "msg"), frozenset({"ok", "success"})),
    **dict.fromkeys(("error", "errors", "errorcode"), frozenset({"0", "false"})),
}
_NOTHING: tuple[Any, ...] = (None, "", [], {})
_NO = {"", "none", "false", "0", "no"}


def read_envelope(members: Mapping[str, Any], *, filled: str | None = None) -> tuple[str | None, Envelope]:
    """Find the array of records among the members of an answer, and what stands beside it.

    Parameters
    ----------
    members : mapping
        Member -> value as from JSON.
    filled : str, optional
        A member whose records were taken out of its array.

    Returns
    -------
    (str or None, Envelope)
        Name of the array; None when there is none.

    Raises
    ------
    ValueError
        When a member says that this is no answer; it names the member, never its value.
    """
    arrays = [name for name, value in members.items() if isinstance(value, list) and _plain(name) not in _BAD]
    if len(arrays) > 1:
        raise ValueError("it is an object without exactly one array of records")
    name = arrays[0] if arrays else None
    if name is not None and name != filled and not members[name] and _plain(name) not in _RECORDS:
        raise ValueError(f"its one array is called {shown(name)}, and is empty")
    counts: list[int] = []
    more: bool | None = None
    for key, value in _flat(members, name):
        word = _word(value)
        plain = _plain(key)
        if plain in _MORE:
            more = more or word not in _NO
        elif plain in _COUNTS:
            if re.fullmatch(r"\d{1,12}", word, re.ASCII) is None:
                raise ValueError(f"{shown(key)} is no number of records")
            counts.append(int(word))
        elif plain in _BAD:
            if value not in _NOTHING and word not in _GOOD_WORDS.get(plain, ()):
                raise ValueError(f"the service reports an error or a warning ({shown(key)})")
        elif plain in _GOOD_WORDS:
            if word not in _GOOD_WORDS[plain]:
                raise ValueError(f"the service says that it is no full answer ({shown(key)})")
        elif value is not None and (plain not in _ECHO or isinstance(value, list | dict)):
            raise ValueError(f"it holds {shown(key)}, whose meaning is not known")
    return name, Envelope(tuple(counts), more)


def _flat(members: Mapping[str, Any], array: str | None) -> Iterator[tuple[str, Any]]:
    """All members except the records, with those of nested paging objects."""
    for key, value in members.items():
        if isinstance(value, dict) and _plain(key) in _INNER:
            yield from _flat(value, None)
        elif key != array:
            yield key, value


def shown(key: str) -> str:
    """A key as a message may show it; replaced unless it is a plain name."""
    return repr(key) if re.fullmatch(r"[A-Za-z_][A-Za-z_.-]{0,39}", key) else "a key that is no name"


def _plain(key: str) -> str:
    return re.sub(r"[^a-z]", "", key.lower())


def _word(value: Any) -> str:
    return str(value).strip().lower()
