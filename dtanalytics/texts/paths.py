"""The one way in which a path from outside is read: ``~`` and variables mean what they mean in a shell."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from dtanalytics.errors import InputError

_HOME = re.compile(r"~[^/\\]*")
_VARIABLE = re.compile(r"\$(?P<plain>[A-Za-z_]\w*)|\$\{(?P<braces>[^{}]*)\}|%(?P<percent>\w+)%", re.ASCII)
_LONGEST, _LONGEST_NAME = 4095, 255
"""What Linux and macOS allow a path and each name in it [bytes]; Windows allows less."""


def expand(path: str | os.PathLike[str], what: str = "path") -> Path:
    """Read a path as it was typed, with ``~`` and the variables in it replaced.

    Every path that a user gives goes through here, so that ``~/calls`` never becomes a folder called ``~``.

    Parameters
    ----------
    path : str or path
        ``~`` and ``~name`` at the beginning, ``$NAME`` and ``${NAME}`` anywhere, and ``%NAME%`` where a
        variable has that name. A file that exists under the name as it stands is taken as it stands.
    what : str
        What a message calls it: the argument or the environment variable.

    Returns
    -------
    Path
        Relative paths stay relative.

    Raises
    ------
    InputError
        Empty, with a NUL character, longer than a file system allows, with a variable that is not set or
        the home of a user who does not exist, or no path at all.

    Examples
    --------
    >>> expand("~/calls") == Path.home() / "calls"
    True
    """
    text = _text_of(path, what)
    if "\0" in text:
        raise InputError(f"{what} holds a NUL character, which no path may: type it again")
    if not text.strip():
        raise InputError(f"{what} is empty: give the path of a file or a folder")
    _check_length(text, what)
    if text[0] != "~" and not _VARIABLE.search(text):
        return Path(text)
    if os.path.lexists(text):
        return Path(text)
    home = _home(text, what)
    rest = text[len(_HOME.match(text)[0]) :] if home else text  # type: ignore[index]  # a home matched
    whole = home + _VARIABLE.sub(lambda found: _value(found, what), rest)
    if "\0" in whole or not whole.strip():
        raise InputError(f"{what} is empty once its variables are replaced: set them, or write the path out")
    _check_length(whole, what)
    return Path(whole)


def _text_of(path: Any, what: str) -> str:
    try:
        text = os.fspath(path)
    except TypeError:
        text = None
    if not isinstance(text, str):
        raise InputError(f"{what} is {type(path).__name__}, not a path: give text or a pathlib.Path")
    return text


def _home(text: str, what: str) -> str:
    """Home directory that a leading ``~`` or ``~name`` names; empty text where there is none."""
    if text[0] != "~":
        return ""
    name = _HOME.match(text)[0]  # type: ignore[index]  # it begins with ~
    try:
        return str(Path(name).expanduser())
    except RuntimeError:
        raise InputError(
            f"{what} begins with {name[:60]}, a user whose home is not known: write it out"
        ) from None


def _value(found: re.Match[str], what: str) -> str:
    name = found["plain"] or found["braces"] or found["percent"] or ""
    value = os.environ.get(name)
    if value is not None:
        return value
    if found["percent"]:
        return found[0]
    raise InputError(
        f"{what} names the variable {found[0][:60]}, which is not set: set it, or write the path out"
    )


def _check_length(text: str, what: str) -> None:
    try:
        names = [len(os.fsencode(name)) for name in re.split(r"[/\\]" if os.name == "nt" else "/", text)]
    except UnicodeEncodeError:
        raise InputError(f"{what} holds characters that no file name may: type it again") from None
    if sum(names) + len(names) - 1 > _LONGEST or max(names) > _LONGEST_NAME:
        raise InputError(
            f"{what} is too long for a file system ({len(text):,} characters): at most {_LONGEST:,} bytes, "
            f"{_LONGEST_NAME} in each name; is it a path?"
        )
