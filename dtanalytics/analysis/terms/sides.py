"""One side of the calls while it is decided anew: its parties, and what is proposed to each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.tables import Bools, Floats, Ints, group_codes, true
from dtanalytics.analysis.terms.rules import Rules
from dtanalytics.columns.numbering import numbered
from dtanalytics.errors import InputError, nearest
from dtanalytics.stats.callers import alone_where_null


@dataclass
class Side:
    """One side while it is decided: its parties, and what is proposed to each.

    Attributes
    ----------
    name : {"offer", "affiliate"}
    terms : mapping
        Name of a party -> its proposed terms.
    declared : mapping
        Buffers that are known: name -> seconds.
    code, keys
        Number of each call's party (and set), -1 for none; whose they are, a row a number.
    before, after : numpy.ndarray of bool
        Calls that qualify.
    notes : list of str
        What the figures assume besides.
    rules : Rules or None
        The present rules, where flags are decided anew.
    """

    name: str
    terms: Mapping[str, Mapping[str, int | float]]
    declared: Mapping[str, float]
    code: Ints
    keys: pd.DataFrame
    before: Bools
    after: Bools
    notes: list[str] = field(default_factory=list)
    rules: Rules | None = None

    def term(self, name: str) -> Floats:
        """What is proposed to the party of each call; null where nothing is."""
        of_party = [self.terms.get(str(party), {}).get(name, np.nan) for party in self.keys.iloc[:, 0]]
        return np.array([*of_party, np.nan], dtype=float)[self.code]

    def asked(self, *names: str) -> Bools:
        """Tell of each call whether one of these terms is proposed to its party."""
        of_party = [bool({*names} & {*self.terms.get(str(party), {})}) for party in self.keys.iloc[:, 0]]
        return np.array([*of_party, False], dtype=bool)[self.code]

    def has(self, *names: str) -> bool:
        """Tell whether one of these terms is proposed to anybody."""
        return any(name in terms for terms in self.terms.values() for name in names)


def read_side(calls: pd.DataFrame, name: str, terms: Any, declared: Mapping[str, float]) -> Side:
    """Find the parties of one side; InputError where terms are proposed to nobody."""
    before = true(calls[f"{name}_qualified"])
    if name not in calls:
        nobody = np.full(len(calls), -1, dtype=np.int64)
        return Side(name, terms, declared, nobody, pd.DataFrame({name: []}), before, before)
    keys = [name, *(["set_name"] if name == "affiliate" and "set_name" in calls else [])]
    code, table = group_codes(calls, keys)
    code = np.where(calls[name].isna(), -1, code)
    for party in terms:
        check_name(table, name, party)
    return Side(name, terms, declared, code, table, before, before, unknown_names(table, name, declared))


def unknown_names(calls: pd.DataFrame, side: str, declared: Mapping[str, float]) -> list[str]:
    """Say which buffers were given for names that no call has, and so do nothing."""
    known = [str(party) for party in calls[side].dropna().unique()] if declared and side in calls else []
    return [
        f"{side}_buffers names {name!r}, which no call has as its {side}: {nearest(name, known)}"
        for name in declared
        if known and name not in known
    ]


def check_name(calls: pd.DataFrame, side: str, name: str) -> None:
    """Raise InputError where there are calls, but none of that offer or affiliate."""
    known = [str(party) for party in calls[side].dropna().unique()]
    if known and name not in known:
        raise InputError(f"no call has the {side} {name!r}: {nearest(name, known)}")


def clusters(calls: pd.DataFrame) -> Ints:
    """Number of each call's caller, as the bootstrap takes them; an unknown one is alone."""
    return alone_where_null(numbered(calls["caller_id"]))


def disputed(calls: pd.DataFrame) -> Bools:
    """Tell which calls an advertiser disputes; none where the calls do not say."""
    if "contest_qualification" not in calls:
        return np.zeros(len(calls), dtype=bool)
    return true(calls["contest_qualification"])
