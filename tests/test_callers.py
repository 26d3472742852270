"""Sums by caller: whatever way they are found in, they are those of a dictionary."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pandas as pd
import pytest

from dtanalytics.analysis.clustering import shared_effects
from dtanalytics.stats.callers import gather_callers

ROWS, GROUPS = 3000, 4


def by_dictionary(money: np.ndarray, who: np.ndarray, codes: np.ndarray) -> Counter[tuple[int, float, float]]:
    """Count the callers of each group with the same money and calls."""
    sums: dict[tuple[int, int], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for group, caller, amount in zip(codes.tolist(), who.tolist(), money.tolist(), strict=True):
        sums[group, caller][0] += amount
        sums[group, caller][1] += 1
    return Counter((group, round(amount, 6), calls) for (group, _), (amount, calls) in sums.items())


@pytest.mark.parametrize(("share", "step"), [(1.0, 1.0), (1.0, 0.25), (0.05, 1.0), (0.05, 0.25), (0.0, 1.0)])
def test_callers_with_equal_sums_are_counted_together(share: float, step: float) -> None:
    draw = np.random.default_rng(5)
    money = draw.integers(-3, 9, ROWS) * step * (draw.random(ROWS) < share)
    who, codes = draw.integers(0, 700, ROWS), draw.integers(0, GROUPS, ROWS)
    found = gather_callers(money, None, who, codes, GROUPS)
    rows = zip(found.group.tolist(), found.value.tolist(), found.denominator.tolist(), strict=True)
    counted = Counter(
        dict(zip(((group, round(value, 6), calls) for group, value, calls in rows), found.count, strict=True))
    )
    assert counted == by_dictionary(money, who, codes)


def test_only_groups_whose_callers_call_again_weigh_less_than_their_calls() -> None:
    codes = np.repeat([0, 1], [60, 40])
    hits = np.r_[np.arange(60) % 2, np.ones(20), np.zeros(20)].astype(np.float64)
    numbers = [2_125_550_000 + at for at in range(60)] + [2_125_559_999] * 40
    # The longer ones do not fit into a whole number beside the group, and are numbered first.
    short, long = (pd.Series([f"{before}{one}" for one in numbers], dtype="str") for before in ("", "999999"))
    effects = shared_effects(short, codes, hits, np.ones(100), 2)
    assert effects[0] == 1.0
    assert effects[1] > 2.0
    assert shared_effects(long, codes, hits, np.ones(100), 2).tolist() == effects.tolist()
    unknown = short.mask(codes == 1)
    assert shared_effects(unknown, codes, hits, np.ones(100), 2).tolist() == [1.0, 1.0]
