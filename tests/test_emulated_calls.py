"""Generated calls are repeatable, consistent, and as their truth says."""

from __future__ import annotations

import gzip
import math
from collections import Counter, defaultdict
from decimal import Decimal

import numpy as np
import pytest

from dtanalytics.emulator import MARKET, Facts, generate
from dtanalytics.emulator.sample import sample_bytes, sample_calls
from dtanalytics.errors import InputError

OFFERS = {offer.name: offer for offer in MARKET.offers}
AFFILIATES = {affiliate.name: affiliate for affiliate in MARKET.affiliates}


@pytest.fixture(scope="module")
def rows(october):
    """LeadFlow calls, everything settled."""
    return october.leadflow.to_pylist()


@pytest.fixture(scope="module")
def bids(october):
    return october.bids.to_pylist()


@pytest.fixture(scope="module")
def undisputed():
    return generate(leadflow=15_000, bids=5_000, seed=4, disputes=False)


def some(calls, *columns):
    """A few columns of the LeadFlow calls as dicts: all of them would take the tests' time."""
    return calls.leadflow.select(columns).to_pylist()


OUTCOME = ("sid", "lead_status", "affiliate", "offer", "offer_qualified", "affiliate_qualified")


def test_the_same_seed_gives_the_same_calls_and_another_seed_others():
    first, again = (generate(leadflow=300, bids=200, seed=5) for _ in range(2))
    other = generate(leadflow=300, bids=200, seed=6)

    assert first.leadflow.equals(again.leadflow)
    assert first.bids.equals(again.bids)
    assert not first.leadflow.equals(other.leadflow)


def test_as_many_calls_as_asked_for_each_under_its_own_sid(october):
    leads, bids = (set(october.table(name)["sid"].to_pylist()) for name in ("leadflow", "bids"))

    assert (len(leads), len(bids), len(leads & bids)) == (2000, 1200, 720)


def test_no_call_at_all_is_a_typed_empty_report():
    calls = generate(leadflow=0, bids=0)

    assert (calls.leadflow.num_rows, calls.bids.num_rows) == (0, 0)


def test_margin_is_offer_price_less_affiliate_price_with_a_missing_price_as_zero(rows):
    for row in rows:
        prices = (row["offer_price"], row["affiliate_price"])
        expected = None if prices == (None, None) else (prices[0] or 0) - (prices[1] or 0)

        assert row["margin"] == expected
        assert (prices[0] is not None, prices[1] is not None) == (
            row["offer_qualified"],
            row["affiliate_qualified"],
        )


def test_a_call_qualifies_by_talking_as_long_as_the_buffer_unless_its_caller_was_paid_for(undisputed):
    for row in some(undisputed, *OUTCOME, "talk_seconds", "reroute", "repeat_affiliate_caller"):
        bought = row["lead_status"] == "Connected"
        talked = bought and row["talk_seconds"] >= OFFERS[row["offer"]].buffer
        earned = bought and row["talk_seconds"] >= AFFILIATES[row["affiliate"]].buffer

        assert row["offer_qualified"] == (talked and not row["reroute"])
        assert row["affiliate_qualified"] == (earned and not row["repeat_affiliate_caller"])


def test_only_connected_calls_have_an_advertiser_an_offer_and_a_recording(rows):
    for row in rows:
        filled = {
            row[name] is not None for name in ("advertiser", "offer", "transfer_number", "recording_link")
        }

        assert filled == {row["lead_status"] == "Connected"}
        assert row["affiliate_cap"] == (row["lead_status"] == "Affiliate Cap")


def test_all_four_statuses_occur(october):
    assert set(october.leadflow["lead_status"].to_pylist()) == {
        "Connected",
        "Affiliate Cap",
        "No Buyer",
        "Hang Up",
    }


def test_lengths_agree_with_each_other(rows):
    for row in rows:
        assert abs(row["talk_minutes"] - Decimal(row["talk_seconds"]) / 60) <= Decimal("0.05")
        assert row["call_duration"] == math.ceil(row["total_seconds"] / 60)
        assert row["talk_seconds"] < row["total_seconds"]


def test_repeats_are_callers_who_called_the_same_affiliate_within_its_time(rows):
    last = {}
    for row in rows:
        key = (row["caller_id"], row["affiliate"])
        unique = AFFILIATES[row["affiliate"]].unique_days * 86_400
        expected = key in last and (row["call_date"] - last[key]).total_seconds() < unique
        last[key] = row["call_date"]

        assert row["repeat_affiliate_caller"] == expected


def test_a_shared_sid_is_the_same_call_in_both_reports(rows, bids):
    leads = {row["sid"]: row for row in rows}
    for bid in bids:
        lead = leads.get(bid["sid"])
        if lead is not None:
            same = ("caller_id", "affiliate_number", "talk_minutes", "call_date", "phone_label")

            assert [lead[name] for name in same] == [
                bid[name] for name in ("ani", "dnis", "talk_minutes", "date_added", "phone_label")
            ]


def test_nobody_real_is_in_the_calls(rows, bids):
    for row in [*rows, *bids]:
        caller = row.get("caller_id") or row["ani"]

        assert caller[3:8] == "55501"
        assert (row.get("ip_address") or "192.0.2.1").startswith(("192.0.2.", "198.51.100.", "203.0.113."))
        assert ".example.com/" in (
            row.get("recording_link") or row.get("recording") or "https://r.example.com/"
        )


def test_clicks_are_in_the_addresses_byte_for_byte(bids):
    found = Counter()
    for row in bids:
        if row["click_id"] is not None:
            tag = f"{row['click_id_type']}={row['click_id']}"
            found[row["click_id_type"]] += 1

            assert row["url_tag"] == tag
            assert (row["last_touch"] or row["baseuri"]).endswith("&" + tag)
    assert set(found) == {"gclid", "gbraid", "wbraid", "msclkid"}


def test_the_night_with_a_doubled_hour_has_calls_in_it_twice_and_the_spring_gap_none():
    autumn = generate(leadflow=4_000, bids=0, start="2026-11-01", end="2026-11-02")
    spring = generate(leadflow=4_000, bids=0, start="2026-03-08", end="2026-03-09")
    hours = Counter(autumn.leadflow["call_hour"].to_pylist())
    doubled = [row["call_date_ambiguous"] for row in autumn.leadflow.to_pylist() if row["call_hour"] == 1]

    assert hours[1] > 1.5 * hours[2]
    assert all(doubled)
    assert 2 not in spring.leadflow["call_hour"].to_pylist()


@pytest.mark.parametrize("party", ["affiliate", "offer"])
@pytest.mark.parametrize("side", ["offer", "affiliate"])
def test_observed_rates_lie_about_the_true_ones_as_chance_allows(undisputed, party, side):
    """The sum of squared z values of k groups is chi-squared with k degrees of freedom."""
    truth = {row["sid"]: row for row in undisputed.truth.calls.to_pylist()}
    groups = defaultdict(list)
    for row in some(undisputed, *OUTCOME):
        if row["lead_status"] == "Connected":
            groups[row[party]].append((row[f"{side}_qualified"], truth[row["sid"]][f"{side}_rate"]))
    total = 0.0
    for pairs in groups.values():
        seen, rate = np.array(pairs, dtype=float).T
        total += (seen - rate).sum() ** 2 / (rate * (1 - rate)).sum()

    assert len(groups) == 10
    assert 2.56 < total < 23.2  # 1 % on either side of chi-squared with 10 degrees of freedom


def test_a_keywords_calls_qualify_at_its_true_rate(undisputed):
    rates = dict(
        zip(*(undisputed.truth.keywords[name].to_pylist() for name in ("keyword_id", "rate")), strict=True)
    )
    keyword = dict(
        zip(*(undisputed.truth.calls[name].to_pylist() for name in ("sid", "keyword_id")), strict=True)
    )
    seen = [
        (row["offer_qualified"], rates[keyword[row["sid"]]])
        for row in some(undisputed, *OUTCOME)
        if row["lead_status"] == "Connected" and keyword[row["sid"]] is not None
    ]
    outcome, rate = np.array(seen, dtype=float).T
    z = (outcome - rate).sum() / math.sqrt((rate * (1 - rate)).sum())
    slope = np.cov(outcome, rate)[0, 1] / rate.var(ddof=1)

    assert len(seen) > 2000
    assert abs(z) < 2.6
    assert 0.8 < slope < 1.2


def test_a_keywords_calls_bring_in_its_true_value(undisputed):
    """Revenue of all connected calls, and its slope over the keywords' values: 1, give or take sampling."""
    value = dict(
        zip(*(undisputed.truth.keywords[name].to_pylist() for name in ("keyword_id", "value")), strict=True)
    )
    keyword = dict(
        zip(*(undisputed.truth.calls[name].to_pylist() for name in ("sid", "keyword_id")), strict=True)
    )
    seen = [
        (float(row["offer_price"] or 0), value[keyword[row["sid"]]])
        for row in some(undisputed, "sid", "lead_status", "offer_price")
        if row["lead_status"] == "Connected" and keyword[row["sid"]] is not None
    ]
    revenue, expected = np.array(seen).T
    error = (revenue - expected).std() * math.sqrt(len(seen))

    assert abs((revenue - expected).sum()) < 2.6 * error
    assert 0.8 < np.cov(revenue, expected)[0, 1] / expected.var(ddof=1) < 1.2


def test_the_order_of_affiliates_by_quality_is_in_the_truth(undisputed):
    truth = {row["affiliate"]: row["offer_rate"] for row in undisputed.truth.affiliates.to_pylist()}

    assert max(truth, key=truth.get) == "Redwood Referrals"
    assert min(truth, key=truth.get) == "Quickdial Network"


# -- planted facts ----------------------------------------------------------------------------------


def leaks(calls):
    lost = defaultdict(Decimal)
    for row in some(calls, *OUTCOME, "affiliate_price"):
        if row["affiliate_qualified"] and not row["offer_qualified"]:
            lost[row["affiliate"]] += row["affiliate_price"]
    return lost


@pytest.mark.parametrize("seed", range(3))
def test_a_planted_leak_comes_to_its_amount_to_the_cent_at_its_affiliate(seed):
    planted = generate(leadflow=6_000, bids=0, seed=seed, facts=Facts(leak="Harbor Leads"))
    found = leaks(planted)
    lost = [
        row["margin"]
        for row in some(planted, *OUTCOME, "margin")
        if row["affiliate"] == "Harbor Leads" and row["affiliate_qualified"] and not row["offer_qualified"]
    ]

    assert sum(lost) == Decimal("-4210.00")
    assert found.pop("Harbor Leads") == Decimal("4210.00")
    assert max(found.values()) < 1000


def test_an_offer_whose_cap_bites_at_15_gets_no_call_after_and_its_callers_no_buyer():
    planted = generate(leadflow=6_000, bids=0, seed=2, facts=Facts(cap="Roof Repair"))
    planted = some(planted, "call_hour", "offer", "set_name", "lead_status")
    hours = Counter(row["call_hour"] for row in planted if row["offer"] == "Roof Repair")
    unsold = Counter(
        row["call_hour"]
        for row in planted
        if row["set_name"] == "Roofing" and row["lead_status"] == "No Buyer"
    )

    assert max(hours) == 14
    assert unsold[15] > 2 * unsold[14]


def test_a_bunching_affiliates_calls_pile_up_just_over_its_buffer():
    facts = Facts(bunching="Summit Broadcast")
    by_affiliate = defaultdict(list)
    calls = generate(leadflow=6_000, bids=0, seed=2, facts=facts)
    for row in some(calls, "lead_status", "affiliate", "talk_seconds"):
        if row["lead_status"] == "Connected":
            by_affiliate[row["affiliate"]].append(120 <= row["talk_seconds"] < 128)
    share = {name: np.mean(near) for name, near in by_affiliate.items()}

    assert share.pop("Summit Broadcast") > 0.2
    assert max(share.values()) < 0.08


def test_a_shift_and_a_drop_begin_on_their_day():
    facts = Facts(shift="Quickdial Network", drop="Redwood Referrals")
    calls = generate(leadflow=20_000, bids=0, seed=3, facts=facts, disputes=False)
    calls = some(calls, *OUTCOME, "call_date")
    halves = [[row for row in calls if (row["call_date"].day > 15) is late] for late in (False, True)]
    shares = [Counter(row["affiliate"] for row in half)["Quickdial Network"] / len(half) for half in halves]
    rates = [
        np.mean(
            [
                row["offer_qualified"]
                for row in half
                if row["affiliate"] == "Redwood Referrals" and row["offer"]
            ]
        )
        for half in halves
    ]

    assert shares[1] / shares[0] == pytest.approx(2.5 / 1.09, rel=0.12)
    assert rates[1] / rates[0] == pytest.approx(0.55, rel=0.12)


def test_misattribution_grows_with_the_rank():
    calls = generate(leadflow=8_000, bids=6_000, seed=3, shared=1.0, facts=Facts(misattribution=True))
    true = dict(zip(*(calls.truth.calls[name].to_pylist() for name in ("sid", "keyword_id")), strict=True))
    wrong = defaultdict(list)
    for row in calls.bids.select(["sid", "rank", "adwords_keyword_id"]).to_pylist():
        if row["adwords_keyword_id"] is not None:
            wrong[row["rank"]].append(row["adwords_keyword_id"] != true[row["sid"]])
    share = [np.mean(wrong[rank]) for rank in (1, 2, 3, 4, 5)]

    assert share == sorted(share)
    assert share[0] < 0.04
    assert share[4] > 0.35


@pytest.mark.parametrize("fact", ["bunching", "leak", "shift", "drop"])
def test_a_party_that_does_not_exist_is_named_with_those_that_do(fact):
    with pytest.raises(InputError, match="nobody is called 'Acme'; known are Brightpath Search"):
        generate(leadflow=100, facts=Facts(**{fact: "Acme"}))


def test_an_empty_window_is_refused():
    with pytest.raises(InputError, match="start 2026-10-01 must be before end 2026-10-01"):
        generate(leadflow=10, start="2026-10-01", end="2026-10-01")


# -- the sample -------------------------------------------------------------------------------------


def test_the_sample_in_the_repository_is_what_its_command_writes(request):
    """Compared unpacked: other builds of zlib pack the same text otherwise."""
    calls = sample_calls()
    for report in ("leadflow", "bids"):
        packed = (request.config.rootpath / "data" / f"{report}.json.gz").read_bytes()

        assert packed[4:8] == b"\0\0\0\0"
        assert gzip.decompress(packed) == sample_bytes(calls, report)


def test_random_numbers_of_a_column_are_its_own_and_repeatable(monkeypatch):
    """A new column that draws from `random_for` shifts no value of the others: it takes none of their numbers."""
    from dtanalytics.emulator.world import calls as module

    drawn = []

    def with_a_new_column(base, *arguments, **options):
        drawn.append([base.random_for(name).integers(0, 1000, 3).tolist() for name in ("parking", "queue")])
        return make(base, *arguments, **options)

    before = generate(leadflow=200, bids=100, seed=9)
    make = module.make_leadflow_rows
    monkeypatch.setattr(module, "make_leadflow_rows", with_a_new_column)
    first, second = generate(leadflow=200, bids=100, seed=9), generate(leadflow=200, bids=100, seed=9)
    assert first.leadflow.equals(before.leadflow)
    assert second.bids.equals(before.bids)
    assert drawn[0] == drawn[1]
    assert drawn[0][0] != drawn[0][1]
