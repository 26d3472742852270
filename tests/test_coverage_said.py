"""Where intervals hold the truth more or less often than asked, the answer itself says so."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from dtanalytics.analysis.money.compare import compare
from dtanalytics.analysis.money.overview import qualification
from dtanalytics.analysis.money.pacing import pacing
from dtanalytics.analysis.partners.scorecard import scorecard
from dtanalytics.stats.bootstrap import clustered_bootstrap


def calls(
    paid: dict[str, tuple[int, int]], *, price: object = 30.0, callers: int | None = None
) -> pd.DataFrame:
    """Connected calls of affiliates: how many of how many were paid for; of a caller each, or of so many."""
    rows = [(name, number < hits) for name, (hits, many) in paid.items() for number in range(many)]
    affiliate, billed = zip(*rows, strict=True)
    who = np.arange(len(rows)) % (callers or len(rows))
    return pd.DataFrame(
        {
            "call_date": pd.Timestamp("2026-09-01") + pd.to_timedelta(np.arange(len(rows)), unit="min"),
            "affiliate": affiliate,
            "caller_id": (2_120_000_000 + who).astype(str),
            "lead_status": "Connected",
            "offer_qualified": billed,
            "offer_price": price,
            "affiliate_qualified": False,
            "affiliate_price": 0.0,
            "contest_qualification": False,
            "repeat_affiliate_caller": False,
        }
    )


@pytest.mark.parametrize("hits", [2, 9, 30, 98])
def test_money_that_is_a_fixed_price_or_nothing_has_the_interval_of_a_rate(hits: int) -> None:
    found = clustered_bootstrap(np.where(np.arange(100) < hits, 30.0, 0.0), clusters=range(100)).iloc[0]
    low, high = proportion_confint(hits, 100, method="wilson")
    assert [found["low"], found["high"]] == pytest.approx([30 * low, 30 * high])


def test_a_loss_or_a_gain_has_the_interval_of_a_rate_too() -> None:
    found = clustered_bootstrap([-12.5] * 40 + [17.5] * 60, clusters=range(100)).iloc[0]
    low, high = proportion_confint(60, 100, method="wilson")
    assert [found["low"], found["high"]] == pytest.approx([30 * low - 12.5, 30 * high - 12.5])


@pytest.mark.parametrize(
    ("amounts", "callers"),
    [([30.0] + [0.0] * 99, 100), ([30.0, 45.0] + [0.0] * 98, 100), ([30.0] * 9 + [0.0] * 91, 50)],
    ids=["one sale", "two prices", "callers with several calls"],
)
def test_other_money_has_another_interval_than_a_rate(amounts: list[float], callers: int) -> None:
    found = clustered_bootstrap(amounts, clusters=[number % callers for number in range(100)]).iloc[0]
    paid = [amount for amount in amounts if amount]
    high = np.mean(paid) * proportion_confint(len(paid), 100, method="wilson")[1]
    assert found["high"] != pytest.approx(high, rel=0.01)


def test_a_scorecard_names_the_rows_in_which_few_callers_make_up_the_money() -> None:
    rare, often = np.linspace(10, 200, 300).round(2), np.tile([20.0, 25.0], 150)
    card = scorecard(
        calls({"Often": (150, 300), "Rare": (5, 300)}, price=np.append(often, rare)), flags=False
    )
    assert card["affiliate"].tolist() == ["Often", "Rare"]
    assert card.attrs["assumptions"] == [
        (
            "margin_per_call of 'Rare': few callers make up how it varies; of 95 % intervals 92 to 99 % hold the "
            "truth there."
        )
    ]


def test_nobody_who_paid_may_still_be_followed_by_one_who_pays_as_others_do() -> None:
    card = scorecard(calls({"None": (0, 80), "Some": (40, 80)}), flags=False)
    found = card[["margin_per_call_low", "margin_per_call", "margin_per_call_high"]].iloc[1]
    assert found.tolist() == pytest.approx([0, 0, 30 * proportion_confint(0, 80, method="wilson")[1]])
    assert card.attrs["assumptions"] == []


def test_a_scorecard_says_that_an_interval_without_a_width_says_nothing() -> None:
    card = scorecard(calls({"None": (0, 80), "Neither": (0, 80)}), flags=False)
    assert card.filter(like="margin_per_call").iloc[:, :3].to_numpy().tolist() == [[0, 0, 0]] * 2
    assert card.attrs["assumptions"] == [
        (
            "margin_per_call of 'Neither', 'None': all callers bring the same; an interval without a width says nothing "
            "of what others bring."
        )
    ]


@pytest.mark.parametrize(("hits", "said"), [(9, 1), (10, 0), (190, 0), (191, 1)])
def test_rare_rates_of_callers_who_call_again_are_named(hits: int, said: int) -> None:
    table = qualification(calls({"North": (hits, 200)}, callers=100), "affiliate")
    notes = [
        note for note in table.attrs["assumptions"] if note.startswith("offer_qualification_rate of 'North'")
    ]
    assert len(notes) == said


def test_rates_of_callers_who_call_once_are_not_named() -> None:
    assert qualification(calls({"North": (3, 200)}), "affiliate").attrs["assumptions"] == []


def test_a_comparison_names_rare_rates_of_either_period() -> None:
    now, before = (
        calls({"North": (50, 100), "South": (50, 100)}),
        calls({"North": (50, 100), "South": (4, 100)}),
    )
    table = compare(now, before, "affiliate", metrics=["margin", "offer_qualification_rate"])
    assert table["affiliate"].tolist() == ["South", "North"]
    assert table.attrs["assumptions"] == [
        (
            "offer_qualification_rate_change of 'South': fewer than 10 calls count, or do not; of 95 % intervals 94 "
            "to 98 % hold the truth there."
        )
    ]


def test_a_forecast_says_what_it_rests_on_and_nothing_where_there_is_none() -> None:
    days = pd.date_range("2026-08-01", "2026-10-10", unit="us")
    rising = pd.DataFrame({"call_day": days.repeat(np.arange(len(days)) % 5 + 3)})
    assert "90 % bands 87 to 95 % hold" in pacing(rising, "call_count").attrs["assumptions"][0]
    assert pacing(rising.iloc[:3], "call_count").attrs["assumptions"] == []


def test_segments_that_are_people_are_counted_and_not_named() -> None:
    notes = scorecard(calls({"North": (5, 40)}), "caller_id", flags=False).attrs["assumptions"]
    assert notes
    assert all(note.startswith("margin_per_call of 40 of 40 segments: ") for note in notes)
