"""Whatever stands where the cache keeps something: the calls as they are, or a short error that says what to do."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest
from other_os import SYSTEMS, play

import dtanalytics as dta
from dtanalytics.cache import files
from dtanalytics.demo import settings_for
from dtanalytics.emulator import Emulator
from dtanalytics.errors import CacheError, DtError
from dtanalytics.loading.sources import leadflow_source
from dtanalytics.settings import current, using

DAY = "2026-10-05"


@pytest.fixture(scope="module")
def filled(october, tmp_path_factory):
    """A service, a cache that holds one day of it, final, and the sids of that day."""
    folder = tmp_path_factory.mktemp("filled") / "cache"
    with Emulator(october, now="2026-12-01") as service:
        settings = settings_for(service, folder)
        with using(settings):
            sids = dta.load_leadflow(DAY, progress=False)["sid"].tolist()
            dta.scan("leadflow", DAY)
        yield settings, sids


@pytest.fixture
def cache(filled, tmp_path):
    """A copy of that cache, in force; the fixture's value is the folder of its entry and the sids."""
    settings, sids = filled
    shutil.copytree(settings.cache_dir, tmp_path / "cache")
    with using(settings.model_copy(update={"cache_dir": tmp_path / "cache"})):
        yield leadflow_source(current()).entry.folder, sids


def loaded(**options):
    """Sids of the day as a frame gives them."""
    return dta.load_leadflow(DAY, progress=False, columns=["sid"], **options)["sid"].tolist()


def scanned(**options):
    """Sids of the day as a scan gives them."""
    return [row[0] for row in dta.scan("leadflow", DAY, **options).relation.select("sid").fetchall()]


def whole_or_said(sids, **options):
    """Load, scan and publish: each gives all calls, or an error that is short and says what to do."""
    outcomes = []
    for act in (loaded, scanned):
        try:
            found = act(**options)
        except DtError as error:
            assert 20 < len(str(error)) < 700  # noqa: PT017  # an answer is right, too
            outcomes.append("said")
        else:
            assert sorted(found) == sorted(sids)
            outcomes.append("whole")
    return outcomes


def administered():
    """Look at the cache and clear it: neither may end in anything but an answer or a `DtError`."""
    for act in (
        dta.cache.info,
        dta.cache.verify,
        dta.cache.compact,
        lambda: dta.cache.vintages("leadflow", DAY),
    ):
        try:
            act()
        except DtError as error:
            assert len(str(error)) < 700  # noqa: PT017  # an answer is right, too
    try:
        dta.cache.clear()
    except DtError as error:
        assert len(str(error)) < 700  # noqa: PT017  # an answer is right, too


PLACES = {
    "root": "../..",
    "report": "..",
    "entry": ".",
    "manifests": "manifests",
    "newest manifest": "manifests/00000001.json",
    "next manifest": "manifests/00000002.json",
    "data": "data",
    "file": "data/*.parquet",
    "note": "question.json",
    "tag": "../../CACHEDIR.TAG",
    "memory": "checked.json",
    "staging": "staging",
    "quarantine": "quarantine",
}
HEALED = {"newest manifest", "next manifest", "file", "memory"}
JUNK = {
    "pipe": os.mkfifo,
    "folder": os.mkdir,
    "zero bytes": lambda path: path.write_bytes(b""),
    "link to nowhere": lambda path: path.symlink_to(path.parent / "nowhere"),
    "link to itself": lambda path: path.symlink_to(path),
    "sparse gigabyte": lambda path: (path.write_bytes(b"x"), os.truncate(path, 1 << 30)),
}


def put(entry: Path, place: str, junk: str) -> Path:
    """Replace what is kept in a place by something else."""
    path = entry / PLACES[place]
    if "*" in path.name:
        path = next(path.parent.glob(path.name))
    path = Path(os.path.normpath(path))
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.exists():
        path.unlink()
    JUNK[junk](path)
    return path


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("place", PLACES)
def test_junk_in_any_place_is_healed_or_said(cache, place, junk):
    entry, sids = cache
    put(entry, place, junk)

    whole_or_said(sids, offline=True)
    found = whole_or_said(sids)
    assert found == ["whole", "whole"] or place not in HEALED
    administered()


VINTAGE = '{"asked":"2026-11-20T00:00:00Z","checked":"2026-11-20T00:00:00Z","rows":0}'
BODIES = {
    "deep": '{"days":' + '{"a":' * 600 + "1" + "}" * 601,
    "very deep": '{"x":' + "[" * 100_000 + "]" * 100_000 + "}",
    "long number": '{"format":' + "9" * 400 + "}",
    "rows without end": f'{{"days":{{"{DAY}":[{VINTAGE.replace(":0}", ":" + "9" * 400 + "}")}]}}}}',
    "rows below zero": f'{{"days":{{"{DAY}":[{VINTAGE.replace(":0}", ":-1}")}]}}}}',
    "rows as text": f'{{"days":{{"{DAY}":[{VINTAGE.replace(":0}", chr(58) + chr(34) + "7" + chr(34) + "}")}]}}}}',
    "no vintage": f'{{"days":{{"{DAY}":[]}}}}',
    "no list": f'{{"days":{{"{DAY}":7}}}}',
    "days as list": '{"days":[1,2]}',
    "no object": "[]",
    "no JSON": "{",
    "null": "null",
    "format as text": '{"format":"1"}',
    "format of the future": '{"format":99}',
    "no day": f'{{"days":{{"2026-13-45":[{VINTAGE}]}}}}',
    "day as path": f'{{"days":{{"../../etc":[{VINTAGE}]}}}}',
    "moment without zone": f'{{"days":{{"{DAY}":[{VINTAGE.replace("Z", "")}]}}}}',
    "year 10000": f'{{"days":{{"{DAY}":[{VINTAGE.replace("2026-11", "10000-11")}]}}}}',
    "year 9999": f'{{"days":{{"{DAY}":[{VINTAGE.replace("2026-11-20T00:00:00Z", "9999-12-31T23:59:59Z")}],"9999-12-31":[{VINTAGE}]}}}}',
    "name above": f'{{"days":{{"{DAY}":[{VINTAGE[:-1]},"file":"../../../etc/passwd"}}]}}}}',
    "absolute name": f'{{"days":{{"{DAY}":[{VINTAGE[:-1]},"file":"/etc/passwd"}}]}}}}',
    "name with NUL": f'{{"days":{{"{DAY}":[{VINTAGE[:-1]},"file":"a\\u0000b"}}]}}}}',
    "name that is long": f'{{"days":{{"{DAY}":[{VINTAGE[:-1]},"file":"{"a" * 5000}"}}]}}}}',
    "name of another day": f'{{"days":{{"{DAY}":[{VINTAGE[:-2]}9,"file":"2026-01-01.0123456789abcdef.parquet"}}]}}}}',
    "lone surrogate": f'{{"account_id":"\\ud800","days":{{"{DAY}":[{VINTAGE}]}}}}',
}


def signed(body: bytes) -> bytes:
    """As a record is kept: its digest above it."""
    return files.digest(body).encode() + b"\n" + body + b"\n"


@pytest.mark.parametrize("name", BODIES)
def test_a_manifest_of_any_json_is_healed_or_said(cache, name):
    """Its digest is right, so only what it says is wrong; an empty answer would be wrong, too."""
    entry, sids = cache
    said_empty = name in {"lone surrogate", "year 9999"}  # both say of the day that it had no calls
    (entry / "manifests" / "00000002.json").write_bytes(signed(BODIES[name].encode()))

    if not said_empty:
        whole_or_said(sids, offline=True)
        whole_or_said(sids)
    administered()


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b'{"days":"\xff"}', '{"days": "ä"}'.encode("cp1252"), b"\x00" * 100]
)
def test_a_manifest_in_no_encoding_is_passed_over(cache, content):
    entry, sids = cache
    (entry / "manifests" / "00000002.json").write_bytes(signed(content))

    assert whole_or_said(sids) == ["whole", "whole"]


@pytest.mark.parametrize("name", BODIES)
def test_notes_of_any_json_change_no_call(cache, name):
    entry, sids = cache
    (entry / "question.json").write_bytes(BODIES[name].encode())
    (entry / "checked.json").write_bytes(signed(BODIES[name].encode()))

    assert len(dta.cache.info()) == 1
    assert whole_or_said(sids, offline=True) == ["whole", "whole"]


@pytest.mark.parametrize(
    "folder", ["{tmp}/" + "/".join(["n" * 200] * 30), "{tmp}/file/below", "/dev/null/cache", "/proc/cache"]
)
def test_a_cache_folder_that_cannot_be_is_said(filled, tmp_path, folder):
    settings, sids = filled
    (tmp_path / "file").write_bytes(b"")
    with (  # noqa: PT012  # the settings refuse what they can tell
        pytest.raises(DtError),
        using(settings.model_copy(update={"cache_dir": Path(folder.format(tmp=tmp_path))})),
    ):
        assert whole_or_said(sids) == ["said", "said"]
        administered()
        raise DtError("said")


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("error", [errno.ENODEV, errno.EACCES])
def test_a_disk_that_goes_away_in_mid_load_is_said(cache, monkeypatch, system, error):
    """From the Nth operation on the disk answers nothing, for every N until the load gets through."""
    entry, sids = cache
    (entry / "manifests" / "00000001.json").unlink()
    play(system, monkeypatch)
    through = False
    for last in range(1, 80, 9):
        with pytest.MonkeyPatch.context() as patch:
            count = iter(range(10_000))

            def failing(real, last=last, count=count):
                def call(*args, **options):
                    if next(count) >= last and (
                        not args or "cache" in str(args[0]) or isinstance(args[0], int)
                    ):
                        raise OSError(error, os.strerror(error))
                    return real(*args, **options)

                return call

            for name in ("open", "fstat", "listdir", "write", "fsync", "replace", "link", "rename", "mkdir"):
                patch.setattr(files.os, name, failing(getattr(os, name)))
            try:
                found = dta.load_leadflow(DAY, progress=False)["sid"].tolist()
            except CacheError as problem:
                assert len(str(problem)) < 700  # noqa: PT017  # an answer is right, too
            else:
                through = True
                assert found == sids
    assert whole_or_said(sids) == ["whole", "whole"]
    assert through


def test_clear_leaves_nothing_of_ours_and_everything_of_others(cache, tmp_path):
    """Another version's columns, orphans, temporary files, what was damaged; and a stranger's files."""
    entry, _ = cache
    root = entry.parents[1]
    other = entry.with_name("0123456789abcdef")
    shutil.copytree(entry, other)
    ours = [
        root / "leadflow" / "fedcba9876543210" / "data" / "2026-10-05.0123456789abcdef.parquet",
        entry / "data" / ".tmp-1-abc",
        entry / "data" / "2026-10.0123456789abcdef.parquet",
        entry / "quarantine" / "2026-10-05.0123456789abcdef.parquet",
        entry / "staging" / "days-1-abc.json",
        entry / "staging" / "pages-1-abc.arrow",
        root / ".tmp-2-abc",
    ]
    strangers = [
        root / "notes.txt",
        root / "leadflow" / "mine.csv",
        entry / "data" / "mine.parquet",
        root / "leadflow" / "sub" / "x",
    ]
    for path in (*ours, *strangers):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"+1 555 0100")

    before = dta.cache.info()
    assert len(before) == 3
    assert before["is_readable"].sum() == 1
    assert dta.cache.clear() == 2
    left = {path for path in root.rglob("*") if path.is_file()}
    assert left == set(strangers)
    assert dta.cache.info()["days"].sum() == 0


def test_clearing_a_day_of_a_month_in_one_file_leaves_none_of_its_calls(emulate):
    """The other days of the month are written anew, and read without a question."""
    service = emulate(now="2026-12-20")
    whole = dta.load_leadflow("2026-10", progress=False)
    entry = leadflow_source(current()).entry
    assert dta.cache.compact() == 1
    assert len(entry.manifest().names()) == 1
    gone = whole.loc[whole["call_day"] == DAY, "sid"]

    assert dta.cache.clear("leadflow", DAY) == 1
    content = b"".join(path.read_bytes() for path in entry.folder.rglob("*") if path.is_file())
    assert not any(sid.encode() in content for sid in gone)
    asked = len(service.requests)
    rest = dta.load_leadflow("2026-10-06", "2026-11-01", progress=False)
    assert rest["sid"].tolist() == whole.loc[whole["call_day"] > DAY, "sid"].tolist()
    assert len(service.requests) == asked
