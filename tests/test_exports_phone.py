"""A caller's number is hashed in the one form that matches, or not at all."""

from __future__ import annotations

import hashlib
import sys

import pandas as pd
import pytest
from export_calls import NOW, joined
from hypothesis import given
from hypothesis import strategies as st

from dtanalytics import exports
from dtanalytics.errors import ConfigError, InputError

HASH = hashlib.sha256(b"+18005550102").hexdigest()


def test_the_known_hash_begins_as_the_specification_says():
    assert HASH.startswith("c5383c2e")


@pytest.mark.parametrize(
    "number",
    ["+1 800 555 0102", "(800) 555-0102", "8005550102", "+18005550102", "800.555.0102", " 1-800-555-0102 "],
)
def test_every_way_of_writing_a_number_gives_one_hash(number):
    assert exports.hash_phone(number) == HASH


def test_a_foreign_number_keeps_its_country():
    assert exports.e164("+44 20 7946 0018") == exports.e164("020 7946 0018", "GB") == "+442079460018"


@pytest.mark.parametrize(
    "number",
    [
        "",
        "Anonymous",
        "Restricted",
        "266696687",
        "7378742833",
        "17378742833",
        "(737) 874-2833",
        "86282452253",
        "0000000000",
        "555-0102",
        "8005550102.0",
        "800555010",
        "+999 1234567",
        "call 8005550102",
        "8005550102 ext 5",
        "1-800-FLOWERS",
        HASH,
        "8005550102; 8005550103",
    ],
)
def test_what_is_no_assigned_number_is_refused_with_a_reason(number):
    with pytest.raises(InputError, match="number"):
        exports.hash_phone(number)


@given(st.text())
def test_any_text_is_a_number_or_refused(text):
    try:
        number = exports.e164(text)
    except InputError:
        return

    assert number[0] == "+"
    assert number[1:].isascii()
    assert number[1:].isdigit()


def test_a_file_of_leads_holds_the_hash_of_the_callers_number(tmp_path):
    calls = joined({"sid": "1"}, {"sid": "2", "caller_id": None, "click_id": None, "click_id_type": None})
    done = exports.google_leads(calls.iloc[[1]], tmp_path / "a.csv", "Call", now=NOW)

    assert done.path.read_text(encoding="utf-8").splitlines()[2].split(",")[1] == HASH


def test_microsofts_enhanced_file_has_a_hash_where_there_is_a_number(tmp_path):
    calls = joined(
        {"sid": "1"}, {"sid": "2", "caller_id": "Anonymous", "click_id": "0" * 32}, platform="microsoft"
    )
    done = exports.microsoft_clicks(calls, tmp_path / "a.csv", "Call", now=NOW, enhanced=True)
    hashes = [line.split(",")[-1] for line in done.path.read_text(encoding="utf-8").splitlines()[1:]]

    assert hashes == ["Hashed Phone Number", HASH, ""]


def test_without_the_library_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    with pytest.raises(ConfigError, match=r"pip install 'dtanalytics\[phone\]'"):
        exports.google_leads(joined({}), tmp_path / "a.csv", "Call", now=NOW)

    assert not (tmp_path / "a.csv").exists()


def test_numbers_are_hashed_once_each(monkeypatch):
    from dtanalytics.exports import phone

    asked = []
    monkeypatch.setattr(phone, "hash_phone", lambda number, _: asked.append(number) or "x")
    phone.hash_phones(pd.Series(["1", "2", "1", None]))

    assert sorted(asked) == ["1", "2"]
