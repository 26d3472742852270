"""Faults by name: tables of the functions that carry them out, and when each applies.

A fault either changes the page before it is put together, or the answer after, or how the bytes go out.
"""

from __future__ import annotations

import dataclasses
import email.utils
import enum
import json
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dtanalytics.emulator.service import altered_records, broken_answers
from dtanalytics.emulator.service.answers import Page
from dtanalytics.emulator.service.httpd import Answer, Connection


class Fault(enum.Enum):
    """What can go wrong between a service and its client."""

    # answers that say: later
    TOO_MANY_SECONDS = "429, Retry-After in seconds (value=1)"
    TOO_MANY_DATE = "429, Retry-After as an HTTP date (value=1 second ahead)"
    TOO_MANY_BARE = "429 without Retry-After"
    TOO_MANY_MALFORMED = "429, Retry-After that is no time (value='soon')"
    TOO_MANY_NEGATIVE = "429, Retry-After below zero (value=-5)"
    TOO_MANY_DAY = "429, Retry-After of a day (value=86400)"
    SERVER_ERROR = "5xx (value=503)"
    # connections that break
    RESET_BEFORE_HEADERS = "reset before the headers"
    RESET_MID_BODY = "reset in the middle of the body"
    SHORT_CONTENT_LENGTH = "closed before Content-Length was reached"
    CHUNKED_CUT = "chunked body without its end"
    CLOSE_DELIMITED_CUT = "body that ends with the connection, cut"
    TRUNCATED_GZIP = "gzip body cut, its Content-Length right"
    HEADER_TIMEOUT = "no header for a while (value=2.0 s), then closed"
    DRIP = "a byte at a time (value=0.05 s apart)"
    DRIP_STATUS = "a status line without end, a byte at a time (value=0.05 s apart)"
    DRIP_HEADERS = "headers without end, one at a time (value=0.05 s apart)"
    DRIP_CHUNKS = "chunks of one byte (value=0.05 s apart)"
    DRIP_GZIP = "a gzip body, a byte at a time (value=0.05 s apart)"
    DRIP_TRAILERS = "trailers without end behind the last chunk (value=0.05 s apart)"
    CONTINUES = "100 Continue without end (value=0.05 s apart)"
    HTTP_1_0 = "HTTP/1.0, a body that ends with the connection, whole"
    # bodies that are not the report
    LOGIN_PAGE = "200 with an HTML login page"
    ERROR_OBJECT = "200 with an error object"
    INSTEAD = "another answer (value=(status, body, headers))"
    HEADER = "another header (value=(name, text))"
    BODY = "another body (value=a function from its bytes to others)"
    BYTES = "other bytes on the wire (value=a function of head and body), then closed"
    BESIDE = "an object with the records and other members (value=the members, {'partial': True})"
    LAGGING = "no records, in pages and in /count"
    EMPTY_BODY = "200 with no body"
    DUPLICATE_KEYS = "a record names its sid twice"
    NOT_A_NUMBER = "NaN for a number"
    HUGE_NUMBER = "1e999 for a number"
    INVALID_UTF8 = "bytes that are no UTF-8"
    BYTE_ORDER_MARK = "UTF-8 led by a byte order mark"
    BOMB = "a small body that unpacks to a huge one (value=10**9 bytes)"
    REDIRECT = "redirect to another origin (value=its URL)"
    # pages that move
    ROW_INSERTED = "a row appears at the head of the window"
    ROW_DELETED = "the first row of the window vanishes"
    ROW_UPDATED = "the first row of the page changes (value=its city)"
    SHORT_PAGE = "half of a page is left out, once"
    EMPTY_PAGE = "a page before the end is empty"
    SAME_PAGE = "the first page whatever was asked"
    TOTAL_MISSING = "Content-Range without a total; /count null"
    TOTAL_TEXT = "Content-Range and /count whose total is a word"
    TOTAL_LOW = "a total that is too low (value=1 less)"
    TOTAL_HIGH = "a total that is too high (value=1 more)"
    RANGE_ABSENT = "no Content-Range"
    RANGE_MALFORMED = "a Content-Range that says nothing (value='rows')"
    TOTAL_CHANGES = "another total on each page"
    COUNT_WRONG = "/count disagrees with the rows (value=1 more)"
    # credentials and accounts
    EXPIRED = "401 although the credentials are right (value=401)"
    OTHER_ACCOUNT = "records of another account (value='99999')"
    # records of another shape
    NEW_COLUMN = "a key that no document mentions (value=its name)"
    MISSING_COLUMN = "a key is missing (value=its spelling)"
    NUMBERS = "numbers without quotes"
    BIG_INTEGER = "the sid as a number"
    FLOAT_IDS = "the sid and the caller's number as floats"
    FLOAT_NOISE = "amounts with the noise of binary fractions"
    EMPTY_TEXT = "empty text for null"
    LEADING_ZEROS = "00000 for a number"
    NEW_STATUS = "the first row of the page has a status that no document mentions"


@dataclass
class Injection:
    """A fault that waits for its request: the `at`-th that `report` gets from now on, `times` in a row."""

    fault: Fault
    at: int = 1
    times: float = 1
    report: str | None = None
    value: Any = None
    seen: int = field(default=0, init=False)

    def applies_to(self, report: str, *, count: bool) -> bool:
        """Count a request and say whether the fault meets it."""
        if self.report not in {None, report}:
            return False
        if count and (self.fault in ON_PAGES or self.fault in ON_ROWS):
            return False
        if not count and self.fault is Fault.COUNT_WRONG:
            return False
        self.seen += 1
        return self.at <= self.seen < self.at + self.times


OnPage = Callable[[Page, Any], Page]
OnAnswer = Callable[[Answer, Any], Answer]


def _half(page: Page, _: Any) -> Page:
    return dataclasses.replace(page, rows=page.rows[: len(page.rows) // 2])


def _none(page: Page, _: Any) -> Page:
    return dataclasses.replace(page, rows=[])


def _first_row(change: Callable[[bytes, Any], bytes]) -> OnPage:
    def apply(page: Page, value: Any) -> Page:
        return dataclasses.replace(page, rows=[change(row, value) for row in page.rows[:1]] + page.rows[1:])

    return apply


def _every_row(change: Callable[[bytes, Any], bytes]) -> OnPage:
    def apply(page: Page, value: Any) -> Page:
        return dataclasses.replace(page, rows=[change(row, value) for row in page.rows])

    return apply


def _total(change: Callable[[int, Any], object]) -> OnAnswer:
    """Change the total in Content-Range, or the number that /count answers."""

    def apply(answer: Answer, value: Any) -> Answer:
        if "Content-Range" in answer.headers:
            place, _, total = answer.headers["Content-Range"].partition("/")
            answer.headers["Content-Range"] = f"{place}/{change(int(total), value)}"
        elif len(answer.body) < 64:  # /count: a page of rows is longer
            text = answer.body.decode()
            digits = "".join(letter for letter in text if letter.isdigit())
            if digits:
                new = change(int(digits), value)
                answer.body = text.replace(digits, json.dumps(None if new == "*" else new)).encode()
        return answer

    return apply


def _range(change: Callable[[dict[str, str], Any], object]) -> OnAnswer:
    def apply(answer: Answer, value: Any) -> Answer:
        change(answer.headers, value)
        return answer

    return apply


def _instead(make: Callable[[Any], Answer]) -> OnAnswer:
    return lambda _, value: make(value)


def _too_many(retry_after: str | None) -> Answer:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Answer(429, b'{"message":"Limit Exceeded"}', headers)


def _body(change: Callable[[bytes], bytes]) -> OnAnswer:
    def apply(answer: Answer, _: Any) -> Answer:
        answer.body = change(answer.body)
        return answer

    return apply


def _written(write: Callable[[Connection, bytes, bytes, Any], None]) -> OnAnswer:
    """Leave putting the bytes on the wire to a function, which then ends the connection."""

    def apply(answer: Answer, value: Any) -> Answer:
        answer.write = lambda connection, head, body: write(connection, head, body, value)
        return answer

    return apply


def _other(value: Any) -> Answer:
    status, body, headers = value or (500, b"", {})
    return Answer(status, body, dict(headers))


def _with_header(answer: Answer, value: Any) -> Answer:
    name, text = value or ("Date", "Fri, 31 Dec 9999 23:59:59 GMT")
    answer.headers[name] = text
    return answer


def _beside(answer: Answer, value: Any) -> Answer:
    members = {"partial": True} if value is None else value
    if answer.body.lstrip().startswith(b"["):
        answer.body = b'{"response": %b, %b' % (answer.body, json.dumps(members).encode()[1:])
    return answer


def _lagging(answer: Answer, _: Any) -> Answer:
    if "Content-Range" in answer.headers:
        answer.headers["Content-Range"] = "*/0"
    if answer.status == 200:
        body = answer.body.lstrip()
        answer.body = b"[]" if body[:1] == b"[" or len(body) > 64 else b'{"count": 0}'
    return answer


def _packed(answer: Answer, _: Any) -> Answer:
    packed = zlib.compress(answer.body, 1, 31)
    answer.body = packed[: len(packed) // 2]
    answer.headers["Content-Encoding"] = "gzip"
    return answer


def _login(_: Any) -> Answer:
    return Answer(
        200, b"<!DOCTYPE html><html><body><form>Please log in</form></body></html>", {}, "text/html"
    )


def _http_date(value: Any) -> str:
    return email.utils.formatdate(time.time() + (1 if value is None else value), usegmt=True)


ON_PAGES: dict[Fault, OnPage] = {
    Fault.SHORT_PAGE: _half,
    Fault.EMPTY_PAGE: _none,
    Fault.DUPLICATE_KEYS: _first_row(altered_records.with_sid_twice),
    Fault.NOT_A_NUMBER: _first_row(lambda row, _: altered_records.with_raw_number(row, b"NaN")),
    Fault.HUGE_NUMBER: _first_row(lambda row, _: altered_records.with_raw_number(row, b"1e999")),
    Fault.INVALID_UTF8: _first_row(lambda row, _: altered_records.with_raw(row, b"city", b'"Caf\xe9"')),
    Fault.OTHER_ACCOUNT: _every_row(altered_records.of_account),
    Fault.NEW_COLUMN: _every_row(altered_records.with_new_key),
    Fault.MISSING_COLUMN: _every_row(altered_records.without_key),
    Fault.FLOAT_IDS: _every_row(altered_records.with_float_ids),
    Fault.FLOAT_NOISE: _every_row(altered_records.with_float_noise),
    Fault.BIG_INTEGER: _every_row(altered_records.with_number_as_sid),
    Fault.NUMBERS: _every_row(altered_records.with_bare_numbers),
    Fault.EMPTY_TEXT: _every_row(altered_records.with_empty_text),
    Fault.LEADING_ZEROS: _every_row(altered_records.with_leading_zeros),
}
"""Faults of the rows on a page."""

ON_ANSWERS: dict[Fault, OnAnswer] = {
    Fault.TOO_MANY_SECONDS: _instead(lambda value: _too_many(str(1 if value is None else value))),
    Fault.TOO_MANY_DATE: _instead(lambda value: _too_many(_http_date(value))),
    Fault.TOO_MANY_BARE: _instead(lambda _: _too_many(None)),
    Fault.TOO_MANY_MALFORMED: _instead(lambda value: _too_many(value or "soon")),
    Fault.TOO_MANY_NEGATIVE: _instead(lambda value: _too_many(str(value or -5))),
    Fault.TOO_MANY_DAY: _instead(lambda value: _too_many(str(value or 86_400))),
    Fault.SERVER_ERROR: _instead(lambda value: Answer(value or 503, b'{"message":"Service Unavailable"}')),
    Fault.RESET_BEFORE_HEADERS: _written(broken_answers.reset_early),
    Fault.RESET_MID_BODY: _written(broken_answers.reset_in_body),
    Fault.SHORT_CONTENT_LENGTH: _written(broken_answers.short),
    Fault.CHUNKED_CUT: _written(broken_answers.chunked),
    Fault.CLOSE_DELIMITED_CUT: _written(broken_answers.to_close),
    Fault.TRUNCATED_GZIP: _packed,
    Fault.HEADER_TIMEOUT: _written(broken_answers.silent),
    Fault.DRIP: _written(broken_answers.drip),
    Fault.DRIP_STATUS: _written(broken_answers.drip_status),
    Fault.DRIP_HEADERS: _written(broken_answers.drip_headers),
    Fault.DRIP_CHUNKS: _written(broken_answers.drip_chunks),
    Fault.DRIP_GZIP: _written(broken_answers.drip_gzip),
    Fault.DRIP_TRAILERS: _written(broken_answers.drip_trailers),
    Fault.CONTINUES: _written(broken_answers.continues),
    Fault.HTTP_1_0: _written(broken_answers.http_1_0),
    Fault.LOGIN_PAGE: _instead(_login),
    Fault.ERROR_OBJECT: _instead(lambda _: Answer(200, b'{"error":"temporarily unavailable"}')),
    Fault.EMPTY_BODY: _instead(lambda _: Answer(200, b"")),
    Fault.INSTEAD: _instead(_other),
    Fault.HEADER: _with_header,
    Fault.BODY: lambda answer, value: dataclasses.replace(answer, body=value(answer.body)),
    Fault.BYTES: _written(broken_answers.other_bytes),
    Fault.BESIDE: _beside,
    Fault.LAGGING: _lagging,
    Fault.BYTE_ORDER_MARK: _body(lambda body: b"\xef\xbb\xbf" + body),
    Fault.BOMB: _written(broken_answers.bomb),
    Fault.REDIRECT: _instead(
        lambda value: Answer(302, b"", {"Location": value or "http://127.0.0.1:9/elsewhere"})
    ),
    Fault.TOTAL_MISSING: _total(lambda _total, _value: "*"),
    Fault.TOTAL_TEXT: _total(lambda _total, _value: "many"),
    Fault.TOTAL_LOW: _total(lambda total, value: total - (value or 1)),
    Fault.TOTAL_HIGH: _total(lambda total, value: total + (value or 1)),
    Fault.TOTAL_CHANGES: _total(lambda total, _value: total + time.monotonic_ns() % 97 + 1),
    Fault.COUNT_WRONG: _total(lambda total, value: total + (value or 1)),
    Fault.RANGE_ABSENT: _range(lambda headers, _: headers.pop("Content-Range", None)),
    Fault.RANGE_MALFORMED: _range(lambda headers, value: headers.update({"Content-Range": value or "rows"})),
    Fault.EXPIRED: _instead(lambda value: Answer(value or 401, b'{"message":"Unauthorized"}')),
}
"""Faults of an answer as a whole, and of how it goes out."""

ON_ROWS = frozenset(
    {Fault.ROW_INSERTED, Fault.ROW_DELETED, Fault.ROW_UPDATED, Fault.NEW_STATUS, Fault.SAME_PAGE}
)
"""Faults that the server itself carries out, before it cuts the page."""
