"""What an export hands back: the file, what went into it, what did not and why."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from dtanalytics.money import SCALE


@dataclass(frozen=True, repr=False)
class Export:
    """The outcome of one export, preflight included.

    Attributes
    ----------
    path : pathlib.Path
        The file, in place and complete; it has a header even when no call went into it.
    written : pandas.DataFrame
        The calls in the file, in its order.
    refused : pandas.DataFrame
        The calls that the platform would refuse or ignore: ``sid, error, remedy, value`` (money at
        stake [currency], null when unknown) and ``also``, the other rules that the call breaks.
    currency : str
        Currency of all values.
    notes : tuple of str
        What else a reader has to know.

    Examples
    --------
    >>> refused = pd.DataFrame(
    ...     {"sid": ["1"], "error": ["NO_CLICK_ID"], "remedy": ["auto-tag"], "value": [2.5]})
    >>> done = Export(Path("a.csv"), pd.DataFrame({"sid": ["2"], "value": [8.0]}), refused, "USD")
    >>> done.summary()["error"].tolist()
    ['written', 'NO_CLICK_ID']
    """

    path: Path
    written: pd.DataFrame
    refused: pd.DataFrame
    currency: str
    notes: tuple[str, ...] = field(default=())

    def summary(self) -> pd.DataFrame:
        """Count the calls and the money by outcome.

        Returns
        -------
        pandas.DataFrame
            ``error`` (the first row, ``written``, is the file), ``call_count``, ``value``
            [currency] and ``remedy``; the costliest error first.
        """
        refused = self.refused.assign(units=(self.refused["value"] * SCALE).round())
        groups = refused.groupby(["error", "remedy"], as_index=False, sort=False, observed=True)
        table = groups.agg(call_count=("sid", "size"), units=("units", "sum"))
        table = table.sort_values(["units", "call_count"], ascending=False, key=abs)
        units = [(self.written["value"] * SCALE).round().sum(), *table["units"]]
        return pd.DataFrame(
            {
                "error": pd.Series(["written", *table["error"]], dtype="str"),
                "call_count": pd.Series([len(self.written), *table["call_count"]], dtype="int64"),
                "value": pd.Series(units, dtype="float64") / SCALE,
                "remedy": pd.Series(["", *table["remedy"]], dtype="str"),
            }
        )

    def __repr__(self) -> str:
        """Print the preflight as plain text."""
        lines = [f"{self.path}: {len(self.written)} calls written, {len(self.refused)} listed"]
        table = self.summary()
        rows = zip(table["call_count"], table["value"], table["error"], table["remedy"], strict=True)
        lines += [
            f"  {count:>7} {value:>14,.2f} {self.currency}  {error}{f': {remedy}' if remedy else ''}"
            for count, value, error, remedy in rows
        ]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        table = self.summary().rename(columns={"value": f"value [{self.currency}]"})
        rows = table.to_html(index=False, escape=True, float_format=lambda amount: f"{amount:,.2f}", border=0)
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        return f"<p><code>{html.escape(str(self.path))}</code></p>{rows}<ul>{notes}</ul>"
