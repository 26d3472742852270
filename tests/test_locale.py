"""Numbers are written as a locale writes them wherever people read them, and as programs read them elsewhere."""

from __future__ import annotations

import io

import nbformat
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from dtanalytics import reports
from dtanalytics.accessor.summary import summary
from dtanalytics.errors import ConfigError
from dtanalytics.plots import describe, margin_bars, qualification_rates
from dtanalytics.settings import Settings, using

NBSP, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
CALLS = pd.DataFrame(
    {
        "affiliate": ["North"] * 3 + ["South"] * 1500,
        "lead_status": "Connected",
        "caller_id": [f"212555{number:04}" for number in range(1503)],
        "offer_qualified": True,
        "offer_price": [12_345.67, 1000.0, 0.5] + [2.0] * 1500,
        "affiliate_qualified": [True, False, False] + [False] * 1500,
        "affiliate_price": 345.0,
    }
)
"""North earns 13,346.17 and pays 345.00 out, so 13,001.17 are left of it, 97.4 %; South earns 3,000.00."""


@pytest.mark.parametrize(
    ("locale", "currency", "revenue", "rate", "count"),
    [
        (None, "USD", "$13,346.17", "97.4%", "1,500"),
        ("en_US", "USD", "$13,346.17", "97.4%", "1,500"),
        ("de_DE", "EUR", f"13.346,17{NBSP}€", f"97,4{NBSP}%", "1.500"),
        ("de-DE.UTF-8", "USD", f"13.346,17{NBSP}$", f"97,4{NBSP}%", "1.500"),
        (
            "fr_FR",
            "EUR",
            f"13{NARROW}346,17{NBSP}€",
            f"97,4{NARROW}{NBSP}%".replace(NARROW, ""),
            f"1{NARROW}500",
        ),
        ("ja_JP", "JPY", "¥13,346", "97.4%", "1,500"),
    ],
)
def test_tables_write_money_rates_and_counts_as_the_locale_does(locale, currency, revenue, rate, count):
    with using(Settings(locale=locale, currency=currency)):
        text = reports.table(CALLS.calls.margin("affiliate"))._repr_html_()

    found = text.replace(NARROW + "%", NBSP + "%")
    assert revenue in found
    assert rate in found
    assert count in found


def test_a_table_negates_as_the_locale_does_and_frames_hold_plain_numbers():
    made = pd.DataFrame({"affiliate": ["North"], "margin": [-1234.5]})
    with using(Settings(locale="de_DE", currency="EUR")):
        assert f"\N{MINUS SIGN}1.234,50{NBSP}€" in reports.table(made)._repr_html_()
        assert CALLS.calls.margin("affiliate")["revenue"].tolist() == [13_346.17, 3000.0]
        assert made.to_csv(index=False).splitlines()[1] == "North,-1234.5"


def test_pictures_write_ticks_labels_titles_and_alternative_texts_as_the_locale_does():
    with using(Settings(locale="de_DE", currency="EUR")):
        ax = margin_bars(CALLS.calls.margin("affiliate"))
        rates = qualification_rates(CALLS.calls.qualification("affiliate"))
    for one in (ax, rates):
        one.figure.savefig(io.BytesIO())
    texts = [text.get_text() for text in (*ax.texts, *ax.get_xticklabels())]
    shares = [text.get_text() for text in rates.get_xticklabels()]

    assert [text for text in texts if "$" in text or "k" in text] == []
    assert any(f"13.001{NBSP}€" in text for text in texts)
    assert all(text.endswith(f"{NBSP}%") for text in shares if text)
    assert "Margin came to 16.001 € of revenue 16.346 €." in describe(ax)
    assert "North: 13.001 €" in describe(ax)
    assert isinstance(ax.figure, Figure)


def test_the_limits_of_a_funnel_are_written_as_its_other_numbers_are():
    rng = np.random.default_rng(7)
    many = pd.DataFrame(
        {
            "sid": [f"{number}" for number in range(400)],
            "affiliate": rng.choice(["North", "South", "West"], 400),
            "lead_status": "Connected",
            "caller_id": [f"212555{number:04}" for number in range(400)],
            "offer_qualified": rng.random(400) < 0.4,
            "offer_price": 20.0,
            "affiliate_qualified": rng.random(400) < 0.4,
            "affiliate_price": 12.5,
            "talk_time": 60,
            "contest_qualification": False,
            "repeat_affiliate_caller": False,
            "call_date": pd.date_range("2026-10-05 09:00", periods=400, freq="10min", tz="America/New_York"),
        }
    )
    with using(Settings(locale="de_DE")):
        said = describe(many.calls.plot.control_funnel("affiliate"))

    assert "outside the 99,8 % limits" in said
    assert "99.8" not in said


def test_a_page_writes_its_tables_as_the_locale_does(tmp_path, monkeypatch):
    code = (
        "import pandas as pd\nfrom dtanalytics import reports\n"
        "reports.table(pd.DataFrame({'affiliate': ['North'], 'revenue': [1234.56], 'margin_rate': [0.123]}))"
    )
    cell = nbformat.v4.new_code_cell(code, metadata={"tags": ["parameters"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "question.ipynb")
    monkeypatch.setenv("DTANALYTICS_LOCALE", "de_DE")
    monkeypatch.setenv("DTANALYTICS_CURRENCY", "EUR")

    page = reports.write(str(tmp_path / "question.ipynb"), tmp_path / "out").path.read_text(encoding="utf-8")

    assert f"1.234,56{NBSP}€" in page
    assert f"12,3{NBSP}%" in page


@pytest.mark.parametrize(
    ("typed", "near"),
    [("de_XX", "de_DE"), ("germany", "give one such as"), ("x", "give one"), ("xx_US", "en_US")],
)
def test_a_locale_that_does_not_exist_is_refused_with_near_ones(typed, near, monkeypatch):
    monkeypatch.setenv("DTANALYTICS_LOCALE", typed)

    with pytest.raises(ConfigError, match=near):
        Settings().checked()


def test_the_summary_of_a_frame_writes_its_numbers_as_the_locale_does_and_is_shown_whatever_is_set(
    monkeypatch,
):
    with using(Settings(locale="de_DE", currency="EUR")):
        said = summary(CALLS)
    monkeypatch.setenv("DTANALYTICS_LOCALE", "nowhere")

    assert (said["calls"], said["money"].split(",00")[0]) == ("1.503", "revenue 16.346,17, payout 345")
    assert summary(CALLS)["calls"] == "1,503"
