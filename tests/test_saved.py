"""Saved answers: every kind of file, in order, each call once, and an error that names the file."""

from __future__ import annotations

import gzip
import json
import os
import tracemalloc
import zlib
from decimal import Decimal

import pytest

import dtanalytics as dta
from dtanalytics.decode.saved import iter_saved, read_saved
from dtanalytics.errors import ApiError, DtError, InputError, SchemaDriftWarning, SchemaError
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
    (tmp_path / "calls.csv").write_text("sid\n1\n", encoding="utf-8")
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


# -- files as people have them ---------------------------------------------------------------------


def page(*sids):
    return answer(LEADFLOW, {sid: {} for sid in sids})


FILES = {
    "one page": page("1", "2", "3"),
    "a list of pages": b"[" + page("1", "2") + b"," + page("3") + b"]",
    "a list of pages, indented": json.dumps(
        [json.loads(page("1", "2")), json.loads(page("3"))], indent=2
    ).encode(),
    "a list of answers": b'[{"response": ' + page("1", "2") + b'}, {"response": ' + page("3") + b"}]",
    "an answer": b'{"response": ' + page("1", "2", "3") + b"}",
    "a record a line": b"\n".join(json.dumps(record).encode() for record in json.loads(page("1", "2", "3"))),
    "a page a line": page("1", "2") + b"\r\n" + page("3") + b"\n",
    "an answer a line": b'{"response": ' + page("1", "2") + b'}\n\n{"response": ' + page("3") + b"}\n",
    "records and pages, a line each": page("1", "2") + b"\n" + json.dumps(json.loads(page("3"))[0]).encode(),
    "an indented page": json.dumps(json.loads(page("1", "2", "3")), indent=4).encode(),
    "a text that holds a page": json.dumps(page("1", "2", "3").decode()).encode(),
    "with empty pages": b"[[]," + page("1", "2", "3") + b",[]]",
}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_file_is_read_whatever_it_holds_and_however_it_was_saved(tmp_path, kind, encoding):
    (tmp_path / "a.json").write_bytes(FILES[kind].decode().encode(encoding))

    assert read_saved(tmp_path / "a.json", LEADFLOW)["sid"].to_pylist() == ["1", "2", "3"]


@pytest.mark.parametrize(
    "name", ["a.json", "A.JSON", "a.jsonl", "a.ndjson", "a.json.gz", "a.jsonl.gz", "a.JSON.GZ"]
)
def test_names_that_are_read(tmp_path, name):
    packed = name.lower().endswith("gz")
    (tmp_path / name).write_bytes(gzip.compress(page("1")) if packed else page("1"))

    assert read_saved(tmp_path, LEADFLOW)["sid"].to_pylist() == ["1"]


def test_what_is_packed_is_unpacked_whatever_its_name(tmp_path):
    (tmp_path / "a.json").write_bytes(gzip.compress(page("1")) + gzip.compress(b" "))

    assert read_saved(tmp_path, LEADFLOW)["sid"].to_pylist() == ["1"]


def test_several_paths_are_read_in_their_order(tmp_path, monkeypatch):
    home = tmp_path / "home"
    for name, price in (("b.json", 1), ("a.json", 2)):
        save(home, name, answer(LEADFLOW, {"1": {"offer_price": price}}))
    paths = ["~/b.json", home / "a.json"]

    assert dta.read_leadflow(paths)["offer_price"].tolist() == [2.0]
    assert dta.read_leadflow(paths[::-1])["offer_price"].tolist() == [1.0]
    assert len(dta.read_leadflow("$HOME")) == 1


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ([], "list of paths is empty"),
        ("", "path is empty"),
        ("none.json", "does not exist"),
        ("x" * 5000, "too long"),
        ("a\0.json", "NUL"),
        (7, "not int"),
        (None, "not None"),
        (b"a.json", "not bytes"),
        ("pipe.json", "no regular file"),
        ("loop.json", "looked for"),
        ("loop", "looked for"),
        ("https://host/a.json", "does not exist"),
        ("$NOT_SET.json", "NOT_SET"),
    ],
)
def test_a_path_that_cannot_be_read_says_why(tmp_path, path, said):
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "loop.json").symlink_to("loop.json")
    (tmp_path / "loop").symlink_to("loop")

    with pytest.raises(InputError, match=said) as caught:
        dta.read_leadflow(path)
    assert len(str(caught.value)) < 500


def test_a_folder_that_holds_itself_is_read_once(tmp_path):
    save(tmp_path, "a.json", page("1"))
    (tmp_path / "again.json").symlink_to(tmp_path)

    assert read_saved(tmp_path, LEADFLOW).num_rows == 1


def test_a_small_file_that_unpacks_to_a_large_one_is_refused(tmp_path):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    (tmp_path / "a.json.gz").write_bytes(
        b"".join(packer.compress(b" " * (1 << 20)) for _ in range(300)) + packer.flush()
    )
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="save it again, in several files"):
            read_saved(tmp_path, LEADFLOW)
        assert tracemalloc.get_traced_memory()[1] < 200 << 20
    finally:
        tracemalloc.stop()


PERSON = {"caller_id": "2125550100", "first_name": "Wilhelmina"}
JUNK = {
    "400 digits as sid": answer(LEADFLOW, {"1": PERSON}).replace(b'"sid": "1"', b'"sid": ' + b"7" * 400),
    "600 deep": answer(LEADFLOW, {"1": PERSON})[:-2] + b', "x": ' + b"[" * 600 + b"]" * 600 + b"}]",
    "100,000 deep": b"[" * 100_000,
    "a key twice": answer(LEADFLOW, {"1": PERSON})[:-2] + b', "2125550100": 1, "2125550100": 2}]',
    "NaN": answer(LEADFLOW, {"1": PERSON})[:-2] + b', "x": NaN}]',
    "1e999": answer(LEADFLOW, {"1": PERSON})[:-2] + b', "x": 1e999}]',
    "a time that is none": answer(LEADFLOW, {"1": PERSON | {"call_date": "Wilhelmina 2125550100"}}),
    "a year of five digits": answer(LEADFLOW, {"1": PERSON | {"call_date": "10000-01-01 00:00:00"}}),
    "a sid that is an object": answer(LEADFLOW, {"1": PERSON | {"sid": PERSON}}),
    "half a page": answer(LEADFLOW, {"1": PERSON})[:-9],
    "text of another encoding": answer(LEADFLOW, {"1": PERSON}).replace(b"Wilhelmina", b"Wilhelmin\xe4"),
    "half of UTF-16": answer(LEADFLOW, {"1": PERSON}).decode().encode("utf-16")[:-1],
    "a page and more": answer(LEADFLOW, {"1": PERSON}) + b"x",
    "nothing": b"",
}


@pytest.mark.parametrize("kind", JUNK)
def test_junk_is_refused_shortly_and_without_anybodys_name(tmp_path, kind):
    (tmp_path / "a.json").write_bytes(JUNK[kind])

    with pytest.raises(DtError) as caught:
        read_saved(tmp_path, LEADFLOW)
    assert "a.json" in str(caught.value)
    assert len(str(caught.value)) < 600
    assert "Wilhelmin" not in str(caught.value)
    assert "2125550100" not in str(caught.value)


def test_a_warning_of_very_many_surprises_stays_short(tmp_path):
    (tmp_path / "a.json").write_bytes(
        answer(
            LEADFLOW, {"1": {f"caller 21255{number:06d}": 1 for number in range(20_000)} | {"x" * 9999: 1}}
        )
    )

    with pytest.warns(SchemaDriftWarning, match="more of this kind|unknown key") as caught:
        table = read_saved(tmp_path, LEADFLOW)
    assert len(str(caught[0].message)) < 2_000
    assert "21255" not in str(caught[0].message)
    assert len(json.loads(table["extra"][0].as_py())) == 20_001
