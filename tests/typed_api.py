"""How editors see the package: `make lint` checks this file with mypy, and nothing runs it.

A wrong argument is an error of the type checker, which `type: ignore` says; without one, mypy would
complain of an ignore that is not needed.
"""

from __future__ import annotations

import pandas as pd

import dtanalytics as dta


def arguments_are_seen(frame: pd.DataFrame) -> None:
    """Right arguments pass, and what comes out is a frame."""
    found: pd.DataFrame = dta.calls(frame).unsold("lf_state", hours=12.0, confidence=0.9)
    dta.calls(found).plot.trend("W", by="affiliate", title="Calls")
    dta.load_leadflow("2026-10", set_id=12, columns=["sid"], offline=True)
    dta.rollup(frame, by=["affiliate"], metrics=["margin"], total=True)


def wrong_arguments_are_found(frame: pd.DataFrame) -> None:
    """A misspelt argument and one of another kind, of functions, methods and pictures."""
    dta.calls(frame).unsold(hour=12.0)  # type: ignore[call-arg]
    dta.calls(frame).unsold(hours="twelve")  # type: ignore[arg-type]
    dta.calls(frame).plot.trend("W", colour="red")  # type: ignore[call-arg]
    dta.scan("leadflow", "2026-10").rollup("offer", sorted="name")  # type: ignore[call-arg]
    dta.load_leadflow("2026-10", set="Auto")  # type: ignore[call-arg]
    dta.demo().begin()  # type: ignore[attr-defined]
