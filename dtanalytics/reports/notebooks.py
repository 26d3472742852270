"""Which notebooks are reports, and which parameters they take."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dtanalytics.calling.public import public
from dtanalytics.errors import ConfigError, InputError, nearest
from dtanalytics.texts.instants import written
from dtanalytics.texts.paths import expand
from dtanalytics.window import parse_window

_PACKAGE = Path(__file__).parents[1]
_HOMES = (_PACKAGE / "notebooks", _PACKAGE.parent / "notebooks")  # installed, or a checkout

NOT_INSTALLED = "reports need Jupyter: pip install 'dtanalytics[notebook]'"


@public
def names() -> dict[str, Path]:
    """List the reports that there are.

    Returns
    -------
    dict of str to Path
        Name -> notebook, in the order of their numbers.

    Examples
    --------
    >>> list(names())[:2]
    ['start_here', 'margin']
    """
    home = next((folder for folder in _HOMES if folder.is_dir()), None)
    notebooks = sorted(home.glob("[0-9][0-9]_*.ipynb")) if home else []
    return {path.stem[3:]: path for path in notebooks}


@public
def declared(name: str) -> dict[str, str]:
    """List the parameters of a report.

    Parameters
    ----------
    name : str
        As for `write`.

    Returns
    -------
    dict of str to str
        Name -> default, as the notebook's cell tagged ``parameters`` writes it; empty without such a cell.

    Raises
    ------
    InputError
        When there is no such report.
    ConfigError
        When the extra ``notebook`` is not installed.

    Examples
    --------
    >>> from importlib.util import find_spec
    >>> find_spec("papermill") is None or declared("margin")["window"] == '"2026-10"'
    True
    """
    return _declared(find(name)) or {}


def fitted(source: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give a window the form that a notebook keeps it in: a text, a pair, or the parameters start and end."""
    if not isinstance(given.get("window"), str):
        return dict(given)
    known = _declared(source) or {}
    split = "window" not in known and {"start", "end"} <= set(known)
    kind = _pair_of(known.get("window", ""))
    if not split and kind is None:
        return dict(given)
    window = parse_window(given["window"])
    start, end = written(window.start), written(window.end)
    if kind is not None:
        return {**given, "window": kind((start, end))}
    others = {name: value for name, value in given.items() if name != "window"}
    return {"start": start, "end": end, **others}


def _pair_of(default: str) -> type[tuple[Any, ...] | list[Any]] | None:
    """Tell whether the code of a default is a tuple or a list of two."""
    try:
        found = ast.parse(default.strip(), mode="eval").body
    except SyntaxError:
        return None
    if not isinstance(found, ast.Tuple | ast.List) or len(found.elts) != 2:
        return None
    return tuple if isinstance(found, ast.Tuple) else list


def check(source: Path, given: Mapping[str, Any]) -> None:
    """Refuse parameters that the notebook would not see, or would overwrite."""
    known = _declared(source) if given else {}
    if known is None:
        raise InputError(
            f"{source.name} has no cell tagged 'parameters' and would keep its own {', '.join(given)}: put "
            "the values that may change (such as window = '2026-10') into one cell and tag it. JupyterLab: "
            "select the cell, open the property inspector (the gears at the right), add the tag 'parameters'"
        )
    for name in given:
        if name not in known:
            hint = nearest(name, known) if known else "it has none"
            raise InputError(
                f"{source.name} has no parameter {name!r} in its cell tagged 'parameters': {hint}"
            )


def _declared(source: Path) -> dict[str, str] | None:
    """Names and defaults of the first cell tagged ``parameters``; None without such a cell."""
    try:
        from papermill.translators import PythonTranslator
    except ImportError as error:
        raise ConfigError(NOT_INSTALLED) from error
    tagged = (cell for cell in opened(source).cells if "parameters" in cell.metadata.get("tags", ()))
    cell = next(tagged, None)
    return None if cell is None else {found.name: found.default for found in PythonTranslator.inspect(cell)}


def find(name: str) -> Path:
    """Path of a report by its name, or of a notebook of one's own."""
    known = names()
    if name in known:
        return known[name]
    path = expand(name, "the report")
    if path.suffix == ".ipynb" or {"/", "\\"} & set(name):
        if not path.is_file():
            raise InputError(f"{name}: there is no such file")
        return path
    raise InputError(f"there is no report {name!r}: {nearest(name, known) if known else 'none is installed'}")


def opened(source: Path) -> Any:
    """Read a notebook file, in the newest version of the format."""
    try:
        import nbformat
    except ImportError as error:
        raise ConfigError(NOT_INSTALLED) from error
    try:
        notebook = nbformat.read(source, as_version=4)  # type: ignore[no-untyped-call]  # it declares no types
    except (
        nbformat.ValidationError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ):  # whatever it holds
        raise InputError(f"{source.name} is no Jupyter notebook: it does not hold cells as JSON") from None
    return nbformat.v4.upgrade(notebook, from_minor=notebook.nbformat_minor)  # type: ignore[no-untyped-call]
