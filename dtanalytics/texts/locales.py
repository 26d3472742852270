"""Names of locales as people and systems write them, read as Unicode's CLDR has them."""

from __future__ import annotations

import functools
import re


@functools.lru_cache(maxsize=32)
def locale_name(text: str) -> str:
    """Return the name of a locale as CLDR has it: ``de-DE`` and ``de_DE.UTF-8`` are ``de_DE``.

    Raises
    ------
    ValueError
        There is none; the message names near ones.

    Examples
    --------
    >>> locale_name("de-de"), locale_name("fr_FR.UTF-8")
    ('de_DE', 'fr_FR')
    """
    from babel import Locale, UnknownLocaleError
    from babel.core import parse_locale

    plain = text.strip().partition(".")[0].partition("@")[0].replace("-", "_")
    try:
        found = Locale.parse(plain)
        unread = parse_locale(plain)[3] if found.variant is None else None
    except (UnknownLocaleError, ValueError):
        unread = plain or "nothing"
    if unread:
        raise ValueError(f"no locale has that name; {_near(plain[:40])}")
    return str(found)


def _near(name: str) -> str:
    """Name locales of the same language, else those that are written alike, else of that country."""
    import difflib  # only a mistake needs it

    from babel import Locale
    from babel.core import get_global
    from babel.localedata import locale_identifiers

    known = [one for one in sorted(locale_identifiers()) if re.fullmatch("[a-z]{2,3}_[A-Z]{2}", one)]
    named = {title.lower(): code for code, title in Locale("en").languages.items()}
    language = name.partition("_")[0].lower()
    language = named.get(language, language)
    likely = get_global("likely_subtags").get(language, "").rpartition("_")[2]
    found = sorted(
        (one for one in known if one.startswith(f"{language}_")),
        key=lambda one: not one.endswith(f"_{likely}"),
    )
    if not found:
        written = {one.lower(): one for one in known}
        found = [written[one] for one in difflib.get_close_matches(name.lower(), written, 3, 0.75)]
    found = found or [one for one in known if one.endswith(f"_{name.upper()}")]
    return "give one such as " + ", ".join(found[:3] or ("en_US", "de_DE", "fr_FR", "ja_JP"))
