"""Words in dates: months, weekdays, halves of the day and zones, in the languages of spreadsheets.

Chinese, Japanese and Korean dates are brought into the order of ISO 8601 before they are read.
"""

from __future__ import annotations

import re

_NAMES = (
    "jan january januar janvier janv enero ene gennaio gen janeiro januari stycznia styczeń sty",
    "feb february februar fevrier février févr fév febrero febbraio fevereiro fev februari lutego luty lut",
    "mar march märz maerz mär mrz mars marzo março marco maart mrt marca marzec",
    "apr april avril avr abril abr aprile kwietnia kwiecień kwi",
    "may mai mayo maggio mag maio mei maj maja",
    "jun june juni juin junio giugno giu junho czerwca czerwiec cze",
    "jul july juli juillet juil julio luglio lug julho lipca lipiec lip",
    "aug august août aout agosto ago augusti augustus sierpnia sierpień sie",
    "sep sept september septembre septiembre settembre set setembro września wrzesień wrz",
    "oct october okt oktober octobre octubre ottobre ott outubro out października październik paź",
    "nov november novembre noviembre novembro listopada listopad lis",
    "dec december dez dezember décembre déc diciembre dic dicembre dezembro desember grudnia grudzień gru",
)
_MORE = (
    "января ledna ocak",
    "февраля února şubat",
    "марта března mart",
    "апреля dubna nisan",
    "мая května may\u0131s",
    "июня června haziran",
    "июля července temmuz",
    "августа srpna ağustos",
    "сентября září eylül",
    "октября října ekim",
    "ноября listopadu kas\u0131m",
    "декабря prosince aral\u0131k",
)
MONTHS = {
    name: number
    for names in (_NAMES, _MORE)
    for number, alike in enumerate(names, 1)
    for name in alike.split()
}
"""Name of a month, or its short form, in lower case -> its number."""

_WEEKDAYS = """
mon monday tue tues tuesday wed wednesday thu thur thurs thursday fri friday sat saturday sun sunday
mo montag di dienstag mi mittwoch do donnerstag fr freitag sa samstag so sonntag
lun lundi mar mardi mer mercredi jeu jeudi ven vendredi sam samedi dim dimanche
lunes martes mié miércoles jue jueves vie viernes sáb sábado dom domingo
lunedì martedì mercoledì giovedì venerdì sabato domenica
segunda-feira terça-feira quarta-feira quinta-feira sexta-feira
maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
måndag tisdag onsdag torsdag fredag lördag söndag mandag tirsdag lørdag søndag
poniedziałek wtorek środa czwartek piątek sobota niedziela
"""
WEEKDAYS = _WEEKDAYS.split()
"""Names of weekdays and their short forms, which say nothing that the date does not."""

BETWEEN = "at|um|klo|kl\\.?|à|a las|alle(?: ore)?|às|om|o"
"""Words between a day and its time."""

ZONES = {
    "et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles",
    "eastern": "America/New_York", "central": "America/Chicago", "mountain": "America/Denver",
    "pacific": "America/Los_Angeles",
}  # fmt: skip
"""Zone by the word that stands behind a time."""

_PLAIN = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-")
    | dict.fromkeys("\u00a0\u2009\u202f", " ")
    | {"\u00ad": None}
)
_OF_THE_YEAR = re.compile(r"(?<=\d)\s*\u0433(?:\.|\u043e\u0434\u0430)?(?=[\s,]|$)")
"""The Russian word for year behind it."""
_HALVES = {"午前": "AM", "午後": "PM", "上午": "AM", "下午": "PM", "오전": "AM", "오후": "PM"}
_EASTERN_ASIA = re.compile(
    r"(?P<y>\d{4})\s*[年년./-]\s*(?P<m>\d{1,2})\s*[月월./-]\s*(?P<d>\d{1,2})\s*[日일.]?"
    r"(?:\s*\(?[月火水木金土日월화수목금토일](?:曜日|요일)?\)?|\s*(?:星期|周)[一二三四五六日天])?,?"
    rf"(?:\s*(?P<half>{'|'.join(_HALVES)})?\s*(?P<hour>\d{{1,2}})\s*[:時时点點시]"
    r"\s*(?:(?P<minute>\d{1,2})\s*[:分분]?)?\s*(?:(?P<sec>\d{1,2})\s*[秒초]?)?)?"
)


def in_western_order(text: str) -> str:
    """Write a Chinese, Japanese or Korean date as ISO 8601 does; others stay, but for odd hyphens and blanks.

    Examples
    --------
    >>> in_western_order("2026\u5e7410\u67085\u65e5 \u5348\u5f8c2:13"), in_western_order("5. Oktober 2026")
    ('2026-10-5 2:13:00 PM', '5. Oktober 2026')
    """
    if text.isascii():
        return text
    text = _OF_THE_YEAR.sub("", text.translate(_PLAIN).strip())
    found = _EASTERN_ASIA.fullmatch(text)
    if found is None:
        return text
    part = found.groupdict()
    day = f"{part['y']}-{part['m']}-{part['d']}"
    if part["hour"] is None:
        return day
    clock = f"{part['hour']}:{int(part['minute'] or 0):02d}:{int(part['sec'] or 0):02d}"
    return f"{day} {clock} {_HALVES[part['half']]}" if part["half"] else f"{day} {clock}"
