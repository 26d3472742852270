"""One setting names the account's currency: uploads, tables and plots say it unless they are told another."""

import matplotlib as mpl
import pandas as pd
import pytest

import dtanalytics as dta
from dtanalytics.errors import ConfigError
from dtanalytics.reports import table
from dtanalytics.settings import Settings, current, using

CALLS = pd.DataFrame(
    {
        "sid": ["1"],
        "affiliate": ["North"],
        "lead_status": ["Connected"],
        "offer_qualified": [True],
        "offer_price": [20.0],
        "affiliate_qualified": [True],
        "affiliate_price": [12.5],
        "call_date": pd.to_datetime(["2026-10-05 09:10"]).tz_localize("America/New_York"),
        "click_id": ["Cj0KCQjwabcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH"],
    }
)


def test_dollars_unless_set():
    assert Settings().currency == "USD"


@pytest.mark.parametrize("typed", ["EUR", " eur ", "Eur"])
def test_the_setting_is_read_as_it_was_typed(monkeypatch, typed):
    monkeypatch.setenv("DTANALYTICS_CURRENCY", typed)

    assert current().currency == "EUR"


@pytest.mark.parametrize("wrong", ["EURO", "€", "XAU", 5])
def test_what_is_no_currency_is_refused(wrong):
    with pytest.raises(ConfigError, match="DTANALYTICS_CURRENCY"):
        Settings(currency=wrong)


def test_an_upload_says_it_unless_told(tmp_path):
    with using(Settings(currency="EUR")):
        export = dta.exports.google_clicks(CALLS, tmp_path / "a.csv", "Sale", now="2026-10-06")
        told = dta.exports.google_clicks(CALLS, tmp_path / "b.csv", "Sale", currency="GBP", now="2026-10-06")

    assert (export.currency, told.currency) == ("EUR", "GBP")


def test_a_table_says_it_unless_told():
    margin = pd.DataFrame({"margin": [7.5]})
    with using(Settings(currency="EUR")):
        assert "€7.50" in str(table(margin))
        assert "$7.50" in str(table(margin, currency="USD"))


def test_a_plot_says_it():
    mpl.use("Agg")
    with using(Settings(currency="EUR")):
        ax = CALLS.calls.plot.margin("affiliate")

    assert "€" in ax.get_title(loc="left") + ax.get_title()
