"""Callers who do not exist: states with their area codes and ZIP codes, names, telephone numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# ruff: noqa: E501 -- a table reads best with one state a line
# state: population in 100,000s, first three digits of its ZIP codes, a city, area codes
_STATES = """
AL 51 350 Birmingham 205 251 256 334 938
AK 7 995 Anchorage 907
AZ 74 850 Phoenix 480 520 602 623 928
AR 31 722 Little_Rock 479 501 870
CA 390 900 Los_Angeles 209 213 310 323 408 415 424 442 510 530 559 562 619 626 650 661 707 714 760 805 818 831 858 909 916 925 949 951
CO 59 802 Denver 303 719 720 970
CT 36 061 Hartford 203 475 860 959
DE 10 198 Wilmington 302
DC 7 200 Washington 202
FL 226 331 Miami 239 305 321 352 386 407 561 727 754 772 786 813 850 863 904 941 954
GA 110 303 Atlanta 229 404 470 478 678 706 770 912
HI 14 968 Honolulu 808
ID 20 837 Boise 208 986
IL 126 606 Chicago 217 224 309 312 331 618 630 708 773 779 815 847
IN 69 462 Indianapolis 219 260 317 463 574 765 812 930
IA 32 503 Des_Moines 319 515 563 641 712
KS 29 672 Wichita 316 620 785 913
KY 45 402 Louisville 270 364 502 606 859
LA 46 701 New_Orleans 225 318 337 504 985
ME 14 041 Portland 207
MD 62 212 Baltimore 240 301 410 443 667
MA 70 021 Boston 339 351 413 508 617 774 781 857 978
MI 100 482 Detroit 231 248 269 313 517 586 616 734 810 906 947 989
MN 57 554 Minneapolis 218 320 507 612 651 763 952
MS 29 392 Jackson 228 601 662 769
MO 62 631 Saint_Louis 314 417 573 636 660 816
MT 11 598 Missoula 406
NE 20 681 Omaha 308 402 531
NV 32 891 Las_Vegas 702 725 775
NH 14 031 Manchester 603
NJ 93 071 Newark 201 551 609 732 848 856 862 908 973
NM 21 871 Albuquerque 505 575
NY 196 100 New_York 212 315 332 347 516 518 585 607 631 646 716 718 845 914 917 929
NC 108 282 Charlotte 252 336 704 743 828 910 919 980 984
ND 8 581 Fargo 701
OH 118 432 Columbus 216 220 234 330 380 419 440 513 567 614 740 937
OK 41 731 Oklahoma_City 405 539 580 918
OR 42 972 Portland 458 503 541 971
PA 130 191 Philadelphia 215 267 272 412 484 570 610 717 724 814 878
RI 11 029 Providence 401
SC 54 292 Columbia 803 843 854 864
SD 9 571 Sioux_Falls 605
TN 71 372 Nashville 423 615 629 731 865 901 931
TX 305 770 Houston 210 214 254 281 325 346 361 409 430 432 469 512 682 713 806 817 830 832 903 915 936 940 956 972 979
UT 34 841 Salt_Lake_City 385 435 801
VT 6 054 Burlington 802
VA 87 232 Richmond 276 434 540 571 703 757 804
WA 78 981 Seattle 206 253 360 425 509
WV 18 253 Charleston 304 681
WI 59 532 Milwaukee 262 414 534 608 715 920
WY 6 820 Cheyenne 307
"""
FIRST_NAMES = [
    "Ada",
    "Alan",
    "Amara",
    "Ana",
    "Ben",
    "Carla",
    "Chen",
    "Dana",
    "Dev",
    "Elena",
    "Emil",
    "Farah",
    "Gus",
    "Hana",
    "Ines",
    "Ivan",
    "Jada",
    "Joel",
    "Kai",
    "Lena",
    "Liam",
    "Mara",
    "Milo",
    "Nadia",
    "Noor",
    "Omar",
    "Priya",
    "Quinn",
    "Rosa",
    "Samir",
    "Tara",
    "Theo",
    "Uma",
    "Vera",
    "Wes",
    "Yara",
    "Zoe",
]
LAST_NAMES = [
    "Abbott",
    "Barros",
    "Calloway",
    "Dorsey",
    "Eastman",
    "Fairbanks",
    "Garland",
    "Hollis",
    "Iverson",
    "Jansen",
    "Kessler",
    "Lindqvist",
    "Marlow",
    "Norwood",
    "Okafor",
    "Pemberton",
    "Quimby",
    "Ramsey",
    "Sinclair",
    "Thornton",
    "Underhill",
    "Vance",
    "Whitfield",
    "Yardley",
    "Zeller",
]
STREETS = [
    "Alder",
    "Birch",
    "Cedar",
    "Dogwood",
    "Elm",
    "Fir",
    "Grove",
    "Hickory",
    "Ivy",
    "Juniper",
    "Laurel",
    "Maple",
    "Oak",
    "Pine",
    "Spruce",
]

Ints = NDArray[np.int64]
Texts = NDArray[np.object_]


@dataclass(frozen=True)
class States:
    """The states as parallel arrays: code, share of the population, ZIP prefix, city, area codes."""

    codes: Texts
    shares: NDArray[np.float64]
    zips: Texts
    cities: Texts
    areas: tuple[Ints, ...]


def _read() -> States:
    rows = [line.split() for line in _STATES.strip().splitlines()]
    people = np.array([float(row[1]) for row in rows])
    return States(
        codes=np.array([row[0] for row in rows], dtype=object),
        shares=people / people.sum(),
        zips=np.array([row[2] for row in rows], dtype=object),
        cities=np.array([row[3].replace("_", " ") for row in rows], dtype=object),
        areas=tuple(np.array([int(code) for code in row[4:]], dtype=np.int64) for row in rows),
    )


STATES = _read()


@dataclass(frozen=True)
class Callers:
    """One person a position: who, where, and which number; look-ups find a part of them."""

    number: Texts
    state: Ints
    area_state: Ints
    zipcode: Texts
    found: NDArray[np.bool_]
    first: Ints
    last: Ints
    street: Texts


def make_callers(count: int, rng: np.random.Generator) -> Callers:
    """Draw `count` people with distinct numbers; one in twelve kept the number of another state."""
    state = rng.choice(len(STATES.codes), size=count, p=STATES.shares)
    moved = rng.random(count) < 1 / 12
    area_state = np.where(moved, rng.choice(len(STATES.codes), size=count, p=STATES.shares), state)
    zip_tail = rng.integers(1, 100, size=count)
    prefix = STATES.zips[state]
    house = rng.integers(1, 2000, size=count)
    street = rng.integers(0, len(STREETS), size=count)
    return Callers(
        number=_numbers(area_state, rng),
        state=state,
        area_state=area_state,
        zipcode=_texts(f"{head}{tail:02d}" for head, tail in zip(prefix, zip_tail.tolist(), strict=True)),
        found=rng.random(count) < 0.55,
        first=rng.integers(0, len(FIRST_NAMES), size=count),
        last=rng.integers(0, len(LAST_NAMES), size=count),
        street=_texts(
            f"{no} {STREETS[kind]} St" for no, kind in zip(house.tolist(), street.tolist(), strict=True)
        ),
    )


def _numbers(state: Ints, rng: np.random.Generator) -> Texts:
    """Give everybody a number of their own in the exchange that belongs to nobody.

    555-0100 to 555-0199 come first, the lines kept for fiction. When a state has more callers than
    those hold, the rest of exchange 555 follows, where nobody can be a subscriber either.
    """
    number = np.empty(len(state), dtype=np.int64)
    for index, areas in enumerate(STATES.areas):
        members = np.flatnonzero(state == index)
        slots = len(areas) * 10_000
        if len(members) > slots:  # more callers than numbers: people share lines
            chosen = rng.integers(0, slots, size=len(members))
        elif len(members) <= len(areas) * 100:
            chosen = rng.permutation(len(areas) * 100)[: len(members)]
        else:
            chosen = rng.permutation(len(members))
        line = (chosen // len(areas) + 100) % 10_000
        number[members] = areas[chosen % len(areas)] * 10_000_000 + 555_0000 + line
    return _texts(map(str, number.tolist()))


def _texts(values: object) -> Texts:
    """Collect texts into an object array, whose fancy indexing is a copy of pointers."""
    listed = list(values)  # type: ignore[call-overload]  # any iterable of text
    array = np.empty(len(listed), dtype=object)
    array[:] = listed
    return array
