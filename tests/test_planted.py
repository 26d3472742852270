"""Facts that were planted in generated calls are found, and without them no alarm is raised."""

from dataclasses import replace
from decimal import Decimal
from functools import cache

import pandas as pd
import pytest

from dtanalytics.analysis.matching.reconcile import reconcile
from dtanalytics.analysis.money.audit import audit
from dtanalytics.analysis.money.bridge import bridge
from dtanalytics.analysis.money.compare import compare
from dtanalytics.analysis.money.matrix import matrix
from dtanalytics.analysis.partners.quality import quality
from dtanalytics.analysis.supply.capacity import cap_hours
from dtanalytics.analysis.supply.talk import buffers
from dtanalytics.analysis.supply.unsold import unsold
from dtanalytics.emulator.world.calls import generate
from dtanalytics.emulator.world.market import MARKET, Facts
from dtanalytics.frames import to_pandas
from dtanalytics.schema import LEADFLOW


def calls(seed: int = 1, rows: int = 12_000, **facts) -> pd.DataFrame:
    made = generate(rows, 50, "2026-09-01", "2026-10-01", seed=seed, facts=Facts(**facts))
    return to_pandas(made.leadflow, LEADFLOW)


def test_a_leak_of_4210_dollars_is_found_to_the_cent():
    table = matrix(calls(leak="Harbor Leads"), "affiliate").set_index("affiliate")

    assert table.loc["Harbor Leads", "leakage"] == 4210.0
    assert table["leakage"].idxmax() == "Harbor Leads"


def test_an_offer_that_is_full_from_15_on_is_found():
    table = cap_hours(calls(cap="Warranty Gold", cap_hour=15), "offer").set_index("offer")

    closed = table[table["rate_after"] < 0.5 * table["rate_before"]]
    assert closed["bite_hour"].to_dict() == {
        "Warranty Gold": 15
    }  # caps that the market has anyway only slow down
    assert table["q_value"].idxmin() == "Warranty Gold"


@cache
def clean_months() -> list[pd.DataFrame]:
    """Ten months of a market in which nobody has a cap, and nothing is planted."""
    offers = tuple(replace(offer, daily_cap=1e6) for offer in MARKET.offers)
    affiliates = tuple(replace(affiliate, cap=1e6) for affiliate in MARKET.affiliates)
    market = replace(MARKET, offers=offers, affiliates=affiliates)
    made = (
        generate(12_000, 50, "2026-09-01", "2026-10-01", seed=seed, market=market) for seed in range(1, 11)
    )
    return [to_pandas(month.leadflow, LEADFLOW) for month in made]


@pytest.mark.parametrize("by", ["offer", "affiliate"])
def test_in_ten_months_without_caps_at_most_one_group_in_twenty_is_given_an_hour(by):
    hours = pd.concat([cap_hours(month, by)["bite_hour"] for month in clean_months()])

    assert len(hours) == 100
    assert hours.notna().mean() <= 0.05


def test_in_ten_clean_months_at_most_one_signal_in_twenty_is_raised():
    flags = pd.concat([quality(month)["flagged"] for month in clean_months()])

    assert len(flags) == 800
    assert flags.mean() <= 0.05


def test_in_ten_clean_months_at_most_one_change_in_twenty_passes_for_more_than_chance():
    changes = pd.concat([compare(month, by="affiliate", days=14, repeats=300) for month in clean_months()])

    assert len(changes) == 100
    assert (changes["q_value"] <= 0.05).mean() <= 0.05


def test_an_affiliate_that_bunches_at_its_buffer_is_the_only_one_that_is_flagged_for_it():
    table = quality(calls(bunching="Clearcall Partners"), signals=["affiliate_buffer"])

    assert table.loc[table["flagged"], "affiliate"].tolist() == ["Clearcall Partners"]


def test_an_affiliate_whose_volume_grows_at_the_expense_of_all_shows_as_mix():
    frame = calls(shift="Quickdial Network", shift_factor=4.0)
    half = frame["call_day"] < frame["call_day"].min() + pd.Timedelta(days=15)

    table = bridge(frame[~half], frame[half], "affiliate").set_index("affiliate")

    assert table["mix"].idxmin() == "Quickdial Network"  # it earns less a call than the others
    assert table.loc["Quickdial Network", "mix"] < 3 * table["mix"].drop("Quickdial Network").min() < 0


@pytest.mark.parametrize("by", ["affiliate", "offer", ["affiliate", "call_hour"]])
def test_the_bridge_of_generated_calls_ties_to_their_own_margin(by):
    frame = calls(seed=3)
    half = frame["call_day"] < "2026-09-12"

    table = bridge(frame[~half], frame[half], by)

    def margin(part: pd.DataFrame) -> Decimal:
        return sum(
            (Decimal(str(row.offer_price)) if row.offer_qualified else Decimal(0))
            - (Decimal(str(row.affiliate_price)) if row.affiliate_qualified else Decimal(0))
            for row in part.itertuples()
        )

    change = sum(Decimal(repr(float(value))).quantize(Decimal("0.0001")) for value in table["change"])
    assert change == margin(frame[~half]) - margin(frame[half])


def test_the_buffers_that_offers_have_are_found():
    found = buffers(calls(rows=30_000)).set_index("offer")["buffer"]

    true = {offer.name: offer.buffer for offer in MARKET.offers}
    assert all(abs(found[name] - seconds) <= 2 for name, seconds in true.items())


def test_every_unsold_call_is_in_the_table_once():
    frame = calls(seed=4)

    table = unsold(frame, ["affiliate"])

    assert table["call_count"].sum() == (frame["lead_status"] != "Connected").sum()
    assert table["expected_margin_lost"].sum() == pytest.approx(
        unsold(frame)["expected_margin_lost"].sum(), abs=0.1
    )


def test_calls_as_they_are_generated_contradict_nothing_and_equal_themselves():
    frame = calls(seed=5)
    ledger = pd.DataFrame({"sid": frame["sid"], "revenue": frame["offer_price"].fillna(0)})

    result = reconcile(frame, ledger)

    assert audit(frame).empty
    assert result.differing.empty
    assert len(result.matched) == len(frame)
