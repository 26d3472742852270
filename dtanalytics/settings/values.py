"""One value of a setting as it was typed, to what it means: right, or a reason that never shows the value.

Each reader takes text from the environment or from ``.env`` as well as Python values, and raises a
``ValueError`` or ``TypeError`` whose message continues "DTANALYTICS_…".
"""

from __future__ import annotations

import functools
import math
import re
import zoneinfo
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from pydantic import SecretStr

from dtanalytics.errors import nearest
from dtanalytics.texts.currencies import PLACES
from dtanalytics.texts.paths import expand

MOST_PER_MINUTE = 10_000
"""More requests a minute than any service allows; a larger number is a slip, and would fill the memory."""

MOST_SETTLE_DAYS = 3_660
LONGEST_DEADLINE = 86_400.0

_LONGEST_KEY = 4_096
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_PLACEHOLDER = re.compile(r"\$\{\{?.*\}|\$[A-Z_]+|%\w+%|<.*>|(YOUR|MY)[_-]?\w*KEY\w*", re.ASCII)
_YES = frozenset({"1", "true", "t", "yes", "y", "on"})
_NO = frozenset({"0", "false", "f", "no", "n", "off"})


def read_key(value: Any) -> SecretStr | None:
    """A credential: white space around it is taken off, and what no header can carry is refused."""
    text = _secret_text(value)
    if text is None:
        return None
    if any(character.isspace() for character in text):
        raise ValueError("white space or a line break stands inside it; copy the key alone, on one line")
    if not text.isprintable():
        raise ValueError("characters that cannot be seen stand in it; type or copy the key again")
    if any(ord(character) > 255 for character in text):
        raise ValueError("letters that no key has (beyond Latin-1) stand in it; type or copy the key again")
    if text[0] == text[-1] and text[0] in "\"'":
        raise ValueError("it stands in quotes, which would be sent with it; leave them out")
    if _PLACEHOLDER.fullmatch(text):
        raise ValueError("it is the name of a variable or a placeholder, not a key: put the key in its place")
    return SecretStr(text)


def read_pass_phrase(value: Any) -> SecretStr | None:
    """A key of pseudonyms, which is never sent: any letters, spaces inside it too."""
    text = _secret_text(value)
    if text is None:
        return None
    if not text.isprintable():
        raise ValueError("a line break or characters that cannot be seen stand in it; type it again")
    return SecretStr(text)


def read_number(value: Any, least: float, most: float, zero: str = "") -> float:
    """A finite number in its limits; 0 too where ``zero`` says what it means."""
    limits = f"give a number from {least:,g} to {most:,g}" + (f", or 0: {zero}" if zero else "")
    number = math.nan
    if isinstance(value, str):
        if _NUMBER.fullmatch(value.strip()):
            number = float(value.strip())
    elif isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        with suppress(OverflowError):
            number = float(value)
    if not (least <= number <= most or (zero and number == 0)):
        raise ValueError(limits)
    return number + 0.0  # no negative zero


def read_whole(value: Any, most: int) -> int:
    """A whole number from 0 on."""
    number = read_number(value, 0, most)
    if number != int(number):
        raise ValueError(f"give a whole number from 0 to {most:,}")
    return int(number)


def read_flag(value: Any) -> bool:
    """Yes or no, as people write it in an environment variable."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, str | int | np.integer):
        word = str(value).strip().lower()
        if word in _YES | _NO:
            return word in _YES
    raise ValueError("neither yes nor no; give 1, true, yes or on; or 0, false, no or off")


def read_zone(value: Any) -> str:
    """Name of a time zone of the IANA database."""
    if not isinstance(value, str):
        raise TypeError("no text; give the name of a time zone, such as America/New_York")
    return _zone(value.strip())


@functools.lru_cache(maxsize=16)
def _zone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError, TypeError):
        close = _nearest_zone(name)
        raise ValueError(f"no time zone has that name; {close}") from None
    return name


def read_currency(value: Any) -> str:
    """Code of a currency, in capitals."""
    if not isinstance(value, str):
        raise TypeError("no text; give a code of ISO 4217, such as USD or EUR")
    code = value.strip().upper()
    if code not in PLACES:
        raise ValueError("no currency of ISO 4217 has that code; give one such as USD, EUR or JPY")
    return code


def read_locale(value: Any) -> str | None:
    """Name of a locale of Unicode's CLDR; None for the package's own English."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError("no text; give the name of a locale, such as en_US or de_DE")
    from dtanalytics.texts.locales import locale_name

    return locale_name(value[:_LONGEST_KEY])


def read_folder(value: Any) -> Path:
    """An absolute folder, or one that can be made; ``~`` and variables replaced."""
    if isinstance(value, str):
        value = value.strip()
    path = expand(value, "it")
    try:
        found = next((step for step in (path, *path.parents) if step.exists()), None)
        usable = found is None or found.is_dir()
    except OSError as error:
        raise ValueError(f"the folder cannot be reached ({error.strerror}); name one of your own") from None
    if not usable:
        raise ValueError("it is a file, or lies below one; name a folder, which is made when it is needed")
    return path


def user_cache() -> Path:
    """Folder of the user's caches."""
    return platformdirs.user_cache_path("dtanalytics")


def _secret_text(value: Any) -> str | None:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError("no text; give the key as text")
    text = value.strip().removeprefix("\ufeff").strip()
    if len(text) > _LONGEST_KEY:
        raise ValueError(f"more than {_LONGEST_KEY:,} characters; is it a key?")
    return text or None


def _nearest_zone(name: str) -> str:
    known = {zone.lower(): zone for zone in zoneinfo.available_timezones()}
    same = known.get(name.lower())
    if same is not None:
        return f"write {same!r}"
    close = nearest(name[:60].lower(), known)
    if not close.startswith("did you mean"):
        return "give a name such as 'America/New_York' or 'UTC'"
    return re.sub(r"'([^']+)'", lambda found: repr(known[found[1]]), close)
