"""From both services to every upload file, by the command line and by the accessor."""

from __future__ import annotations

from decimal import Decimal

import pytest
import upload_rules
from click.testing import CliRunner

import dtanalytics as dta
from dtanalytics.cli.commands import main
from dtanalytics.emulator import generate

KINDS = {
    "google-clicks": "google_clicks",
    "google-adjustments": "google_adjustments",
    "google-leads": "google_leads",
    "microsoft": "microsoft_clicks",
    "microsoft-bulk": "microsoft_bulk",
    "sa360": "sa360",
}


def export(kind, path, *options):
    common = ["--conversion-name", "Qualified call", "--now", "2026-11-01 12:00", "--out", str(path)]
    return CliRunner().invoke(main, ["export", kind, "2026-10", *common, *options])


@pytest.fixture(scope="module")
def few():
    """A month of few calls."""
    return generate(leadflow=150, bids=150, start="2026-10-01", end="2026-11-01", seed=5)


@pytest.fixture
def services(emulate, few):
    return emulate(few)


def test_every_kind_of_file_is_written_from_the_services_with_its_preflight(services, tmp_path):
    written = {}
    for kind, function in KINDS.items():
        done = export(kind, tmp_path / f"{kind}.csv")
        rows = getattr(upload_rules, function)((tmp_path / f"{kind}.csv").read_text(encoding="utf-8"))
        written[kind] = len(rows)

        assert done.exit_code == 0, done.output
        assert f"{len(rows)} calls written" in done.output
    assert {kind for kind, rows in written.items() if not rows} == {"google-adjustments"}


def test_every_qualified_call_is_written_or_listed_and_the_money_adds_up(services, tmp_path):
    calls = dta.join_calls(dta.load_leadflow("2026-10"), dta.load_bids("2026-10"))
    done = calls.calls.to_google_ads(tmp_path / "a.csv", conversion_name="x", now="2026-11-01 12:00")
    qualified = calls[calls["offer_qualified"].fillna(value=False)]
    revenue = sum(Decimal(str(price)) for price in qualified["offer_price"])
    paid = qualified["affiliate_qualified"].fillna(value=False)
    payout = sum(Decimal(str(price)) for price in qualified.loc[paid, "affiliate_price"])
    listed = [*done.written["value"], *done.refused["value"]]

    assert sorted([*done.written["sid"], *done.refused["sid"]]) == sorted(qualified["sid"])
    assert sum(Decimal(str(value)) for value in listed) == revenue - payout


def test_a_call_is_exported_once_and_the_others_can_be_kept_as_a_sheet(services, tmp_path):
    sheet, ledger = tmp_path / "refused.csv", tmp_path / "sent"
    export("google-clicks", tmp_path / "a.csv", "--ledger", str(ledger))
    again = export("google-clicks", tmp_path / "b.csv", "--ledger", str(ledger), "--refused", str(sheet))
    header, *rows = sheet.read_text("utf-8-sig").splitlines()

    assert header == "sid,error,remedy,value,also"
    assert f"{len(rows)} listed" in again.output
    assert upload_rules.google_clicks((tmp_path / "b.csv").read_text(encoding="utf-8")) == []
    assert "CLICK_CONVERSION_ALREADY_EXISTS" in again.output


def test_a_file_that_was_never_uploaded_is_written_anew_when_it_is_taken_back(services, tmp_path):
    path, ledger = tmp_path / "a.csv", ("--ledger", str(tmp_path / "sent"))
    export("google-clicks", path, *ledger)
    first = path.read_text(encoding="utf-8")
    again = export("google-clicks", path, *ledger)
    empty = path.read_text(encoding="utf-8")
    export("google-clicks", path, *ledger, "--forget")

    assert upload_rules.google_clicks(empty) == []
    assert "if it was never uploaded" in again.output
    assert path.read_text(encoding="utf-8") == first


def test_an_option_of_another_file_is_a_usage_error(tmp_path):
    done = export("google-clicks", tmp_path / "a.csv", "--enhanced")

    assert done.exit_code == 2
    assert "google-clicks has no option --enhanced" in done.output


def test_a_mistake_is_one_line_and_no_file(services, tmp_path):
    done = export("google-clicks", tmp_path / "a.csv", "--currency", "dollars")

    assert done.exit_code == 1
    assert done.output.startswith("error: currency must be three capital letters")
    assert not (tmp_path / "a.csv").exists()
