"""DialogTech's LeadFlow and Bid Management calls in pandas: complete, cached, exact to the cent.

``load_*`` return typed frames, ``df.calls`` asks what an expert asks of them. Names below are
imported on first use, so that importing the package costs what importing pandas costs.
"""

from __future__ import annotations

import importlib
import logging
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from dtanalytics import accessor as _accessor  # registers df.calls
from dtanalytics.accessor import calls

if TYPE_CHECKING:
    from dtanalytics import cache, errors, exports
    from dtanalytics.analysis.matching.concat import concat
    from dtanalytics.analysis.matching.join import join_calls
    from dtanalytics.analysis.matching.match import match_report
    from dtanalytics.analysis.matching.overlap import overlap
    from dtanalytics.analysis.money.restatements import restatements
    from dtanalytics.demo import demo
    from dtanalytics.explore import explore, show
    from dtanalytics.ledgers import read_ledger
    from dtanalytics.loading.direct import count_bids, get_bid_call, get_leadflow_call
    from dtanalytics.loading.imported import load_calls
    from dtanalytics.loading.loaders import load_bids, load_leadflow
    from dtanalytics.loading.saved import read_bids, read_leadflow
    from dtanalytics.metrics.dictionary import metric, metrics
    from dtanalytics.platforms import import_calls, read_calls
    from dtanalytics.rollup import rollup
    from dtanalytics.scan.opening import scan
    from dtanalytics.scan.publishing import publish
    from dtanalytics.schema import fields
    from dtanalytics.statements.listing import issued_statement, statements
    from dtanalytics.statements.statement import statement

__version__ = "0.1.0"

_HOMES = {
    # loading
    "load_leadflow": "loading.loaders",
    "load_bids": "loading.loaders",
    "get_leadflow_call": "loading.direct",
    "get_bid_call": "loading.direct",
    "count_bids": "loading.direct",
    "read_leadflow": "loading.saved",
    "read_bids": "loading.saved",
    "read_ledger": "ledgers",
    "read_calls": "platforms",
    "import_calls": "platforms",
    "load_calls": "loading.imported",
    "scan": "scan.opening",
    "publish": "scan.publishing",
    "cache": "",
    # asking
    "rollup": "rollup",
    "explore": "explore",
    "show": "explore",
    "concat": "analysis.matching.concat",
    "join_calls": "analysis.matching.join",
    "match_report": "analysis.matching.match",
    "overlap": "analysis.matching.overlap",
    "restatements": "analysis.money.restatements",
    "statement": "statements.statement",
    "statements": "statements",
    "issued_statement": "statements",
    # dictionaries
    "metric": "metrics.dictionary",
    "metrics": "metrics.dictionary",
    "fields": "schema",
    # handing on, trying out, failing
    "exports": "",
    "demo": "demo",
    "errors": "",
}
__all__ = [
    "__version__",
    "cache",
    "calls",
    "concat",
    "count_bids",
    "demo",
    "errors",
    "explore",
    "exports",
    "fields",
    "get_bid_call",
    "get_leadflow_call",
    "import_calls",
    "issued_statement",
    "join_calls",
    "load_bids",
    "load_calls",
    "load_leadflow",
    "match_report",
    "metric",
    "metrics",
    "overlap",
    "publish",
    "read_bids",
    "read_calls",
    "read_leadflow",
    "read_ledger",
    "restatements",
    "rollup",
    "scan",
    "show",
    "statement",
    "statements",
]

logging.getLogger(__name__).addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    """Import a public name on its first use."""
    if name == "doctor":  # what the command `dtanalytics doctor` says, for notebooks
        return importlib.import_module(f"{__name__}.cli.doctor")
    home = _HOMES.get(name)
    if home is None and name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if home is None:
        from dtanalytics.errors import UnknownNameError, nearest

        raise UnknownNameError(f"dtanalytics has no {name!r}; {nearest(name, __all__)}")
    if not home:
        return importlib.import_module(f"{__name__}.{name}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not, and the module's own (``__doc__``, ...)."""
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})


def load_ipython_extension(shell: Any) -> None:
    """Complete names of columns inside the quotes of ``calls.calls.margin("``: ``%load_ext dtanalytics``."""
    from dtanalytics.accessor.completion import register

    register(shell)


class _Package(ModuleType):
    """The package, whose ``rollup`` is the function, also after ``dtanalytics.rollup`` was imported."""

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(value, ModuleType) and _HOMES.get(name, "").partition(".")[0] == name:
            value = getattr(value, name)  # Python binds a submodule to its package when it is imported
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
