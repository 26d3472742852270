"""Another platform's calls as a frame with LeadFlow's columns."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from dtanalytics.calling.public import public
from dtanalytics.decode.drift import MOST_TOLD, named
from dtanalytics.duplicates import mark
from dtanalytics.errors import PlatformWarning, SchemaDriftWarning, SchemaError, warn_caller
from dtanalytics.frames import to_pandas
from dtanalytics.platforms.catalog import PLATFORMS, platform_of
from dtanalytics.platforms.delimited import Laid, laid_out, read_delimited
from dtanalytics.platforms.mapping import Platform
from dtanalytics.platforms.parts import Part, parts
from dtanalytics.platforms.raw import Raw, checked_names
from dtanalytics.platforms.records import read_records
from dtanalytics.platforms.sheets import read_sheet
from dtanalytics.platforms.typed import Reading, Typed, in_order, typed
from dtanalytics.schema import PLATFORM_REPORTS, Report
from dtanalytics.texts.amounts import DecimalMark

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


@public
def read_calls(
    path: Paths,
    platform: str | None = None,
    names: Mapping[Any, str] | None = None,
    timezone: str | None = None,
    *,
    decimal: DecimalMark | None = None,
    dayfirst: bool | None = None,
    sheet: str | int | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    money: Literal["float", "decimal"] = "float",
) -> pd.DataFrame:
    """Read another platform's calls, saved answers or exports, into LeadFlow's table.

    Parameters
    ----------
    path : path, or list of paths
        Saved answers (JSON, JSON lines) or exports (delimited text in any encoding, XLSX, XLS, XLSB, ODS),
        packed (gz, zip) or not; or a folder of such files, read in the order of their names.
    platform : {"invoca", "ringba", "retreaver", "callrail", "dialogtech"}, optional
        Whose calls. By default each file's columns tell.
    names : mapping, optional
        Column of the files -> our name for it, before the platform's own: ``{"Deal Value": "offer_price"}``.
        Case, spaces and marks do not matter.
    timezone : str, optional
        Zone of times that have no offset, such as ``"America/Chicago"``. Without it they are read as
        Eastern, with a `PlatformWarning`, unless the header of the column names a zone.
    decimal : {".", ","}, optional
        What stands before the decimals. By default the amounts of each column tell.
    dayfirst : bool, optional
        Whether 05/10/2026 is 5 October. By default the dates of all files together tell.
    sheet, encoding, delimiter
        As in `read_ledger`.
    money : {"float", "decimal"}
        ``float64``, or ``decimal.Decimal`` objects [currency].

    Returns
    -------
    pandas.DataFrame
        One row a call, sorted by ``call_date``, then ``sid``; the columns of ``dta.fields("invoca")``, the
        same for every platform: LeadFlow's, then ``platform`` (category), then what the platform knows of
        the click. What a platform does not say is null. Columns that no mapping knows, and values that
        cannot be read, are kept as JSON text in ``extra``. Of a call that stands in several files the
        last is kept; corrections (Invoca) replace what they correct.

    Raises
    ------
    InputError
        There is no such file, or it holds no calls; a value may be read in two ways: the message says
        which argument decides; identifiers were rounded by a spreadsheet.
    SchemaError
        The columns tell no platform, or lack the key or the time of a call; the message lists them.
    ApiError
        A saved answer says that it failed or is not everything.

    Notes
    -----
    Prices of DialogTech are what a side pays *if* the call qualifies. Other platforms say what was paid:
    0 or null where the call did not qualify. ``offer_qualified`` and ``affiliate_qualified`` are read or,
    from Invoca, follow from the amounts; null is not false.

    Examples
    --------
    >>> import json, tempfile
    >>> from pathlib import Path
    >>> call = {"inboundCallId": "RGB1", "callDt": 1791209580000, "buyer": "Acme", "hasConverted": True,
    ...         "conversionAmount": 35.5, "hasConnected": True}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     answer = Path(folder, "ringba.json")
    ...     _ = answer.write_text(json.dumps({"report": {"records": [call]}}), "utf-8")
    ...     calls = read_calls(answer)
    >>> calls[["sid", "platform", "advertiser", "lead_status", "offer_price"]]
        sid platform advertiser lead_status  offer_price
    0  RGB1   ringba       Acme   Connected         35.5
    """
    how = Reading(timezone, decimal, dayfirst, sheet, encoding, delimiter)
    found = read_typed(path, platform, names, how)
    report = PLATFORM_REPORTS["dialogtech"]
    if len(found) == 1:
        return mark(to_pandas(found[0].table, report, money=money))
    plain = [one.table.replace_schema_metadata(None).cast(_bare(report)) for one in found]
    return mark(to_pandas(in_order(pa.concat_tables(plain)), report, money=money))


def _bare(report: Report) -> pa.Schema:
    """Types of a table, without what is noted of them."""
    return pa.schema([pa.field(field.name, field.type) for field in report.schema])


def read_typed(path: Any, platform: str | None, names: Mapping[Any, str] | None, how: Reading) -> list[Typed]:
    """Read files, and tell once what they hold that the mappings do not expect; a result a platform."""
    one = None if platform is None else platform_of(platform)
    asked = checked_names(names, PLATFORM_REPORTS["dialogtech"].columns)
    by_platform: dict[str, list[Raw]] = {}
    seen: list[str] = []
    for raw in _raws(_noted(parts(path), seen), one, asked, how):
        by_platform.setdefault(raw.platform.name, []).append(raw)
    if not by_platform:
        raise SchemaError(
            f"{seen[0]} holds no calls, and nothing that tells the platform: say which, platform= one of "
            f"{', '.join(PLATFORMS)}"
        )
    unknown: Counter[str] = Counter()
    unreadable: Counter[str] = Counter()
    notes: list[str] = []
    made = []
    for name in [name for name in PLATFORMS if name in by_platform]:
        raws = by_platform.pop(name)
        for raw in raws:
            unknown.update(raw.unknown)
        made.append(typed(raws, how))
        unreadable += made[-1].unreadable
        notes += [f"{PLATFORMS[name].title}: {note}" for note in made[-1].notes]
    _warn(unknown, unreadable)
    for note in notes:
        warn_caller(note, PlatformWarning)
    return made


def _noted(found: Iterable[Part], seen: list[str]) -> Iterator[Part]:
    for part in found:
        seen.append(part.name)
        yield part


def _raws(
    found: Iterable[Part], platform: Platform | None, names: Mapping[str, str], how: Reading
) -> Iterator[Raw]:
    """What each file holds, in order; delimited files of one layout at once."""
    waiting: list[Laid] = []
    for part in found:
        laid = None
        if part.kind == "text":
            laid = laid_out(part, platform, names, how.delimiter, how.encoding)
        if waiting and (laid is None or not laid.goes_with(waiting[0])):
            yield read_delimited(waiting, names)
            waiting = []
        if laid is not None:
            waiting.append(laid)
            if part.is_passing:
                yield read_delimited(waiting, names)
                waiting = []
        elif part.kind == "json":
            yield from read_records(part, platform, names)
        else:
            yield read_sheet(part, platform, names, how.sheet)
    if waiting:
        yield read_delimited(waiting, names)


def _warn(unknown: Mapping[str, int], unreadable: Mapping[str, int]) -> None:
    """Warn once of columns that no mapping knows, and of values that are not of their kind."""
    told = [f"unknown column {named(key)} ({count:,} calls)" for key, count in sorted(unknown.items())]
    told = [
        *[
            f"unreadable values in {named(key)} ({count:,} calls)"
            for key, count in sorted(unreadable.items())
        ],
        *told,
    ]
    if told:
        more = f"; and {len(told) - MOST_TOLD:,} more" if len(told) > MOST_TOLD else ""
        warn_caller(
            f"The files hold what the mapping does not expect: {'; '.join(told[:MOST_TOLD])}{more}. It is "
            "kept as JSON text in the column 'extra'; names= says which column of ours a column fills.",
            SchemaDriftWarning,
        )
