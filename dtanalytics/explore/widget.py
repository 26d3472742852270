"""The board's page: an anywidget whose script is part of the package, so that nothing comes from outside.

The page sends a mark and places on its axis, or a column to sort by; text from it is compared with names and
is never run.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from dtanalytics.errors import DtError, InputError
from dtanalytics.settings import current

if TYPE_CHECKING:
    from dtanalytics.explore.board import Board

_HERE = Path(__file__).parent
_logger = logging.getLogger(__name__)


class BoardWidget(anywidget.AnyWidget):
    """Sends what is shown, and hears what is chosen."""

    _esm = _HERE / "board.js"
    _css = _HERE / "board.css"
    shown = traitlets.Dict().tag(sync=True)

    def __init__(self, board: Board) -> None:
        self._board = board
        self._asked = 0
        super().__init__(shown=self._now())
        self.on_msg(self._hear)

    def _now(self, error: str = "") -> dict[str, Any]:
        return {
            **self._board.page(),
            "currency": current().currency,
            "locale": f"{current().numerals.tag}-u-nu-latn",
            "error": error,
            "asked": self._asked,
        }

    def tell(self, error: str = "") -> None:
        """Send what is shown now."""
        self._asked += 1  # so that each answer differs from the one before, and is sent
        self.shown = self._now(error)

    def _hear(self, _: object, message: Any, __: object) -> None:
        """Do what the page asks for; what it cannot mean is said on the page."""
        try:
            self._board.hear(message)
        except DtError as error:
            self.tell(str(error))
        except Exception:
            _logger.exception("a choice on the board failed")
            self.tell("this choice could not be made; the notebook's log says why")

    def view(self) -> dict[str, Any]:
        """Return what a notebook needs to draw it."""
        bundle = self._repr_mimebundle_()
        found = bundle[0] if isinstance(bundle, tuple) else bundle
        if not found:
            raise InputError(
                "the board cannot be drawn here; board.select(...) and board.calls work all the same"
            )
        return {name: value for name, value in found.items() if "widget-view" in name}


def make(board: Board) -> BoardWidget:
    """Return the page of a board."""
    return BoardWidget(board)
