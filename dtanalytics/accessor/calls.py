"""``df.calls``: what can be asked of a frame of calls.

The accessor holds nothing but the frame. Its methods stand in `dtanalytics.accessor.methods`, a file a topic.
Each has the arguments of the function behind it, which can be called without the accessor, and imports it
when it is first asked for (a test compares the two).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import pandas as pd

from dtanalytics.accessor.methods.files import FileMethods
from dtanalytics.accessor.methods.keywords import KeywordMethods
from dtanalytics.accessor.methods.looking import LookingMethods
from dtanalytics.accessor.methods.money import MoneyMethods
from dtanalytics.accessor.methods.partners import PartnerMethods
from dtanalytics.accessor.methods.supply import SupplyMethods
from dtanalytics.accessor.methods.terms import TermMethods
from dtanalytics.accessor.plots import Plots
from dtanalytics.calling.public import public
from dtanalytics.errors import UnknownNameError


@lru_cache(maxsize=1)
def _known_columns() -> frozenset[str]:
    """Return the columns of both reports."""
    from dtanalytics.schema import REPORTS

    return frozenset(name for report in REPORTS.values() for name in report.columns)


def _is_calls(columns: Iterable[str]) -> bool:
    return not _known_columns().isdisjoint(columns)


@pd.api.extensions.register_dataframe_accessor("calls")
class CallsAccessor(
    MoneyMethods, SupplyMethods, PartnerMethods, TermMethods, KeywordMethods, LookingMethods, FileMethods
):
    """What an expert asks of calls, as methods of their frame.

    Raises
    ------
    AttributeError
        The frame does not hold calls at all. A frame of calls that lacks a column which a method
        needs raises `SchemaError` from that method, naming the column.

    Examples
    --------
    >>> df = pd.DataFrame({"affiliate": ["North", "South", "North"], "lead_status": "Connected"})
    >>> df.calls.rollup("affiliate", "connected_count")
      affiliate  connected_count
    0     North                2
    1     South                1
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        if not _is_calls(frame.columns):
            remedy = (
                "Its columns have names of ours in another case: frame.rename(columns=str.lower)."
                if _is_calls([str(name).lower() for name in frame.columns])
                else "Load calls with load_leadflow() or load_bids()."
            )
            raise UnknownNameError(
                "this frame does not hold calls: it has no column of either report (see dta.fields()). "
                + remedy
            )
        super().__init__(frame)

    @property
    def plot(self) -> Plots:
        """Pictures of the tables above: ``df.calls.plot.margin("affiliate")``."""
        return Plots(self, self._frame)

    def __repr__(self) -> str:
        """Say the same as text."""
        from dtanalytics.accessor.summary import summary

        return "\n".join(f"{topic:<8} {text}" for topic, text in summary(self._frame).items())

    def _repr_html_(self) -> str:
        """What is in the frame and what to ask of it, for notebooks."""
        from dtanalytics.accessor.summary import summary_html

        return summary_html(self._frame)


@public
def calls(frame: pd.DataFrame) -> CallsAccessor:
    """Return ``frame.calls`` with a type that editors and type checkers know.

    Examples
    --------
    >>> df = pd.DataFrame({"lead_status": ["Connected", "No Buyer"]})
    >>> calls(df).rollup(None, ["call_count", "connected_count"])
       call_count  connected_count
    0           2                1
    """
    return CallsAccessor(frame)
