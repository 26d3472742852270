"""Columns that others made, read as what a call report means by them, whatever their dtype.

Every function takes one pandas Series of any dtype (object, str, category, nullable, Arrow, Decimal,
timedelta, bool, numpy) and returns plain values, or raises a `SchemaError` that says what the column
holds. Empty text is null, as in the vendor's records. A column that is as the loader makes it is
recognised by its dtype and handed back without being looked through.
"""

from dtanalytics.columns.amounts import exact, money, numbers
from dtanalytics.columns.booleans import flags
from dtanalytics.columns.kinds import Values
from dtanalytics.columns.labels import ids, names, text
from dtanalytics.columns.moments import days, times, wall_clock
from dtanalytics.columns.quantities import counts, seconds

__all__ = [
    "Values",
    "counts",
    "days",
    "exact",
    "flags",
    "ids",
    "money",
    "names",
    "numbers",
    "seconds",
    "text",
    "times",
    "wall_clock",
]
