"""Read a large export of Invoca: against DuckDB's own reader with the same casts, and in many files."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.bench.harness import Bench

ROWS = 1_000_000
FILES = 100
COLUMNS = {
    "transaction_id": "'T' || lpad(i::VARCHAR, 8, '0')",
    "complete_call_id": "'0142-' || lpad(i::VARCHAR, 10, '0')",
    "start_time_utc": "(1790827200000 + i * 2000)::VARCHAR",
    "advertiser_campaign_name": "'Campaign ' || (i % 20)",
    "affiliate_name": "'Affiliate ' || (i % 50)",
    "advertiser_name": "'Advertiser ' || (i % 30)",
    "destination_phone_number": "'800-555-' || lpad((i % 90)::VARCHAR, 4, '0')",
    "calling_phone_number": "'212-' || (200 + i % 700) || '-' || lpad((i % 10000)::VARCHAR, 4, '0')",
    "hangup_cause": "'Caller: Hang-up'",
    "advertiser_payin_localized": "printf('%.2f', (i % 3000) / 100.0)",
    "affiliate_payout_localized": "printf('%.2f', (i % 2000) / 100.0)",
    "duration": "i % 900",
    "connect_duration": "i % 800",
    "repeat_calling_phone_number": "i % 2",
    "verified_zip": "lpad((i % 99999)::VARCHAR, 5, '0')",
    "region": "'NY'",
    "recording": "'https://rec.example/' || i",
    "gclid": "'Cj0KC' || md5(i::VARCHAR)",
    "dynamic_number_pool_referrer_search_keywords": "'kw ' || (i % 3000)",
}
CASTS = {
    "start_time_utc": "make_timestamptz(start_time_utc::BIGINT * 1000)",
    "advertiser_payin_localized": "advertiser_payin_localized::DECIMAL(18, 4)",
    "affiliate_payout_localized": "affiliate_payout_localized::DECIMAL(18, 4)",
    "duration": "duration::INTEGER",
    "connect_duration": "connect_duration::INTEGER",
    "repeat_calling_phone_number": "repeat_calling_phone_number::BOOLEAN",
}


def write(folder: Path, files: int) -> None:
    """Write the same rows into one file or into several."""
    import duckdb

    chosen = ", ".join(f"{value} AS {name}" for name, value in COLUMNS.items())
    size = ROWS // files
    for at in range(files):
        rows = f"range({at * size}, {(at + 1) * size}) t(i)"
        target = folder / f"{at:04d}.csv"
        duckdb.sql(f"COPY (SELECT {chosen} FROM {rows}) TO '{target}' (HEADER)")  # noqa: S608


def run(bench: Bench) -> None:
    """Compare times of one file, and the memory of one and of many."""
    name = "read_calls, 1 M rows of Invoca, against read_csv with casts"
    if not bench.wants(name):
        return
    import duckdb

    import dtanalytics as dta

    with tempfile.TemporaryDirectory() as place:
        folders = {files: Path(place, str(files)) for files in (1, FILES)}
        for files, folder in folders.items():
            folder.mkdir()
            write(folder, files)
        chosen = ", ".join(CASTS.get(column, column) for column in COLUMNS)
        query = f"SELECT {chosen} FROM read_csv('{folders[1] / '0000.csv'}', all_varchar=true)"  # noqa: S608
        variants = {
            "ours": lambda: dta.read_calls(folders[1], "invoca"),
            "duckdb": lambda: duckdb.sql(query).df(),
        }
        bench.compare(name, variants, rounds=3, target=1.5, higher_is_better=False)
        many = {
            "ours": lambda: dta.read_calls(folders[FILES], "invoca"),
            "one file": lambda: dta.read_calls(folders[1], "invoca"),
        }
        bench.compare(
            f"read_calls, {FILES} files against one", many, rounds=3, target=1.5, higher_is_better=False
        )
