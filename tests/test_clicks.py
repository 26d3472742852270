"""Click identifiers: the right one, byte for byte, with the field it came from."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtanalytics.decode import decode_page
from dtanalytics.decode.clicks import CLICK_COLUMNS, CLICK_FIELDS, CLICK_TYPES, click_columns
from dtanalytics.schema import BIDS

SITE = "https://www.example.com/"


def click(**fields):
    """Click of one call: id, type, field."""
    found = click_columns({name: pa.array([text], pa.string()) for name, text in fields.items()}, 1)
    return tuple(found[name][0].as_py() for name in CLICK_COLUMNS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SITE + "?gclid=Cj0KCQ-a_Bc9&utm=1", ("Cj0KCQ-a_Bc9", "gclid")),
        (SITE + "?utm=1&gbraid=0AAAA-x", ("0AAAA-x", "gbraid")),
        (SITE + "?wbraid=Cj4K#top", ("Cj4K", "wbraid")),
        (SITE + "?a=b;msclkid=5f0e9d", ("5f0e9d", "msclkid")),
        (SITE + "#gclid=AbC", ("AbC", "gclid")),
        (SITE + "?GCLID=AbC", ("AbC", "gclid")),
        (SITE + "?gclid=a%2Fb%3D", ("a%2Fb%3D", "gclid")),
        ("gclid=AbC", ("AbC", "gclid")),
        (SITE + "?msclkid=m1&gclid=g1", ("g1", "gclid")),
        (SITE + "?gclid={gclid}&msclkid=m1", ("m1", "msclkid")),
        (SITE + "?gclid={gclid}&gclid=g2", ("g2", "gclid")),
        (SITE + "?gclid=g1&gclid=g2", ("g1", "gclid")),
    ],
)
def test_a_click_is_read_byte_for_byte(text, expected):
    """Case kept, nothing unescaped, gclid first when there are several."""
    assert click(last_touch=text) == (*expected, "last_touch")


@pytest.mark.parametrize(
    "text",
    ["gclid=*", "gclid=", "gclid={gclid}", "gclid=%7Bgclid%7D", "gclid=%7bgclid%7d", "gclid=[gclid]", SITE + "?xgclid=1", SITE + "?gclids=1", SITE + "?note=gclid", "", None],
)  # fmt: skip
def test_a_pattern_or_a_template_is_no_click(text):
    """What nobody filled in must never be uploaded as a click."""
    assert click(activity_keyword=text, last_touch=text) == (None, None, None)


def test_the_first_field_that_holds_a_click_gives_it():
    """The vendor's own field, then last touch, first touch, tag, pattern."""
    fields = {name: f"?gclid={name}" for name in CLICK_FIELDS}

    assert click(ppc_gclid="own", **fields) == ("own", "gclid", "ppc_gclid")
    for name in CLICK_FIELDS:
        assert click(ppc_gclid="{gclid}", **fields) == (name, "gclid", name)
        fields[name] = "nothing here"
    assert click(**fields) == (None, None, None)


def test_decoding_finds_the_clicks_of_a_page():
    """Each row its own, rows without one null, the order kept."""
    time = {"date_added": "2026-10-05 09:30:00"}
    rows = [
        {"sid": "1", "url_tag": "gclid=AAA"},
        {"sid": "2"},
        {"sid": "3", "last_touch": SITE + "?wbraid=BBB", "url_tag": "gclid=CCC"},
        {"sid": "4", "first_touch": SITE, "ppc_gclid": "DDD"},
    ]
    table = decode_page(json.dumps([row | time for row in rows]).encode(), BIDS, version="v3").table

    assert table["click_id"].to_pylist() == ["AAA", None, "BBB", "DDD"]
    assert table["click_id_type"].to_pylist() == ["gclid", None, "wbraid", "gclid"]
    assert table["click_id_field"].to_pylist() == ["url_tag", None, "last_touch", "ppc_gclid"]


def parsed(text):
    """The rule again, in plain Python: parameters by type, then by place, patterns left out."""
    for kind in CLICK_TYPES:
        for part in (
            (text or "").replace("?", "&").replace("#", "&").replace(";", "&").replace(" ", "&").split("&")
        ):
            name, equals, identifier = part.partition("=")
            if name.lower() == kind and equals and identifier and not set(identifier) & set("*{}"):
                return identifier, kind
    return None, None


TEXTS = st.none() | st.lists(
    st.sampled_from(["gclid", "msclkid", "WBRAID", "=", "=", "&", "?", "Ab-1_", "*", "{x}", "#", ";", " "]),
    max_size=9,
).map("".join)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=5))
def test_whole_columns_give_what_row_by_row_gives(rows):
    """Against a plain loop over every row and field."""
    columns = {
        name: pa.array([row[place] for row in rows], pa.string())
        for place, name in enumerate(("last_touch", "url_tag"))
    }
    found = click_columns(columns, len(rows))

    expected = []
    for row in rows:
        hits = [(*parsed(text), name) for text, name in zip(row, columns, strict=True)]
        expected.append(next((hit for hit in hits if hit[0]), (None, None, None)))
    assert list(zip(*(found[name].to_pylist() for name in CLICK_COLUMNS), strict=True)) == expected
