"""Questions over a switch from one platform to another: right to the cent, or refused by what is not said."""

from __future__ import annotations

import json
from decimal import Decimal

import numpy as np
import pandas as pd
import platform_answers as written
import pytest
from platform_answers import read, saved

import dtanalytics as dta
from dtanalytics.errors import PlatformWarning, SchemaError

PARTS = ["volume", "mix", "qualification", "price", "new", "lost"]


def dialogtech(count, seed):
    """Prices are what a side pays if the call qualifies."""
    draw = np.random.default_rng(seed)
    return pd.DataFrame({
        "sid": [f"D{seed}-{at}" for at in range(count)],
        "call_date": pd.date_range("2026-09-01 09:00", periods=count, freq="47min", tz="America/New_York"),
        "affiliate": draw.choice(["North", "South", "East"], count),
        "lead_status": draw.choice(["Connected", "Hang Up"], count),
        "offer_price": draw.choice([33.33, 12.0, 7.77], count), "offer_qualified": draw.random(count) < 0.6,
        "affiliate_price": draw.choice([11.11, 0.07, 3.1], count), "affiliate_qualified": draw.random(count) < 0.5,
    })  # fmt: skip


def invoca(tmp_path, count):
    """What was paid: 0 where the call did not qualify."""
    draw = np.random.default_rng(7)
    records = [
        written.invoca(written.EXPECTED[0])
        | {"transaction_id": f"T{at}", "complete_call_id": f"I{at}", "start_time_utc": 1791209580000 + at * 60_000,
           "affiliate_name": str(draw.choice(["North", "South", "West"])), "connect_duration": int(draw.integers(0, 3)),
           "advertiser_payin_localized": str(draw.choice(["$33.34", "0.00", "$1,012.05"])),
           "affiliate_payout_localized": float(draw.choice([0.0, 11.12, 0.01]))}
        for at in range(count)
    ]  # fmt: skip
    return records, read(saved(tmp_path, "invoca.json", json.dumps(records)), "invoca")


def cents(calls):
    """Margin by affiliate, in decimals of what stands in the calls."""
    sums: dict[str, Decimal] = {}
    for row in calls.to_dict("records"):
        for side, sign in (("offer", 1), ("affiliate", -1)):
            if row[f"{side}_qualified"]:
                amount = Decimal(str(row[f"{side}_price"])) * sign
                sums[row["affiliate"]] = sums.get(row["affiliate"], Decimal(0)) + amount
    return sums


def paid(records):
    sums: dict[str, Decimal] = {}
    for one in records:
        revenue = Decimal(one["advertiser_payin_localized"].replace("$", "").replace(",", ""))
        margin = revenue - Decimal(str(one["affiliate_payout_localized"]))
        sums[one["affiliate_name"]] = sums.get(one["affiliate_name"], Decimal(0)) + margin
    return sums


def test_the_bridge_over_a_switch_ties_to_the_cent_in_each_row(tmp_path):
    before, during = dialogtech(400, 1), dialogtech(150, 2)
    records, theirs = invoca(tmp_path, 250)
    after = pd.concat([during, theirs], ignore_index=True)
    with pytest.warns(PlatformWarning, match="DialogTech and Invoca"):
        bridge = dta.calls(after).bridge(before, "affiliate")
    then, own, new = cents(before), cents(during), paid(records)
    for row in bridge.to_dict("records"):
        name = row["affiliate"]
        change = own.get(name, Decimal(0)) + new.get(name, Decimal(0)) - then.get(name, Decimal(0))
        assert Decimal(str(row["change"])).quantize(Decimal("0.01")) == change, name
        assert round(sum(row[part] for part in PARTS), 2) == round(row["change"], 2)
    whole = sum(own.values()) + sum(new.values()) - sum(then.values())
    assert Decimal(str(round(bridge["change"].sum(), 2))) == whole
    assert set(bridge["affiliate"]) == {"North", "South", "East", "West"}


def test_a_view_without_one_sides_money_is_refused_and_what_it_has_is_summed(tmp_path):
    records, _ = invoca(tmp_path, 40)
    for one in records:
        del one["affiliate_payout_localized"]
    calls = read(saved(tmp_path, "advertiser.json", json.dumps(records)), "invoca")
    with pytest.raises(SchemaError, match="Invoca have no 'affiliate_price'"):
        calls.calls.margin("affiliate")
    revenue = sum(
        Decimal(one["advertiser_payin_localized"].replace("$", "").replace(",", "")) for one in records
    )
    assert Decimal(str(dta.rollup(calls, None, "revenue")["revenue"].item())) == revenue


def test_groups_of_a_column_that_a_platform_never_fills_are_refused(tmp_path):
    records = [written.callrail(call) for call in written.EXPECTED]
    calls = read(saved(tmp_path, "c.json", json.dumps({"calls": records})))
    with pytest.raises(SchemaError, match="CallRail have no 'advertiser'"):
        calls.calls.concurrency()
    assert calls.calls.concurrency("set_name")["call_count"].tolist() == [1, 2]
