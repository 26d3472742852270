"""Walks over pages: every way in which a service may number, cap, order and end them, without a network."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtanalytics.apis.completeness import CompletenessCheck
from dtanalytics.apis.numbered import NumberedPages
from dtanalytics.apis.paging import Page, PageMoved, RecordsWithheld, Walk, retry_until_stable
from dtanalytics.apis.ranged import RangedPages
from dtanalytics.errors import IncompleteError
from dtanalytics.schema import LEADFLOW
from dtanalytics.window import Window

EASTERN = ZoneInfo("America/New_York")
START = dt.datetime(2026, 10, 1)
END = dt.datetime(2026, 10, 8)


@pytest.fixture(scope="module")
def pool():
    with ThreadPoolExecutor(8) as threads:
        yield threads


@dataclass
class Typed:
    """Records of one answer: keys and wall clocks."""

    rows: list
    counts: tuple = ()
    more: bool | None = None

    def __len__(self):
        return len(self.rows)

    @property
    def keys(self):
        return tuple(key for key, _ in self.rows)

    @property
    def span(self):
        return (self.rows[0][1], self.rows[-1][1]) if self.rows else None

    def table(self):
        moments = [moment.replace(tzinfo=EASTERN) for _, moment in self.rows]
        return pa.table(
            {
                "sid": pa.array(self.keys, pa.string()),
                "call_date": pa.array(moments, LEADFLOW.schema.field("call_date").type),
                "call_date_ambiguous": pa.array([False] * len(self.rows), pa.bool_()),
            }
        )


def page_of(rows, **where):
    return Page(Typed(list(rows)), **where)


class Service:
    """Calls on numbered pages, the way that the options say."""

    def __init__(self, count, *, base=1, cap=250, clamp=False, order="oldest", ties=1):
        moments = [START + (END - START) * (index // ties) / max(count, 1) for index in range(count)]
        self.rows = [(f"{index:05d}", moment) for index, moment in enumerate(moments)]
        self.base, self.cap, self.clamp, self.order = base, cap, clamp, order
        self.asked = 0
        self.before = {}  # number of the request -> what happens first

    def listed(self):
        rows = list(self.rows)
        if self.order == "newest":
            rows.reverse()
        elif self.order == "shuffled":
            random.Random(3).shuffle(rows)
        elif self.order == "unstable":
            random.Random(self.asked).shuffle(rows)
            rows.sort(key=lambda row: row[1])
        return rows

    def ask(self, number, size):
        self.asked += 1
        self.before.pop(self.asked, lambda: None)()
        rows = self.listed()
        size = min(size, self.cap)
        index = 0 if number is None else number - self.base
        if self.clamp and rows:
            index = min(index, (len(rows) - 1) // size)
        return page_of(rows[index * size : (index + 1) * size] if index >= 0 else rows[:size])

    def first_page(self, window):
        rows = [row for row in self.listed() if window.start <= row[1] <= window.end]
        return page_of(rows[: self.cap])


def prove(service):
    return CompletenessCheck(Window(START, END), LEADFLOW, service.first_page)


def walk(service, pool, base=None):
    walker = NumberedPages(service.ask, pool, base=base, span=(START, END))
    table = retry_until_stable(walker, "the window", prove(service))
    if not table.num_rows and len(service.ask(None, 250)):  # the client asks for nothing twice
        table = retry_until_stable(walker, "the window", prove(service))
    return sorted(table.column("sid").to_pylist())


@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize("cap", [250, 100, 7])
@pytest.mark.parametrize("clamp", [False, True])
@pytest.mark.parametrize("order", ["oldest", "newest", "shuffled"])
@pytest.mark.parametrize("count", [0, 1, 2, 99, 100, 250, 251, 500, 1003])
def test_every_numbering_cap_order_and_end_gives_every_call_once(pool, base, cap, clamp, order, count):
    service = Service(count, base=base, cap=cap, clamp=clamp, order=order)

    found = walk(service, pool)

    assert found == [key for key, _ in service.rows]


@pytest.mark.parametrize(("base", "believed"), [(0, 1), (1, 0)])
@pytest.mark.parametrize("clamp", [False, True])
@pytest.mark.parametrize("count", [1, 250, 251, 1003])
def test_a_wrong_belief_about_the_first_number_is_noticed(pool, base, believed, clamp, count):
    service = Service(count, base=base, clamp=clamp)

    found = walk(service, pool, base=believed)

    assert found == [key for key, _ in service.rows]


@pytest.mark.parametrize("stuck_at", [0, 1, 2])
@pytest.mark.parametrize("cap", [250, 100])
def test_a_service_that_repeats_one_page_for_ever_is_an_error(pool, stuck_at, cap):
    service = Service(1003, cap=cap)
    honest = service.ask

    def stuck(number, size):
        return honest(None if number is None else min(number, service.base + stuck_at), size)

    service.ask = stuck

    with pytest.raises((IncompleteError, PageMoved, RecordsWithheld)):
        walk(service, pool)


@pytest.mark.parametrize(("count", "certain"), [(10, False), (251, True), (1003, True)])
def test_the_first_number_is_certain_once_a_second_page_came(pool, count, certain):
    walker = NumberedPages(Service(count).ask, pool, base=1, span=(START, END))

    walker()

    assert (walker.base, walker.certain) == (1, certain)


def test_records_that_come_twice_are_counted():
    pages = [page_of([(key, START) for key in keys]) for keys in ("abc", "bd")]

    with pytest.raises(PageMoved, match=r"^1 records came twice"):
        Walk(pages).checked()


@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("at", range(2, 15))
@pytest.mark.parametrize("victim", [0, 300, 600, 999])
def test_a_call_deleted_while_pages_are_read_costs_no_other_call(pool, order, at, victim):
    service = Service(1003, order=order)
    service.before[at] = lambda: service.rows.pop(victim)

    found = walk(service, pool)

    assert set(found) >= {key for key, _ in service.rows}
    assert len(found) == len(set(found))


@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("at", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("place", [0, 300, 1003])
def test_a_call_inserted_while_pages_are_read_doubles_and_hides_none(pool, order, at, place):
    service = Service(1003, order=order)
    before = {key for key, _ in service.rows}
    moment = (
        START if place == 0 else END - dt.timedelta(seconds=1) if place == 1003 else service.rows[place][1]
    )
    service.before[at] = lambda: service.rows.insert(place, ("late", moment))

    found = walk(service, pool)

    assert set(found) >= before
    assert len(found) == len(set(found))


@pytest.mark.parametrize("at", range(1, 9))
def test_one_empty_page_in_the_wrong_place_hides_nothing(pool, at):
    service = Service(1003)
    honest = service.ask

    def blank(number, size):
        answer = honest(number, size)
        return page_of([]) if service.asked == at else answer

    service.ask = blank

    assert walk(service, pool) == [key for key, _ in service.rows]


@pytest.mark.parametrize("count", [40, 1003])
@pytest.mark.parametrize("at", range(1, 7))
def test_one_page_that_comes_short_hides_nothing(pool, count, at):
    service = Service(count)
    honest = service.ask

    def short(number, size):
        answer = honest(number, size)
        rows = [(key, dict(service.rows)[key]) for key in answer.keys]
        return page_of(rows[: len(rows) // 2]) if service.asked == at else answer

    service.ask = short

    assert walk(service, pool) == [key for key, _ in service.rows]


def test_ties_in_an_unstable_order_are_noticed_or_harmless(pool):
    service = Service(700, order="unstable", ties=4)
    try:
        found = walk(service, pool)
    except PageMoved:
        return  # the client halves the window until the ties lie within a page

    assert found == [key for key, _ in service.rows]


class RangedService(Service):
    """Calls that say where they lie."""

    def ask(self, start, rows):
        self.asked += 1
        self.before.pop(self.asked, lambda: None)()
        listed = self.listed()
        size = min(rows, self.cap)
        first = start * rows
        part = listed[first : first + size]
        return page_of(part, first=first + 1, last=first + len(part), total=len(listed))

    def count(self):
        return len(self.rows)


def walk_ranges(service, pool):
    walker = RangedPages(service.ask, service.count, pool)
    return sorted(retry_until_stable(walker, "the window", prove(service)).column("sid").to_pylist())


@pytest.mark.parametrize("cap", [250, 100, 7])
@pytest.mark.parametrize("order", ["oldest", "newest", "shuffled"])
@pytest.mark.parametrize("count", [0, 1, 99, 250, 251, 500, 1003])
def test_ranges_are_followed_by_what_came_and_not_by_what_was_asked(pool, cap, order, count):
    service = RangedService(count, cap=cap, order=order)

    assert walk_ranges(service, pool) == [key for key, _ in service.rows]


@pytest.mark.parametrize(("at", "victim"), list(itertools.product([2, 3, 4, 5], [0, 500, 999])))
def test_a_change_of_the_total_is_read_again(pool, at, victim):
    service = RangedService(1003)
    service.before[at] = lambda: service.rows.pop(victim)

    assert walk_ranges(service, pool) == [key for key, _ in service.rows]


def test_ranges_whose_ties_change_places_are_exact_or_refused(pool):
    service = RangedService(700, order="unstable", ties=7)
    try:
        found = walk_ranges(service, pool)
    except (PageMoved, IncompleteError):
        return  # the client halves the window until the ties lie within a page

    assert found == [key for key, _ in service.rows]


def test_a_count_that_disagrees_is_never_accepted(pool):
    service = RangedService(300)
    service.count = lambda: 301

    with pytest.raises(IncompleteError, match="300 records and the service counts 301"):
        walk_ranges(service, pool)


def test_records_outside_of_the_window_are_no_answer():
    service = Service(40)
    rows = [*service.rows, ("x", START - dt.timedelta(days=1))]

    with pytest.raises(PageMoved, match="1 of 41 records lie outside of"):
        prove(service)(page_of(rows).rows.table())


def test_a_page_that_lies_elsewhere_is_refused_before_others_are_read(pool):
    service = RangedService(1003)
    honest = service.ask
    service.ask = lambda start, rows: honest({1: 2, 2: 1}.get(start, start), rows)

    with pytest.raises(PageMoved, match="records 251 and on were asked, 501 to 750 came"):
        RangedPages(service.ask, service.count, pool)()


def test_as_many_calls_in_one_second_as_a_page_holds_are_no_contradiction(pool):
    service = Service(620, ties=400)

    assert walk(service, pool) == [key for key, _ in service.rows]


def test_a_page_in_the_middle_that_stops_short_is_completed(pool):
    service = RangedService(1003)
    honest = service.ask

    def short(start, rows):
        page = honest(start, rows)
        if service.asked != 3:
            return page
        rows_ = [(key, dict(service.rows)[key]) for key in page.keys][:60]
        return page_of(rows_, first=page.first, last=page.first + 59, total=page.total)

    service.ask = short

    assert walk_ranges(service, pool) == [key for key, _ in service.rows]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    count=st.integers(0, 900),
    base=st.sampled_from([0, 1]),
    cap=st.sampled_from([250, 249, 100, 33]),
    clamp=st.booleans(),
    moves=st.lists(st.tuples(st.integers(1, 12), st.integers(0, 900), st.booleans()), max_size=3),
    order=st.sampled_from(["oldest", "newest"]),
)
def test_moves_never_lose_a_call_that_was_there_all_along(count, base, cap, clamp, moves, order):
    service = Service(count, base=base, cap=cap, clamp=clamp, order=order)
    steady = {key for key, _ in service.rows}
    for number, (at, wanted, insert) in enumerate(moves):
        place = min(wanted, max(len(service.rows) - 1 - number, 0))
        if insert:
            moment = service.rows[place][1] if service.rows else START
            service.before[at] = lambda p=place, n=number, m=moment: service.rows.insert(p, (f"new{n}", m))
        elif service.rows:
            steady.discard(service.rows[place][0])
            key = service.rows[place][0]
            service.before[at] = lambda k=key: service.rows.__setitem__(
                slice(None), [row for row in service.rows if row[0] != k]
            )
    with ThreadPoolExecutor(4) as pool:
        try:
            found = walk(service, pool)
        except (PageMoved, RecordsWithheld, IncompleteError):
            return  # an error is allowed; a short answer is not

    assert steady <= set(found)
    assert len(found) == len(set(found))
