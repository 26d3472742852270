"""Texts of a column to what they mean: money by one grammar a column, flags, durations, numbers, ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.columns.booleans import read_flag
from dtanalytics.columns.units import SCALE, whole
from dtanalytics.errors import InputError, SchemaError
from dtanalytics.ledgers.cells import NO_VALUE
from dtanalytics.ledgers.ids import read_ids
from dtanalytics.platforms.mapping import Source
from dtanalytics.schema import ARROW_TYPES
from dtanalytics.texts.amounts import MARKS, DecimalMark, currencies, decimal_marks, read_amount
from dtanalytics.texts.phones import WITHHELD, is_rounded, spell

Unreadable = list[str]
"""Texts of a column that are not of its kind."""

_LETTER = re.compile(r"[^\W\d_]")
_PLAIN = re.compile(r"-?\d{1,14}(?:\.\d{0,2}|\.\d{4})?")
_CLOCK = re.compile(r"(?:(\d+):(?=\d\d:))?(\d+):([0-5]\d(?:\.\d+)?)")
_SPELLED = re.compile(r"(?:(\d+)\s*h\w*)?\s*(?:(\d+)\s*m\w*)?\s*(?:(\d+)\s*s\w*)?", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,9}(?:\.\d+)?")
_LARGEST = 1 << 53
_SAME = tuple(digit * 10 for digit in "0123456789")


def words_of(column: pa.ChunkedArray) -> tuple[pa.Array, list[str | None]]:
    """Return the different texts of a column, and for each row the number of its own."""
    codes, words = _coded(column)
    return codes, words.to_pylist()


def _coded(column: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    coded = (column if pa.types.is_dictionary(column.type) else column.dictionary_encode()).combine_chunks()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.chunk(0) if coded.num_chunks else pa.array([], coded.type)
    return coded.indices, coded.dictionary


def read_words(
    column: pa.ChunkedArray, kind: pa.DataType, read: Callable[[str], Any]
) -> tuple[pa.Array, Unreadable]:
    """Read the different texts of a column; ``read`` raises ValueError for what it cannot."""
    codes, words = words_of(column)
    made, unreadable = [], []
    for word in words:
        try:
            made.append(None if word is None else read(word))
        except ValueError:
            made.append(None)
            unreadable.append(str(word))
    if pa.types.is_string(kind):
        return coded_array(codes, made), unreadable
    return pa.array(made, kind).take(codes), unreadable


def check_currencies(columns: Mapping[str, pa.ChunkedArray]) -> None:
    """Raise an InputError where columns of amounts, by their names, are in two currencies."""
    said = {
        name: [word for word in words_of(column)[1] if word is not None and _may_be_money(word)]
        for name, column in columns.items()
    }
    if len(named := currencies([word for words in said.values() for word in words])) > 1:
        where = " and ".join(repr(name) for name, words in said.items() if currencies(words))
        raise InputError(
            f"the amounts in {where} are in {' and '.join(sorted(named))}: two currencies do not add up; "
            "make them one, or leave a column out of the file"
        )


def _may_be_money(word: str) -> bool:
    """Tell whether a text can be read as an amount; one without letters is not looked at."""
    return _LETTER.search(word) is None or any(read_amount(word, mark) is not None for mark in MARKS)


def money(column: pa.ChunkedArray, name: str, decimal: DecimalMark | None) -> tuple[pa.Array, Unreadable]:
    """Read amounts, exact to 1/10,000; one decimal mark for the column.

    Raises
    ------
    InputError
        Both marks fit and give different amounts, or no mark fits all; two currencies.
    """
    codes, words = words_of(column)
    said = [word for word in words if word is not None and word.casefold() not in NO_VALUE]
    if all(map(_PLAIN.fullmatch, said)) and decimal != ",":
        return _amounts(codes, words, Decimal), []
    legible = [word for word in said if any(read_amount(word, mark) is not None for mark in MARKS)]
    unreadable = [word for word in said if word not in set(legible)]
    mark = decimal or _mark(legible, name)
    if len(named := currencies(legible)) > 1:
        raise InputError(
            f"the amounts in {name!r} are in {' and '.join(sorted(named))}: two currencies do not add up; "
            "split the file"
        )
    unreadable += [word for word in legible if read_amount(word, mark) is None]
    return _amounts(codes, words, lambda word: read_amount(word, mark)), unreadable


def _mark(words: Sequence[str], name: str) -> DecimalMark:
    marks = decimal_marks(words)
    if len(marks) == 1:
        return marks.pop()
    if not marks:
        one, other = (next((word for word in words if read_amount(word, mark) is None), "") for mark in MARKS)
        raise InputError(
            f"the amounts in {name!r} have both {other!r} and {one!r}: a column has one decimal mark; read "
            "the files apart, or make it one"
        )
    unclear = next((word for word in words if read_amount(word, ".") != read_amount(word, ",")), None)
    if unclear is None:
        return "."
    raise InputError(
        f"{name!r} has {unclear!r}, which may be {read_amount(unclear, '.')} or {read_amount(unclear, ',')}, "
        "and no other amount decides: say which, decimal='.' or decimal=','"
    )


def _amounts(codes: pa.Array, words: Sequence[str | None], read: Callable[[str], Decimal | None]) -> pa.Array:
    made: list[Decimal | None] = []
    for word in words:
        amount = None if word is None or word.casefold() in NO_VALUE else read(word)
        units = None if amount is None else whole(amount)
        if units is not None and abs(units) >= _LARGEST:
            raise SchemaError(f"the amount {word!r} is too large to be counted exactly: replace it")
        made.append(None if units is None else Decimal(units) / SCALE)
    return pa.array(made, ARROW_TYPES["money"]).take(codes)


def flags(column: pa.ChunkedArray, source: Source) -> tuple[pa.Array, Unreadable]:
    """Read flags; the platform's own words for them first."""
    own = source.words or {}

    def read(word: str) -> bool | None:
        if word.casefold() in NO_VALUE:
            return None
        value = read_flag(own.get(word.casefold(), word))
        if value is None:
            raise ValueError(word)
        return not value if source.inverted else value

    return read_words(column, pa.bool_(), read)


def seconds(column: pa.ChunkedArray) -> tuple[pa.Array, Unreadable]:
    """Read durations: seconds, ``3:25``, ``1:02:03`` or ``3m 25s``; parts of seconds are rounded."""
    return read_words(column, pa.int32(), read_seconds)


def read_seconds(word: str) -> int | None:
    """Read one duration.

    Examples
    --------
    >>> [read_seconds(word) for word in ("205", "205.0", "3:25", "00:03:25", "1:02:03", "3m 25s")]
    [205, 205, 205, 205, 3723, 205]
    """
    if word.casefold() in NO_VALUE:
        return None
    text = word.replace(",", ".") if re.fullmatch(r"\d+,0+", word) else word
    if _NUMBER.fullmatch(text):
        number = float(text)
        if 0 < number < 1:  # a spreadsheet's part of a day, as likely as a part of a second
            raise ValueError(word)
        return round(number)
    if found := _CLOCK.fullmatch(text):
        return round(int(found[1] or 0) * 3600 + int(found[2]) * 60 + float(found[3]))
    found = _SPELLED.fullmatch(text)
    if found is None or not any(found.groups()):
        raise ValueError(word)
    hours, minutes, rest = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + rest


def zips(column: pa.ChunkedArray) -> tuple[pa.Array, Unreadable]:
    """Read ZIP codes; zeros that a spreadsheet took off are put back."""
    if pa.types.is_dictionary(column.type):
        codes, words = _coded(column)
        if pc.all(pc.match_substring_regex(words, r"^\d{5}$")).as_py():
            return pa.DictionaryArray.from_arrays(codes, words), []

    def read(word: str) -> str | None:
        text = re.sub(r"\.0+$", "", word.strip("'\"= "))
        if text.casefold() in NO_VALUE:
            return None
        return text.zfill(5) if re.fullmatch(r"\d{3,4}", text) else text

    return read_words(column, pa.string(), read)


def names(column: pa.ChunkedArray, words: Mapping[str, str] | None = None) -> pa.Array:
    """Keep names as they are, or in our words where the mapping has some."""
    codes, found = words_of(column)
    made = [None if one is None else (words or {}).get(one.casefold(), one) for one in found]
    return coded_array(codes, made)


def coded_array(codes: pa.Array, words: Sequence[str | None]) -> pa.Array:
    """Texts by number, each text once; null has no number."""
    kept = list(dict.fromkeys(word for word in words if word is not None))
    if kept != list(words):
        place = {word: number for number, word in enumerate(kept)}
        codes = pa.array([None if word is None else place[word] for word in words], pa.int32()).take(codes)
    return pa.DictionaryArray.from_arrays(codes.cast(pa.int32()), pa.array(kept, pa.string()))


def phones(column: pa.ChunkedArray) -> tuple[pa.Array, Unreadable]:
    """Spell telephone numbers as DialogTech does: ten digits in North America, ``+`` and digits elsewhere.

    What is no number (``anonymous``, the name of a source) stays; one that a spreadsheet rounded is
    unreadable.
    """
    if pa.types.is_dictionary(column.type):
        return read_words(column, pa.string(), _phone)
    short = column
    for mark in ("-", "(", ")", " ", ".", "+"):
        if pc.any(pc.match_substring(short.slice(0, 1000), mark)).as_py():
            short = pc.replace_substring(short, mark, "")
    digits = pc.ascii_is_decimal(short)
    long = pc.and_(pc.equal(pc.binary_length(short), 11), pc.starts_with(short, "1"))
    if pc.any(long).as_py():
        short = pc.if_else(long, pc.utf8_slice_codeunits(short, 1), short)
    plain = pc.and_(digits, pc.equal(pc.binary_length(short), 10))
    plain = pc.and_(plain, pc.invert(pc.or_(pc.starts_with(short, "0"), pc.starts_with(short, "1"))))
    plain = pc.and_(plain, pc.invert(pc.is_in(short, pa.array([*WITHHELD, *_SAME]))))
    plain = pc.and_(plain, pc.less_equal(pc.binary_length(column), 17)).fill_null(fill_value=False)
    if pc.all(pc.or_(plain, column.is_null())).as_py():
        return short, []
    slow, unreadable = read_words(pc.if_else(plain, None, column), pa.string(), _phone)
    return pc.if_else(plain, short, slow), unreadable


def joined(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array."""
    made = column.combine_chunks()
    return made if isinstance(made, pa.Array) else pa.concat_arrays(made.chunks)


def _phone(word: str) -> str:
    if is_rounded(word):
        raise ValueError(word)
    return spell(word) or word


def ids(column: pa.ChunkedArray, title: str) -> pa.Array:
    """Read identifiers without what spreadsheets put around them.

    Raises
    ------
    InputError
        A spreadsheet has rounded one: different calls would become one.
    """
    column = column.cast(pa.string())
    checks = [pc.starts_with(column, "="), pc.starts_with(column, "'"), pc.ends_with(column, ".0")]
    odd = [*checks, pc.match_substring_regex(column, r"^\d([.,]\d+)?[eE]\+\d+$")]
    if any(pc.any(one).as_py() for one in odd):
        column = pa.chunked_array([pa.array(read_ids(column.to_pandas()), pa.string(), from_pandas=True)])
        rounded = pc.match_substring_regex(column, r"^\d([.,]\d+)?[eE]\+\d+$")
        if pc.any(rounded).as_py():
            row = pc.index(rounded, value=True).as_py()
            raise InputError(
                f"call {row + 1} of {title} has the identifier {column[row].as_py()}, which a spreadsheet "
                "has rounded, so that different calls may have become one: export the calls again, and do "
                "not save them from a spreadsheet"
            )
    return column
