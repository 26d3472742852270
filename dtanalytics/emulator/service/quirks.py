"""What the vendor's documents leave open, as switches; every combination is a service that may exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Quirks:
    """How this service behaves where its documents are silent.

    Attributes
    ----------
    page_base : {0, 1}
        Number of LeadFlow's first page. A base of 0 or 1; page 0 of a service that counts from 1 is
        its first page again.
    wrapped : bool
        Answers are ``{"response": [...]}`` rather than a bare array.
    end_inclusive : bool
        A call at the very second of `end_date` belongs to the window.
    order : {"oldest", "newest", "shuffled", "unstable"}
        Order of rows. ``shuffled`` is the same for every request, ``unstable`` breaks ties of the
        same second differently each time.
    page_cap : int
        Largest page that the service gives, whatever is asked.
    page_least : int
        Smallest page that the service gives, whatever is asked.
    refused_above : int
        A larger page size is refused with 400; 0: none is.
    skipped : int
        So many records are left out between two pages.
    second_page_skipped : bool
        The page after the first is the third: LeadFlow's first page number counts as 0, the next as 2.
    result_cap : int
        Most records that the service gives of any question, whatever pages are asked; 0: all.
    day_cap : int
        Most LeadFlow records that the service gives of any day of a question, the first ones; 0: all.
    beyond : {"empty", "last", "refused"}
        A page after the last is empty, or the last page again, or an answer 404.
    hours_late : int
        The dates of a question are read as so many hours later, as by a service in another zone.
    start_inclusive : bool
        A call at the very second of `start_date` belongs to the window.
    replica_lag : int
        Every second request goes to a replica that lacks so many of the newest records.
    replica_gap : bool
        Every second request goes to a replica that lacks one record in the middle.
    blank_pages : str
        Spelling of a field that is null in every record of the second page; empty: none.
    conditions_match : bool
        False: no record meets a condition on anything but the time.
    ignores : frozenset
        Parts of a question that the service passes over: ``dates``, ``conditions``, ``set_id``, ``active``,
        ``sid``.
    count_shape : {"number", "count", "total", "text"}
        ``/count`` answers ``18``, ``{"count": 18}``, ``{"total": 18}`` or ``{"count": "18"}``.
    single : {"object", "array"}
        ``/:sid`` answers the record, or a list of it; wrapped, always a list.
    gzip : bool
        Compress pages for clients that accept it.
    numbers, zeros, empty_text, pretty : bool
        Numbers without quotes; ``00000`` for pool and domain set; ``""`` for null; indented JSON.
    extra_keys : mapping
        Keys that no document mentions, with the value each record has.
    missing_keys : frozenset
        Spellings that records lack.
    """

    page_base: Literal[0, 1] = 1
    wrapped: bool = False
    end_inclusive: bool = True
    order: Literal["oldest", "newest", "shuffled", "unstable"] = "oldest"
    page_cap: int = 250
    page_least: int = 1
    refused_above: int = 0
    skipped: int = 0
    second_page_skipped: bool = False
    result_cap: int = 0
    day_cap: int = 0
    beyond: Literal["empty", "last", "refused"] = "empty"
    hours_late: int = 0
    start_inclusive: bool = True
    replica_lag: int = 0
    replica_gap: bool = False
    blank_pages: str = ""
    conditions_match: bool = True
    ignores: frozenset[str] = frozenset()
    count_shape: Literal["number", "count", "total", "text"] = "count"
    single: Literal["object", "array"] = "object"
    gzip: bool = False
    numbers: bool = False
    zeros: bool = False
    empty_text: bool = False
    pretty: bool = False
    extra_keys: Mapping[str, object] = field(default_factory=dict)
    missing_keys: frozenset[str] = frozenset()
