"""Windows and disks without hard links: what is written is what was meant, and what is open is no disaster."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from other_os import SYSTEMS, play

import dtanalytics as dta
from dtanalytics.apis.limiter import Limiter
from dtanalytics.cache import files, manifest
from dtanalytics.cache.manifest import Manifest
from dtanalytics.errors import CacheError
from dtanalytics.loading.sources import leadflow_source
from dtanalytics.settings import current

DAY = "2026-10-05"
EVERY_BYTE = bytes(range(256)) + b"\n\r\n\x1a\n"


@pytest.fixture(params=SYSTEMS)
def system(request, monkeypatch):
    """The system that this test believes to run on."""
    return play(request.param, monkeypatch) or request.param


@pytest.fixture
def folder(tmp_path):
    """A folder with nothing in it."""
    made = tmp_path / "folder"
    made.mkdir()
    return made


@pytest.fixture
def windows(monkeypatch):
    return play("windows", monkeypatch)


@pytest.mark.parametrize("write", [files.write_new, files.replace])
def test_every_byte_is_read_as_it_was_written(folder, system, write):
    write(folder / "a.parquet", EVERY_BYTE)

    assert (folder / "a.parquet").read_bytes() == EVERY_BYTE
    assert files.read(folder / "a.parquet") == EVERY_BYTE
    assert [path.name for path in folder.iterdir()] == ["a.parquet"]


def test_a_name_is_given_once(folder, system):
    assert files.create(folder / "00000001.json", b"1")
    assert not files.create(folder / "00000001.json", b"2")
    assert (folder / "00000001.json").read_bytes() == b"1"
    assert [path.name for path in folder.iterdir()] == ["00000001.json"]


def test_of_writers_at_once_each_is_heard(folder, system):
    """Twelve commits from four threads: twelve accounts of one entry, numbered without a gap."""

    def work(number):
        for at in range(3):
            name = f"{number}{at}"
            manifest.commit(
                folder, lambda before, name=name: Manifest(account_id=f"{before.account_id or ''} {name}")
            )

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    said = manifest.latest(folder).account_id.split()
    assert sorted(said) == sorted(f"{number}{at}" for number in range(4) for at in range(3))
    assert manifest.latest(folder).number == 12


def test_a_load_a_second_load_a_scan_and_a_clear(emulate, tmp_path, system):
    """The whole way of a day through the cache, and nothing is left of it."""
    service = emulate(now="2026-12-01")
    first = dta.load_leadflow(DAY, progress=False)
    asked = len(service.requests)
    again = dta.load_leadflow(DAY, progress=False)
    count = dta.scan("leadflow", DAY, progress=False).rollup(None, "call_count").iloc[0, 0]
    dta.publish("leadflow", DAY, url=str(tmp_path / "shared"))
    shared = dta.scan("leadflow", DAY, source=str(tmp_path / "shared")).rollup(None, "call_count").iloc[0, 0]

    assert first["sid"].tolist() == again["sid"].tolist()
    assert len(service.requests) == asked
    assert count == shared == len(first) > 0
    assert dta.cache.verify().empty
    assert dta.cache.clear() == 1
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


def test_a_damaged_file_that_somebody_reads_is_replaced_once_it_is_closed(emulate, windows):
    """It can be moved aside no sooner: until then an error says so."""
    emulate()
    expected = dta.load_leadflow(DAY, progress=False)["sid"].tolist()
    entry = leadflow_source(current()).entry
    path = entry.data / entry.manifest().days[DAY][-1].file
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)

    with path.open("rb"), pytest.raises(CacheError, match="cannot write"):
        dta.load_leadflow(DAY, progress=False)
    assert dta.load_leadflow(DAY, progress=False)["sid"].tolist() == expected


def test_a_file_that_is_read_for_a_moment_is_replaced_when_it_is_free(tmp_path, windows):
    """Virus scanners open each new file for some milliseconds."""
    path = tmp_path / "a.json"
    path.write_bytes(b"old")
    opened = path.open("rb")  # closed by another thread, as a scanner would
    threading.Timer(0.1, opened.close).start()

    files.replace(path, b"new")

    assert path.read_bytes() == b"new"


def test_clear_names_a_file_that_is_open(emulate, windows):
    emulate()
    dta.load_leadflow(DAY, progress=False)
    entry = leadflow_source(current()).entry
    path = next(entry.data.iterdir())

    with path.open("rb"), pytest.raises(CacheError, match="open"):
        dta.cache.clear()
    assert dta.cache.clear() == 1 or not path.exists()


def test_a_file_for_an_ad_platform_is_written(service, tmp_path, system):
    """Durably, which Windows does only for files that are open for writing; LF ends each line."""
    both = dta.join_calls(dta.load_leadflow(DAY, progress=False), dta.load_bids(DAY, progress=False))

    done = both.calls.to_google_ads(tmp_path / "google.csv", conversion_name="Call", now="2026-10-06")

    content = done.path.read_bytes()
    assert content.count(b"\n") == len(done.written) + 2
    assert b"\r" not in content


def test_the_limiters_log_keeps_its_slots(tmp_path, windows):
    """An hour of slots would be moved by one byte at each line feed in them."""
    path = tmp_path / "requests.log"
    for _ in range(3):
        log = Limiter(200, path)
        with log.slot(threading.Event()):
            pass

    assert Limiter(200, path).left() == 197
    assert path.stat().st_size == 200 * 8


EVERYTHING = """
import tempfile
import dtanalytics as dta
from dtanalytics.settings import current
with dta.demo(), tempfile.TemporaryDirectory() as folder:
    calls = dta.load_leadflow("2026-10-05", "2026-10-08", progress=False)
    bids = dta.load_bids("2026-10-05", "2026-10-08", progress=False)
    both = dta.join_calls(calls, bids)
    both.calls.to_google_ads(folder + "/g.csv", conversion_name="Call")
    both.calls.to_microsoft_ads(folder + "/m.csv", conversion_name="Call")
    dta.publish("leadflow", "2026-10-05", "2026-10-08", url=folder)
    dta.scan("leadflow", "2026-10-05", source=folder).rollup("affiliate", "margin")
    dta.cache.verify(), dta.cache.info(), dta.cache.compact(), dta.cache.clear()
print("clean")
"""


def test_no_file_is_opened_in_the_encoding_of_the_machine():
    """A load, a scan, files for ad platforms, and the administration of the cache, on a machine that warns."""
    command = [
        sys.executable,
        "-X",
        "warn_default_encoding",
        "-W",
        "error::EncodingWarning",
        "-c",
        EVERYTHING,
    ]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)

    assert (done.returncode, done.stdout.strip()) == (0, "clean"), done.stderr[-2000:]


def test_every_module_says_which_encoding_it_means():
    """Text is read and written as UTF-8 by name; ``open`` in text mode would take the machine's."""
    import ast

    package = Path(dta.__file__).parent
    unclear = []
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            said = {keyword.arg for keyword in node.keywords}
            mode = next(
                (
                    arg.value
                    for arg in node.args[:2]
                    if isinstance(arg, ast.Constant) and "b" in str(arg.value)
                ),
                "",
            )
            if (
                name in {"read_text", "write_text"}
                and "encoding" not in said
                and len(node.args) < 1 + (name == "write_text")
            ):
                unclear.append(f"{path.name}:{node.lineno}")
            if name == "open" and isinstance(node.func, ast.Name) and "encoding" not in said and not mode:
                unclear.append(f"{path.name}:{node.lineno}")
    assert unclear == []
