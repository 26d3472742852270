"""The cache: loaded days as Parquet files, every vintage of each day kept.

Immutable Parquet files named by their content, one a day (a month, once it is closed), and numbered
manifests. It holds telephone numbers: the folder is the user's own, mode 0700.

Examples
--------
>>> import dtanalytics as dta
>>> with dta.demo():
...     calls = dta.load_leadflow("2026-10-05")
...     dta.cache.info()[["report", "days", "rows"]].to_dict("records") == [
...         {"report": "leadflow", "days": 1, "rows": len(calls)}]
True
"""

from dtanalytics.cache.clearing import clear
from dtanalytics.cache.compacting import compact
from dtanalytics.cache.inspect import info, verify, vintages

__all__ = ["clear", "compact", "info", "verify", "vintages"]


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
