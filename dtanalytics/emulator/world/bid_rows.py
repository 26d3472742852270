"""The Bid Management report: calls that followed a visit or a click, some of them in LeadFlow too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote_plus

import numpy as np
from numpy.typing import NDArray

from dtanalytics.emulator.world import clock
from dtanalytics.emulator.world.columns import integers, labels, minutes, report_table, texts, wall_clock
from dtanalytics.emulator.world.keywords import Keywords
from dtanalytics.emulator.world.leadflow_rows import line_labels, line_numbers
from dtanalytics.emulator.world.market import ACCOUNT, Facts
from dtanalytics.emulator.world.model import Amendments, BaseCalls, ReportRows
from dtanalytics.emulator.world.people import FIRST_NAMES, LAST_NAMES, STATES, make_callers
from dtanalytics.emulator.world.routing import Bools, Ints
from dtanalytics.schema import BIDS

Texts = NDArray[np.object_]
Kind = TypeVar("Kind", bound=np.generic)

_RANKS = (0.56, 0.2, 0.11, 0.08, 0.05)
_WRONG = (0.02, 0.1, 0.22, 0.38, 0.5)  # chance by rank that the keyword is another call's, when planted
_CLICK_TYPES = ("gclid", "gbraid", "wbraid", "msclkid")
_CLICK_SHARES = (0.79, 0.05, 0.04, 0.12)
_ALPHABET = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", dtype="S1")
_MODELS = ("apple+iphone", "samsung+galaxy+s24", "google+pixel+8", "apple+ipad")
_SITES = ("insurance.example.com", "warranty.example.com", "roofing.example.com")
_BROWSERS = (
    ("iOS", "18.1", "Safari", "18.1"),
    ("Android", "15", "Chrome", "130.0"),
    ("Windows", "11", "Edge", "129.0"),
)


@dataclass(frozen=True)
class _Visits:
    """The calls of the report, one position a call; `line` is -1 where the number is not LeadFlow's."""

    when: Ints
    sid: list[str]
    talk: Ints
    total: Ints
    line: Ints
    set_index: Ints
    keyword: Ints
    number: Texts
    state: Ints
    zipcode: Texts
    found: Bools
    first: Ints
    last: Ints
    street: Texts


def make_bid_rows(
    calls: BaseCalls, count: int, span: clock.Span, facts: Facts, rng: np.random.Generator
) -> ReportRows:
    """Build the report: the web calls of LeadFlow, and as many of its own as `count` asks for."""
    visits = _gather(calls, count, span, rng)
    size = len(visits.when)
    keywords = calls.keywords
    rank = rng.choice(5, size=size, p=_RANKS)
    keyword = visits.keyword
    if facts.misattribution:
        wrong = (rng.random(size) < np.array(_WRONG)[rank]) & (keyword >= 0)
        keyword = np.where(wrong, rng.permutation(keyword), keyword)
        keyword = np.where(wrong & (keyword < 0), visits.keyword, keyword)
    paid = keyword >= 0
    tracked = ~(paid & (rng.random(size) < 0.1))  # the others came by the call extension of an ad
    columns = _call_columns(visits, calls, rank)
    columns |= _ad_columns(keyword, paid, tracked, keywords, rng)
    columns |= _visit_columns(visits, keyword, paid, tracked, keywords, rng)
    return ReportRows(
        table=report_table(BIDS, columns, size),
        visible=visits.when.copy(),
        ended=visits.when + visits.total,
        set_id=visits.set_index,
        amendments=Amendments(np.empty(0, np.int64), np.empty(0, np.int64), [], []),
    )


def _gather(calls: BaseCalls, count: int, span: clock.Span, rng: np.random.Generator) -> _Visits:
    shared = np.flatnonzero(calls.web)
    own = max(count - len(shared), 0)
    when = clock.draw_times(own, span, rng)
    talk = np.where(rng.random(own) < 0.25, 0, np.minimum(150 * rng.pareto(1.8, size=own) + 5, 7200)).astype(
        np.int64
    )
    keyword = rng.choice(
        len(calls.keywords.text), size=own, p=calls.keywords.weight / calls.keywords.weight.sum()
    )
    people = make_callers(own, rng)
    caller = calls.caller[shared]
    merged = np.concatenate([calls.when[shared], when])
    order = np.argsort(merged, kind="stable")

    def both(first: NDArray[Kind], second: NDArray[Kind]) -> NDArray[Kind]:
        return np.concatenate([first, second])[order]

    sids = [*(calls.sid[row] for row in shared.tolist()), *clock.session_ids(when, len(calls.sid))]
    line = (calls.affiliate * len(calls.market.sets) + calls.lf_set) * 2 + calls.line
    return _Visits(
        when=merged[order],
        sid=[sids[row] for row in order.tolist()],
        talk=both(calls.outcome.talk[shared], talk),
        total=both(calls.total[shared], talk + rng.integers(5, 40, size=own)),
        line=both(line[shared], np.full(own, -1)),
        set_index=both(calls.lf_set[shared], calls.keywords.set_index[keyword]),
        keyword=both(calls.keyword[shared], np.where(rng.random(own) < 0.125, -1, keyword)),
        number=both(calls.callers.number[caller], people.number),
        state=both(calls.callers.state[caller], people.state),
        zipcode=both(calls.callers.zipcode[caller], people.zipcode),
        found=both(calls.callers.found[caller], people.found),
        first=both(calls.callers.first[caller], people.first),
        last=both(calls.callers.last[caller], people.last),
        street=both(calls.callers.street[caller], people.street),
    )


def _call_columns(visits: _Visits, calls: BaseCalls, rank: Ints) -> dict[str, object]:
    """Columns that any call has."""
    size = len(visits.when)
    found = visits.found
    talk_start = visits.when + visits.total - visits.talk
    numbers = [*line_numbers(calls.market), "8775550199"]
    names = [*line_labels(calls.market), "Main line"]
    line = np.where(visits.line < 0, len(names) - 1, visits.line)
    return {
        "acct_id": labels(np.zeros(size, np.int64), [ACCOUNT]),
        "smart_minutes": minutes(visits.total - visits.talk),
        "date_added": wall_clock(visits.when),
        "talk_minutes": minutes(visits.talk),
        "talk_start": wall_clock(talk_start),
        "talk_end": wall_clock(talk_start + visits.talk),
        "dnis": labels(line, numbers),
        "phone_label": labels(line, names),
        "ani": texts(visits.number),
        "first_name": labels(np.where(found, visits.first, -1), FIRST_NAMES),
        "last_name": labels(np.where(found, visits.last, -1), LAST_NAMES),
        "street_address": texts(visits.street, found),
        "city": labels(np.where(found, visits.state, -1), STATES.cities.tolist()),
        "state": labels(np.where(found, visits.state, -1), STATES.codes.tolist()),
        "zipcode": texts(visits.zipcode, found),
        "sid": texts(visits.sid),
        "rank": integers(rank + 1, BIDS.by_name["rank"].arrow),
        "recording": texts(
            [f"https://recordings.example.com/{sid}.mp3" for sid in visits.sid], visits.talk > 0
        ),
        "call_duration": integers(visits.total, BIDS.by_name["call_duration"].arrow),
        "location_id": labels(visits.set_index, ["901", "902", "903"]),
        "pid": labels(np.zeros(size, np.int64), ["1"]),
    }


def _ad_columns(
    keyword: Ints, paid: Bools, tracked: Bools, keywords: Keywords, rng: np.random.Generator
) -> dict[str, object]:
    """Columns that name the ad: ids on any paid call, ValueTrack on those that came over a page."""
    size = len(keyword)
    google = paid & tracked
    network = np.where(google, rng.choice(4, size=size, p=(0.76, 0.14, 0.06, 0.04)), -1)
    worded = paid & (network != 3)  # Performance Max names no keyword
    device = np.where(google, rng.choice(3, size=size, p=(0.62, 0.32, 0.06)), -1)
    model = np.where(device == 0, rng.integers(0, 3, size=size), np.where(device == 2, 3, -1))
    raw = google & worded & (rng.random(size) < 0.015)  # a template that nobody expanded
    words = np.where(raw, "{keyword}", keywords.text[keyword])
    ad = [f"{70_000_000_000 + code}" for code in range(len(keywords.text))]
    kinds = {"e": "Exact", "p": "Phrase", "b": "Broad"}
    matched = np.array([kinds[code] for code in keywords.matchtype.tolist()], dtype=object)
    on = np.where(paid, keyword, -1)
    return {
        "adwords_account_id": labels(on, keywords.account_id.tolist()),
        "adwords_campaign_id": labels(on, keywords.campaign_id.tolist()),
        "adwords_adgroup_id": labels(on, keywords.adgroup_id.tolist()),
        "adwords_keyword_id": labels(np.where(worded, keyword, -1), keywords.keyword_id.tolist()),
        "vt_keyword": texts(words, google & worded),
        "vt_matchtype": labels(np.where(google & worded, keyword, -1), keywords.matchtype.tolist()),
        "vt_network": labels(network, ["g", "s", "d", "x"]),
        "vt_device": labels(device, ["m", "c", "t"]),
        "vt_devicemodel": labels(model, _MODELS),
        "vt_creative": labels(np.where(google, keyword, -1), ad),
        "vt_placement": labels(np.where(network == 2, 0, -1), ["news.example.org"]),
        "vt_random": texts(
            [str(number) for number in rng.integers(10**9, 10**10, size=size).tolist()], google
        ),
        "vt_adposition": labels(
            np.where(google & worded, rng.integers(0, 4, size=size), -1), ["1t1", "1t2", "1t3", "1s1"]
        ),
        "channel": labels(np.where(tracked, 0, 1), ["SourceTrak", "Call Extension"]),
        "ppc_status": labels(np.where(paid, 0, 1), ["matched", "unmatched"]),
        "ppc_match_type": labels(np.where(worded, keyword, -1), matched.tolist()),
        "ppc_campaign": labels(on, keywords.campaign.tolist()),
        "ppc_ad_group": labels(on, keywords.adgroup.tolist()),
        "ppc_keywords": texts(words, worded),
        "ppc_ad_id": labels(on, ad),
    }


def _visit_columns(
    visits: _Visits, keyword: Ints, paid: Bools, tracked: Bools, keywords: Keywords, rng: np.random.Generator
) -> dict[str, object]:
    """Columns of the visit, with the click's identifier inside the addresses."""
    size = len(visits.when)
    clicked = paid & tracked & (rng.random(size) < 0.97)
    kind = np.where(clicked, rng.choice(4, size=size, p=_CLICK_SHARES), -1)
    click = np.where(
        kind == 3,
        _random_texts(size, 32, _ALPHABET[[*range(52, 62), *range(26, 32)]], rng),
        _random_texts(size, 42, _ALPHABET, rng),
    )
    click = np.where(kind == 0, "EAIaIQobChMI" + click, click)
    tag = np.array(_CLICK_TYPES, dtype=object)[kind] + "=" + click
    source = np.where(
        kind == 3, "bing", np.where(paid, "google", np.where(rng.random(size) < 0.6, "organic", "direct"))
    ).astype(object)
    site = np.array(_SITES, dtype=object)[visits.set_index % len(_SITES)]
    words = np.array([quote_plus(text) for text in keywords.text.tolist()], dtype=object)[keyword]
    plain = "https://" + site + "/quote"
    ad_page = plain + "?utm_source=" + source + "&kw=" + words
    page = np.where(clicked, ad_page + "&" + tag, np.where(paid, ad_page, plain + "?utm_source=" + source))
    returned = rng.random(size) < 0.25  # a first visit before the click
    single = ~returned & (rng.random(size) < 0.2)  # the vendor names no last touch then
    last_touch = visits.when - rng.integers(20, 3600, size=size)
    displayed = last_touch - np.where(returned, rng.integers(3600, 9 * clock.DAY, size=size), 0)
    phrase = (
        keywords.text[keyword]
        + np.array(["", " today", " in my area", " free quote"], dtype=object)[rng.integers(0, 4, size=size)]
    )
    domain = np.where(
        source == "bing", "www.bing.com", np.where(source == "direct", "", "www.google.com")
    ).astype(object)
    host = rng.integers(1, 255, size=size)
    block = np.array(["192.0.2.", "198.51.100.", "203.0.113."], dtype=object)[rng.integers(0, 3, size=size)]
    machine = np.where(tracked, rng.integers(0, len(_BROWSERS), size=size), -1)
    title = visits.set_index
    titles = ["Car insurance quotes", "Home warranty plans", "Roofing help"]
    return {
        "search_term": texts(phrase, paid & tracked & (rng.random(size) < 0.6)),
        "incoming_keyword": texts(np.where(paid, keywords.text[keyword], source), tracked),
        "activity_type_id": integers(
            np.where(paid, 3, np.where(source == "organic", 1, 4)),
            BIDS.by_name["activity_type_id"].arrow,
            tracked,
        ),
        "url_tag": texts(np.where(clicked, tag, "utm_source=" + source), tracked),
        "activity_keyword": texts(
            np.where(clicked, np.array(_CLICK_TYPES, dtype=object)[kind] + "=*", "utm_source=*"), tracked
        ),
        "baseuri": texts(np.where(returned, plain, page), tracked),
        "last_touch": texts(page, tracked & ~single),
        "last_touch_timestamp": wall_clock(last_touch, tracked & ~single),
        "displayed_timestamp": wall_clock(displayed, tracked),
        "referrer": texts(domain, tracked),
        "ip_address": texts(block + host.astype(str).astype(object), tracked),
        "super_id": texts(
            [str(number) for number in rng.integers(10**8, 10**10, size=size).tolist()], tracked
        ),
        "pool_id": integers(
            np.where(tracked, 88_000 + visits.set_index * 2 + (visits.line < 0), 0),
            BIDS.by_name["pool_id"].arrow,
        ),
        "domain_set_id": integers(
            np.where(tracked, 4_400 + visits.set_index, 0), BIDS.by_name["domain_set_id"].arrow
        ),
        "first_touch_title": labels(np.where(tracked, title, -1), titles),
        "first_touch_domain": texts(site, tracked),
        "landing_page": texts(plain, tracked),
        "last_touch_title": labels(np.where(tracked & ~single, title, -1), titles),
        "last_touch_domain": texts(site, tracked & ~single),
        "conversion_page": texts(plain + "/call", tracked),
        "ppc_gclid": texts(click, kind == 0),
        **{
            name: labels(machine, [row[place] for row in _BROWSERS])
            for place, name in enumerate(("os", "os_version", "browser", "browser_version"))
        },
    }


def _random_texts(count: int, length: int, alphabet: NDArray[np.bytes_], rng: np.random.Generator) -> Texts:
    letters = alphabet[rng.integers(0, len(alphabet), size=(count, length))]
    return np.char.decode(letters.view(f"S{length}").ravel(), "ascii").astype(object)
