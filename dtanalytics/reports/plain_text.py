"""A table of texts as lines of text: columns that do not fit beside the first one follow below."""

from __future__ import annotations

import shutil
import sys
import textwrap

import pandas as pd

_NOTEBOOK = 110  # characters that a cell's output holds on a common screen
_CUT = "\N{HORIZONTAL ELLIPSIS}"


def terminal_width() -> int | None:
    """Return how many characters a printed line may have; None where it goes to a file or another program."""
    if sys.stdout is None:
        return None
    if "ipykernel" in sys.modules and hasattr(sys.stdout, "session"):
        return _NOTEBOOK
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def as_text(cells: pd.DataFrame, width: int | None) -> str:
    """Write a table of texts.

    Parameters
    ----------
    cells : DataFrame
        Texts only.
    width : int or None
        Most characters of a line; None for no limit. Columns beyond it are written below the others, with
        the first column again before them. A cell longer than half a line is cut.

    Returns
    -------
    str
        Lines; each as long as `width` at most, unless the first column and one other need more.

    Examples
    --------
    >>> cells = pd.DataFrame({"affiliate": ["North", "South"], "calls": ["12", "7"], "margin": ["$9", "$4"]})
    >>> print(as_text(cells, 18))
    affiliate calls
        North    12
        South     7
    <BLANKLINE>
    affiliate margin
        North     $9
        South     $4
    """
    if cells.empty:
        names = textwrap.fill(", ".join(map(str, cells.columns)), width or _NOTEBOOK)
        return f"no rows; columns: {names}" if names else "no rows"
    if width is None:
        return cells.to_string(index=False)
    most = max(width // 2, 2)
    cells = cells.map(lambda cell: cell if len(cell) <= most else cell[: most - 1] + _CUT)
    first, *others = (
        max([len(name), *cells.iloc[:, at].str.len()]) for at, name in enumerate(map(str, cells.columns))
    )
    blocks, used = [[0]], first
    for at, needed in enumerate(others, start=1):
        if used + 1 + needed > width and len(blocks[-1]) > 1:
            blocks.append([0])
            used = first
        blocks[-1].append(at)
        used += 1 + needed
    return "\n\n".join(cells.iloc[:, block].to_string(index=False) for block in blocks)
