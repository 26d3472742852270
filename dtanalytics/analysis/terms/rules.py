"""The rule by which a side qualifies calls, learnt from its flags: a buffer, and whether repeats count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.supply.talk import thresholds
from dtanalytics.analysis.tables import Bools, Floats, Ints, ratio


@dataclass(frozen=True)
class Rules:
    """Rules of one side, an element a group of calls that share one.

    Attributes
    ----------
    code : numpy.ndarray
        Number of each call's rule; -1 where the call has no such party.
    keys : pandas.DataFrame
        Whose rule it is, a row a number.
    buffer : numpy.ndarray [s]
        Talk time from which calls qualify; null where none qualified and none was given.
    is_given : numpy.ndarray of bool
        Whether the buffer was given, not learnt.
    refuses_repeats : numpy.ndarray of bool
        Whether a call that is flagged as a repeat does not qualify.
    decided_count, explained_count : numpy.ndarray [calls]
        Connected calls with a flag and a talk time, and those whose flag the rule gives.
    """

    code: Ints
    keys: pd.DataFrame
    buffer: Floats
    is_given: Bools
    refuses_repeats: Bools
    decided_count: Ints
    explained_count: Ints

    @property
    def buffer_of_call(self) -> Floats:
        """Buffer that applies to each call [s]; null where there is none."""
        return np.append(self.buffer, np.nan)[self.code]

    def refused(self, repeat: Bools) -> Bools:
        """Tell which calls do not qualify because they are repeats."""
        return np.asarray(repeat & np.append(self.refuses_repeats, False)[self.code])

    def said(self, side: str) -> list[dict[str, Any]]:
        """Return the rules as plain records."""
        explained = ratio(self.explained_count, self.decided_count)
        return [
            {
                "side": side,
                **{str(name): None if pd.isna(value) else str(value) for name, value in named.items()},
                "buffer": None if np.isnan(self.buffer[number]) else float(self.buffer[number]),
                "is_given": bool(self.is_given[number]),
                "refuses_repeats": bool(self.refuses_repeats[number]),
                "decided_count": int(self.decided_count[number]),
                "explained_share": None if np.isnan(explained[number]) else float(explained[number]),
            }
            for number, named in enumerate(self.keys.to_dict("records"))
        ]


def learn_rules(
    code: Ints,
    keys: pd.DataFrame,
    talk: Floats,
    repeat: Bools,
    qualified: Bools,
    decided: Bools,
    declared: Mapping[str, float],
) -> Rules:
    """Learn the rules of one side.

    Two rules are tried for each group, with and without the condition that the call is no repeat; the one
    that gives fewer wrong flags is taken, the one with the condition where both do as well.

    Parameters
    ----------
    code, keys
        As in `Rules`; the first column of `keys` is the party's name.
    talk : numpy.ndarray [s]
        Talk time of each call; null where unknown.
    repeat, qualified : numpy.ndarray of bool
        The flags of each call.
    decided : numpy.ndarray of bool
        Calls to learn from.
    declared : mapping
        Buffers that are known: name -> seconds.
    """
    groups = len(keys)
    given = np.array([declared.get(str(name), np.nan) for name in keys.iloc[:, 0]], dtype=float)
    buffers, wrong = np.empty((2, groups)), np.empty((2, groups), dtype=np.int64)
    for place, rows in enumerate((decided & ~repeat, decided)):
        found = thresholds(code[rows], talk[rows], qualified[rows], groups)
        buffers[place] = np.where(np.isnan(given), found, given)
        predicted = (talk[decided] >= buffers[place][code[decided]]) & ~(repeat[decided] & (place == 0))
        missed = code[decided][predicted != qualified[decided]]
        wrong[place] = np.bincount(missed, minlength=groups)
    chosen = (wrong[1] < wrong[0]).astype(np.int64)
    everything = np.bincount(code[decided], minlength=groups)
    number = np.arange(groups)
    return Rules(
        code=code,
        keys=keys,
        buffer=buffers[chosen, number],
        is_given=~np.isnan(given),
        refuses_repeats=chosen == 0,
        decided_count=everything,
        explained_count=everything - wrong[chosen, number],
    )
