"""Saved answers to typed columns, and a live page."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import json
import random
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from dtanalytics.decode import decode_page
from dtanalytics.decode.saved import iter_saved
from dtanalytics.schema import BIDS, TIMEZONE, Field
from tests.bench.harness import Bench

FLAT = """
import pathlib
from dtanalytics.decode import iter_tables
from dtanalytics.schema import BIDS
files = sorted(pathlib.Path({folder!r}).glob("*.json"))[:{count}]
rows = sum(part.table.num_rows for part in iter_tables((file.read_bytes() for file in files), BIDS))
assert rows == {count} * 250
"""
PAGE = 250
ROWS = 200_000


def record(draw: random.Random, number: int) -> dict[str, Any]:
    """One call as Bid Management v2 prints it: 52 keys, about 1.5 kB."""
    start = datetime(2026, 10, 1) + timedelta(seconds=draw.randrange(25 * 86_400))
    minutes = draw.randrange(200) / 10
    keyword = draw.randrange(500)
    click = (
        "Cj0KCQ" + "".join(draw.choices("abcdefghABCDEFGH0123456789_-", k=48))
        if draw.random() < 0.6
        else None
    )
    page = f"https://www.example.com/landing/{keyword % 50}?utm_source=google" + (
        f"&gclid={click}" if click else ""
    )
    clock, fraction = "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.0"
    sent = {
        "acct_id": "12345", "smart_minutes": f"{keyword % 30 / 10:.1f}", "date_added": f"{start:{clock}}", "talk_minutes": f"{minutes:.1f}",
        "talk_start": f"{start:{fraction}}", "talk_end": f"{start + timedelta(minutes=minutes):{fraction}}", "dnis": "8005550100",
        "ani": f"{draw.randrange(2 * 10**9, 10**10)}", "first_name": draw.choice(["Ana", "José", "Li", "", None]), "last_name": "O'Neil",
        "street_address": f"{keyword} Main St", "city": "Boston", "state": draw.choice(["MA", "TX", "NV"]), "zipcode": f"{keyword:05d}",
        "call_logging_id": f"{number}", "sid": f"{number:018d}", "rank": draw.randrange(1, 6), "search_term": f"plumber near {keyword}",
        "incoming_keyword": f"kw{keyword}", "activity_type_id": keyword % 9, "url_tag": f"gclid={click}" if click else "", "baseuri": page, "last_touch": page,
        "last_touch_timestamp": f"{start:{clock}}", "referrer": "google.com", "ip_address": "192.0.2.1", "displayed_timestamp": f"{start:{clock}}",
        "phone_number": "8005550100", "super_id": f"{number * 7}", "pool_id": keyword * 20, "domain_set_id": keyword * 2, "activity_keyword": "gclid=*",
        "phone_label": f"label {keyword % 40}", "vt_keyword": f"+plumber +{keyword}", "vt_matchtype": draw.choice("epb"), "vt_network": draw.choice("gsd"),
        "vt_device": draw.choice("mtc"), "vt_creative": f"{10**11 + keyword}", "vt_random": f"{draw.randrange(10**9)}", "vt_adposition": "1t1",
        "adwords_account_id": "123-456-7890", "adwords_campaign_id": f"{10**9 + keyword % 20}", "adwords_adgroup_id": f"{10**10 + keyword % 100}",
        "adwords_keyword_id": f"{10**11 + keyword}", "channel": draw.choice(["SourceTrak", "Call Extension"]),
    }  # fmt: skip
    return {key: sent.get(key) for key in ("call_logging_id", "phone_number", *BIDS.wire())}


def write_answers(folder: Path, rows: int) -> list[bytes]:
    """Save answers of 250 records each, as the service prints them."""
    draw = random.Random(7)
    for page in range(rows // PAGE):
        records = [record(draw, page * PAGE + line) for line in range(PAGE)]
        text = json.dumps(records, separators=(",", ":"), ensure_ascii=False)
        (folder / f"{page:05d}.json").write_text(text, encoding="utf-8")
    return [file.read_bytes() for file in sorted(folder.glob("*.json"))]


def cast_sql(key: str, field: Field) -> str:
    """The cast of the schema, in DuckDB's words."""
    kinds = {
        "money": "DECIMAL(18,4)",
        "minutes": "DECIMAL(10,2)",
        "int8": "TINYINT",
        "int32": "INTEGER",
        "int64": "BIGINT",
        "time": "TIMESTAMP",
    }
    blank = f"nullif({key}, '')"
    if field.kind == "flag":
        return f"CASE upper({blank}) WHEN 'Y' THEN true WHEN 'N' THEN false END AS {field.name}"
    return (
        f"CAST({blank} AS {kinds[field.kind]}) AS {field.name}"
        if field.kind in kinds
        else f"{blank} AS {field.name}"
    )


def by_duckdb(folder: Path) -> Callable[[], object]:
    """DuckDB's read_json with the same names and casts."""
    wire = BIDS.wire()
    names = ", ".join(f"{key}: 'VARCHAR'" for key in wire)
    casts = ", ".join(cast_sql(key, field) for key, field in wire.items())
    query = f"SELECT {casts} FROM read_json('{folder}/*.json', columns={{{names}}}, format='array')"  # noqa: S608 (our own names)
    return lambda: duckdb.sql(query).to_arrow_table()


def by_pandas(folder: Path) -> Callable[[], object]:
    """What a good script does: json, one DataFrame, astype to the same types, Eastern times included."""

    def read() -> pd.DataFrame:
        gc.enable()  # as it is for whoever runs such a script; it is off while the harness times
        records: list[dict[str, Any]] = []
        for file in sorted(folder.glob("*.json")):
            records += json.loads(file.read_bytes())
        frame = pd.DataFrame(records)
        first = np.ones(len(frame), dtype=bool)
        for field in BIDS.wire().values():
            column = frame[field.name]
            if field.kind in {"minutes", "money", "int8", "int32", "int64"}:
                frame[field.name] = pd.to_numeric(column, errors="coerce")
            elif field.kind == "time":
                times = pd.to_datetime(column, format="ISO8601").dt
                frame[field.name] = times.tz_localize(TIMEZONE, ambiguous=first, nonexistent="shift_forward")
            else:
                frame[field.name] = column.astype("str" if field.kind == "text" else "category")
        return frame

    return read


def by_polars(folder: Path) -> Callable[[], object]:
    """Polars' reader, all values as text."""
    import polars as pl

    schema = dict.fromkeys(BIDS.wire(), pl.String)
    files = sorted(folder.glob("*.json"))
    return lambda: pl.concat([pl.read_json(file, schema=schema) for file in files])


def parsers(folder: Path) -> dict[str, Callable[[], object]]:
    """Readers of JSON that stop at Python's objects (simdjson at its own): no column, no type, nothing is checked."""
    files = sorted(folder.glob("*.json"))
    found = {"msgspec": importlib.import_module("msgspec").json.decode}
    for name, attribute in (("orjson", "loads"), ("simdjson", "Parser")):
        if importlib.util.find_spec(name) is not None:
            found[name] = getattr(importlib.import_module(name), attribute)
    if "simdjson" in found:
        found["simdjson"] = found["simdjson"]().parse

    def reading(parse: Callable[[bytes], object]) -> Callable[[], object]:
        return lambda: [bool(parse(file.read_bytes())) for file in files]

    return {f"{name}, objects only": reading(parse) for name, parse in found.items()}


def ours(folder: Path) -> Callable[[], object]:
    """Every guarantee of decode, and the derived columns."""
    return lambda: pa.concat_tables(part.table for part in iter_saved(folder, BIDS))


def run(bench: Bench) -> None:
    """Compare readers on the same files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pages = write_answers(folder, ROWS)
        kilo = f"{ROWS // 1000} k saved answers to Arrow"
        variants = {"ours": ours(folder), "pandas": by_pandas(folder)}
        bench.compare(f"{kilo} against json + pandas", variants, rounds=9, target=5)
        variants = {"ours": ours(folder), "duckdb": by_duckdb(folder)}
        bench.compare(f"{kilo} against DuckDB read_json", variants, target=0.8)
        others = {"polars, text only": by_polars(folder), **parsers(folder)}
        bench.compare(f"{kilo} against readers that do less", {"ours": ours(folder), **others}, rounds=3)
        bench.compare("one page of 250 records", {"ours": lambda: decode_page(pages[0], BIDS)}, rounds=20)
        for share in (4, 1):
            count = len(pages) // share
            code = FLAT.format(folder=name, count=count)
            bench.peak_memory(
                f"{count * PAGE // 1000} k records from {count} saved answers", code, target_mb=400
            )
