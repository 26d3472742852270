"""Wall clock to instant, both odd nights of a year included, and back to the wall clock sent."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.schema import TIMEZONE, Report

_HOUR = pa.scalar(3_600_000_000, pa.duration("us"))


def resolve(wall: pa.Array, zone: str = TIMEZONE) -> tuple[pa.Array, pa.Array]:
    """Give a wall clock its instant, and say where the clock alone does not decide it.

    Parameters
    ----------
    wall : pyarrow.Array of timestamp[us]
        Wall clock without a zone.
    zone : str
        Zone of the clock on that wall.

    Returns
    -------
    instants : pyarrow.Array of timestamp[us, America/New_York]
        A time that occurs twice is the first of the two; one that never occurs is one hour later
        (02:30 becomes 03:30 daylight time), as a clock that nobody put forward would have it.
    ambiguous : pyarrow.Array of bool
        True for both kinds; null where the time is.
    """
    kind = pa.timestamp("us", tz=TIMEZONE)
    try:
        instants = pc.assume_timezone(wall, zone, ambiguous="raise", nonexistent="raise")
    except pa.ArrowInvalid:
        pass
    else:
        return instants.cast(kind), pc.not_equal(wall, wall)
    first = pc.assume_timezone(wall, zone, ambiguous="earliest", nonexistent="earliest")
    last = pc.assume_timezone(wall, zone, ambiguous="latest", nonexistent="latest")
    never = pc.not_equal(pc.local_timestamp(first), wall)
    later = pc.assume_timezone(
        pc.if_else(never, pc.add(wall, _HOUR), wall), zone, ambiguous="earliest", nonexistent="latest"
    )
    return pc.if_else(never, later, first).cast(kind), pc.not_equal(first, last)


def wall_clock(table: pa.Table, report: Report, zone: str = TIMEZONE) -> pa.ChunkedArray:
    """Return the wall clock as the vendor sent it, from the resolved time and its flag.

    Parameters
    ----------
    table : pyarrow.Table
        Calls of the report.
    report : Report
        Says which column is the time and which its flag.
    zone : str
        Zone in which the service speaks.

    Returns
    -------
    pyarrow.ChunkedArray of timestamp[us]
        A flagged time that stands one hour after a gap was sent one hour earlier; every other time
        is its own wall clock.
    """
    local = pc.local_timestamp(table[report.time].cast(pa.timestamp("us", tz=zone)))
    earlier = pc.subtract(local, _HOUR)
    probe = pc.assume_timezone(earlier, zone, ambiguous="earliest", nonexistent="earliest")
    never = pc.not_equal(pc.local_timestamp(probe), earlier)
    return pc.if_else(pc.and_(table[report.ambiguous], never), earlier, local)
