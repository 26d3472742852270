"""Who trades: affiliates who bring calls, advertisers whose offers buy them, and facts that can be planted.

Rates are true by construction: a call's talk time is lognormal about its offer's median times its
affiliate's quality, except for the share of callers who hang up at once.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

ACCOUNT = "55501"
ADS_ACCOUNTS = ("1234567890", "2345678901")


@dataclass(frozen=True)
class Offer:
    """What an advertiser buys.

    Attributes
    ----------
    price : Decimal
        Per qualified call [currency].
    buffer : int
        Talk time from which a call counts as qualified [s].
    median_talk : float
        Median talk time of callers who stay, at quality 1 [s].
    priority : float
        Weight among the offers of the set that want the call.
    share : float
        Part of the states in which it buys.
    daily_cap : float
        Connected calls a day, as a multiple of what an even share of the set's calls would be.
    hours : tuple of int
        Eastern hours from which to which it takes calls.
    reroute_days : int
        A caller who returns within this time is not billed again.
    """

    name: str
    advertiser: str
    set_name: str
    price: Decimal
    buffer: int
    median_talk: float
    priority: float
    share: float = 1.0
    daily_cap: float = 9.0
    hours: tuple[int, int] = (8, 21)
    reroute_days: int = 7


@dataclass(frozen=True)
class Affiliate:
    """Who generates calls.

    Attributes
    ----------
    share : float
        Weight of its volume.
    quality : float
        Factor on the median talk time.
    hang_up : float
        Part of the connected callers who leave within seconds.
    abandon : float
        Part of the callers who hang up before they are connected.
    buffer : int
        Talk time from which it is paid [s].
    payout : Decimal
        Of the price of a standard offer of the set, as a ratio.
    web : float
        Weight with which its calls come from a paid search visit.
    contest : float
        Part of its billed calls that advertisers dispute.
    cap : float
        Calls a day as a multiple of its average, above which the network turns them away.
    """

    name: str
    share: float
    quality: float
    hang_up: float
    abandon: float
    buffer: int
    payout: Decimal
    web: float
    contest: float
    repeat: float = 0.12
    cap: float = 9.0
    unique_days: int = 30


@dataclass(frozen=True)
class Market:
    """All parties. `sets` maps a LeadFlow set to its id and its share of the calls."""

    sets: dict[str, tuple[int, float]]
    offers: tuple[Offer, ...]
    affiliates: tuple[Affiliate, ...]


def _money(text: str) -> Decimal:
    return Decimal(text)


MARKET = Market(
    sets={"Auto Insurance": (1201, 0.46), "Home Warranty": (1202, 0.32), "Roofing": (1203, 0.22)},
    offers=(
        Offer("Auto Prime", "Northwind Insurance", "Auto Insurance", _money("37.25"), 90, 205, 3.0, 0.8, 1.9),
        Offer("Auto Standard", "Northwind Insurance", "Auto Insurance", _money("24.00"), 60, 160, 2.0, 0.9),
        Offer("Auto Saver", "Contoso Mutual", "Auto Insurance", _money("18.50"), 60, 150, 1.5, hours=(0, 24)),
        Offer("Auto Bundle", "Contoso Mutual", "Auto Insurance", _money("31.00"), 120, 220, 1.2, 0.6, 2.5),
        Offer("Warranty Gold", "Fabrikam Home", "Home Warranty", _money("42.00"), 120, 240, 2.2, 0.9, 2.2),
        Offer("Warranty Basic", "Fabrikam Home", "Home Warranty", _money("27.75"), 90, 180, 2.0, 0.85),
        Offer("Appliance Plan", "Tailspin Protect", "Home Warranty", _money("12.50"), 30, 110, 0.8, 0.7),
        Offer("Roof Repair", "Wingtip Roofing", "Roofing", _money("55.00"), 90, 190, 1.6, 0.7, 1.6),
        Offer("Roof Replacement", "Wingtip Roofing", "Roofing", _money("68.50"), 120, 260, 1.2, 0.5, 2.0),
        Offer(
            "Storm Damage",
            "Adatum Restoration",
            "Roofing",
            _money("46.3333"),
            60,
            140,
            1.0,
            0.8,
            hours=(7, 23),
        ),
    ),
    affiliates=(
        Affiliate("Brightpath Search", 0.21, 1.18, 0.07, 0.04, 120, _money("0.70"), 5.0, 0.02),
        Affiliate("Harbor Leads", 0.16, 1.06, 0.10, 0.05, 120, _money("0.72"), 3.0, 0.02),
        Affiliate("Meridian Media", 0.14, 1.00, 0.12, 0.06, 120, _money("0.74"), 2.5, 0.03, cap=1.04),
        Affiliate("Clearcall Partners", 0.11, 0.96, 0.13, 0.06, 120, _money("0.76"), 0.8, 0.03),
        Affiliate("Juniper Digital", 0.10, 0.90, 0.14, 0.07, 120, _money("0.75"), 2.0, 0.04),
        Affiliate("Redwood Referrals", 0.08, 1.25, 0.06, 0.04, 120, _money("0.80"), 0.4, 0.01),
        Affiliate("Summit Broadcast", 0.07, 0.84, 0.19, 0.10, 120, _money("0.68"), 0.2, 0.05, 0.16),
        Affiliate("Quickdial Network", 0.06, 0.72, 0.26, 0.14, 120, _money("0.78"), 0.3, 0.08, 0.22, 1.0),
        Affiliate("Lakeshore Directories", 0.04, 1.10, 0.09, 0.05, 120, _money("0.73"), 1.0, 0.02),
        Affiliate("Pinnacle Mailers", 0.03, 0.94, 0.12, 0.08, 120, _money("0.66"), 0.1, 0.03),
    ),
)


@dataclass(frozen=True)
class Facts:
    """What is planted on top of the market; everything is off unless named.

    Attributes
    ----------
    leak : str or None
        Affiliate whose paid and not billed calls come to exactly `leak_amount`.
    cap : str or None
        Offer that is full from `cap_hour` on, every day: its later calls find no buyer.
    bunching : str or None
        Affiliate of whose connected calls `bunching_share` end within 8 s after its own buffer.
    shift : str or None
        Affiliate whose volume is multiplied by `shift_factor` from `since` on, at the expense of all.
    drop : str or None
        Affiliate of whose callers only the `drop_factor`-th part stays to talk from `since` on, the
        others hanging up at once; keywords' true rates are those of everybody else.
    since : date or None
        First day of the later period; the middle of the calls when None.
    misattribution : bool
        Ranks above 1 name the wrong keyword with a probability that grows with the rank.
    """

    leak: str | None = None
    leak_amount: Decimal = field(default=Decimal("4210.00"))
    cap: str | None = None
    cap_hour: int = 15
    bunching: str | None = None
    bunching_share: float = 0.25
    shift: str | None = None
    shift_factor: float = 2.5
    drop: str | None = None
    drop_factor: float = 0.55
    since: dt.date | None = None
    misattribution: bool = False
