"""Saved answers: every kind of file, in order, each call once, and an error that names the file."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal

import pytest

import dtanalytics as dta
from dtanalytics.errors import ApiError, InputError, SchemaDriftWarning, SchemaError
from dtanalytics.saved import iter_saved, read_saved
from dtanalytics.schema import BIDS, LEADFLOW


def answer(report, calls, version="v2"):
    """Bytes of an answer: calls given as key -> fields, every other field null."""
    blank = dict.fromkeys(report.wire(version))
    return json.dumps(
        [blank | {"sid": sid, report.time: "2026-10-05 09:30:00"} | fields for sid, fields in calls.items()]
    ).encode()


def save(folder, name, content):
    (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)


def test_a_folder_is_read_in_order_of_names_and_the_last_of_a_call_stays(tmp_path):
    """Plain and packed files together; sorted by time, then sid; what is no answer is left alone."""
    save(
        tmp_path,
        "b.json.gz",
        answer(LEADFLOW, {"2": {"offer_price": "2.50"}, "1": {"call_date": "2026-10-04 00:00:00"}}),
    )
    save(tmp_path, "a.json", answer(LEADFLOW, {"3": {}, "2": {"offer_price": 1}}))
    save(tmp_path, "c.json", b'{"response": []}')
    save(tmp_path, "notes.txt", b"not an answer")
    (tmp_path / "more.json").mkdir()
    table = read_saved(tmp_path, LEADFLOW)

    assert table["sid"].to_pylist() == ["1", "2", "3"]
    assert table["offer_price"].to_pylist() == [None, Decimal("2.5"), None]
    assert table.schema.equals(LEADFLOW.schema, check_metadata=True)


@pytest.mark.parametrize("name", ["one.json", "one.json.gz"])
def test_one_file_is_enough(tmp_path, name):
    save(tmp_path, name, answer(LEADFLOW, {"7": {}}))

    assert read_saved(str(tmp_path / name), LEADFLOW)["sid"].to_pylist() == ["7"]


def test_answers_of_both_versions_lie_side_by_side(tmp_path):
    """Each file is read by the spelling it uses."""
    save(tmp_path, "a.json", answer(BIDS, {"1": {"baseuri": "two", "super_id": "s"}}))
    save(tmp_path, "b.json", answer(BIDS, {"2": {"first_touch": "three", "os": "iOS"}}, "v3"))
    save(tmp_path, "c.json", answer(BIDS, {"3": {"baseuri": "again"}}))
    rows = read_saved(tmp_path, BIDS).select(["sid", "baseuri", "super_id", "os"]).to_pylist()

    assert rows == [
        {"sid": "1", "baseuri": "two", "super_id": "s", "os": None},
        {"sid": "2", "baseuri": "three", "super_id": None, "os": "iOS"},
        {"sid": "3", "baseuri": "again", "super_id": None, "os": None},
    ]


def test_the_public_readers_give_frames_of_one_shape(tmp_path):
    """read_leadflow and read_bids, by file or folder."""
    save(tmp_path, "a.json", answer(LEADFLOW, {"1": {"margin": "0.1"}}))
    frame = dta.read_leadflow(tmp_path)

    assert frame["margin"].tolist() == [0.1]
    assert list(frame.columns) == LEADFLOW.columns


def test_one_warning_for_the_whole_folder(tmp_path):
    """However many files bring the same surprise, and it points at the line that asked for them."""
    for name in ("a.json", "b.json.gz"):
        save(tmp_path, name, answer(LEADFLOW, {name: {"surprise": 1}}))

    with pytest.warns(SchemaDriftWarning, match=r"unknown key 'surprise' \(2 records\)") as caught:
        table = read_saved(tmp_path, LEADFLOW)
    assert [warning.filename for warning in caught] == [__file__]
    assert table["extra"].to_pylist() == ['{"surprise":1}'] * 2


def test_nothing_to_read_says_what_was_looked_for(tmp_path):
    """No such path, an empty folder, a file of another kind."""
    (tmp_path / "calls.csv").write_text("sid\n1\n")
    for path in (tmp_path / "none", tmp_path, tmp_path / "calls.csv"):
        with pytest.raises(
            InputError, match=r"looked for a file ending in \.json or \.json\.gz, or a folder"
        ):
            read_saved(path, LEADFLOW)


def test_a_file_at_fault_is_named(tmp_path):
    """Cut short, cut while packed, or without a key."""
    whole = answer(LEADFLOW, {"1": {}})
    save(tmp_path, "a.json", whole)
    (tmp_path / "b.json").write_bytes(whole[:-1])
    with pytest.raises(ApiError, match=r"^b\.json"):
        read_saved(tmp_path, LEADFLOW)
    (tmp_path / "b.json").write_bytes(answer(LEADFLOW, {"": {}}))
    with pytest.raises(SchemaError, match=r"^b\.json, record 1"):
        read_saved(tmp_path, LEADFLOW)
    (tmp_path / "b.json").unlink()
    (tmp_path / "c.json.gz").write_bytes(gzip.compress(whole)[:-9])
    with pytest.raises(InputError, match=r"c\.json\.gz cannot be unpacked"):
        read_saved(tmp_path, LEADFLOW)


def test_a_folder_larger_than_memory_can_be_gone_through(tmp_path):
    """A part is handed over before files far ahead of it are opened."""
    wide = answer(LEADFLOW, {f"{line}": {"offer": "x" * 10_000} for line in range(900)})
    for number in range(7):
        save(tmp_path, f"{number}.json", wide)
    (tmp_path / "7.json").write_bytes(b"<html>")
    parts = iter_saved(tmp_path, LEADFLOW)

    assert next(parts).table.num_rows == 900
    (tmp_path / "7.json").write_bytes(b"[]")
    assert sum(part.table.num_rows for part in parts) == 6 * 900
