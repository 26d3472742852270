"""Which state an area code and the first digits of a ZIP code belong to.

The table is coarse on purpose: a number keeps its area code when its owner moves, so a single call
proves nothing; only the share of calls that disagree, compared with others', says something.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.analysis.tables import Ints
from dtanalytics.columns.numbering import whole_numbers
from dtanalytics.columns.slices import by_slices
from dtanalytics.texts.phones import spelled

Places = npt.NDArray[np.int8]
"""Places in `STATES`, -1 for none."""

# North American numbering plan, geographic area codes of the United States (2026).
_AREA_CODES = """
AK 907
AL 205 251 256 334 659 938
AR 327 479 501 870
AZ 480 520 602 623 928
CA 209 213 279 310 323 341 350 369 408 415 424 442 510 530 559 562 619 626 628 650 657 661 669 707
   714 738 747 760 805 818 820 831 840 858 909 916 925 949 951
CO 303 719 720 748 970 983
CT 203 475 860 959
DC 202 771
DE 302
FL 239 305 321 324 352 386 407 448 561 645 656 689 727 728 754 772 786 813 850 863 904 941 954
GA 229 404 470 478 678 706 762 770 912 943
HI 808
IA 319 515 563 641 712
ID 208 986
IL 217 224 309 312 331 447 464 618 630 708 730 773 779 815 847 872
IN 219 260 317 463 574 765 812 930
KS 316 620 785 913
KY 270 364 502 606 859
LA 225 318 337 504 985
MA 339 351 413 508 617 774 781 857 978
MD 227 240 301 410 443 667
ME 207
MI 231 248 269 313 517 586 616 734 810 906 947 989
MN 218 320 507 612 651 763 952
MO 235 314 417 557 573 636 660 816 975
MS 228 601 662 769
MT 406
NC 252 336 472 704 743 828 910 919 980 984
ND 701
NE 308 402 531
NH 603
NJ 201 551 609 640 732 848 856 862 908 973
NM 505 575
NV 702 725 775
NY 212 315 329 332 347 363 516 518 585 607 631 646 680 716 718 838 845 914 917 929 934
OH 216 220 234 283 326 330 380 419 440 513 567 614 740 937
OK 405 539 572 580 918
OR 458 503 541 971
PA 215 223 267 272 412 445 484 570 582 610 717 724 814 835 878
PR 787 939
RI 401
SC 803 821 839 843 854 864
SD 605
TN 423 615 629 731 865 901 931
TX 210 214 254 281 325 346 361 409 430 432 469 512 682 713 726 737 806 817 830 832 903 915 936 940
   945 956 972 979
UT 385 435 801
VA 276 434 540 571 686 703 757 804 826 948
VI 340
VT 802
WA 206 253 360 425 509 564
WI 262 274 353 414 534 608 715 920
WV 304 681
WY 307
"""

# United States Postal Service, first three digits of the ZIP codes of each state.
_ZIP_PREFIXES = """
AK 995-999
AL 350-369
AR 716-729
AZ 850-865
CA 900-961
CO 800-816
CT 060-069
DC 200 202-205 569
DE 197-199
FL 320-339 341-349
GA 300-319 398-399
HI 967-968
IA 500-528
ID 832-838
IL 600-629
IN 460-479
KS 660-679
KY 400-427
LA 700-714
MA 010-027 055
MD 206-219
ME 039-049
MI 480-499
MN 550-567
MO 630-658
MS 386-397
MT 590-599
NC 270-289
ND 580-588
NE 680-693
NH 030-038
NJ 070-089
NM 870-884
NV 889-898
NY 005 100-149
OH 430-459
OK 730-732 734-749
OR 970-979
PA 150-196
PR 006-007 009
RI 028-029
SC 290-299
SD 570-577
TN 370-385
TX 733 750-799 885
UT 840-847
VA 201 220-246
VI 008
VT 050-054 056-059
WA 980-994
WI 530-549
WV 247-268
WY 820-831
"""
_ZIP_DIGITS = 5
STATES: tuple[str, ...] = tuple(line.split()[0] for line in _ZIP_PREFIXES.strip().splitlines())
"""Codes of the states, the capital's district and the islands, sorted."""


@cache
def _area_codes() -> Places:
    """State of every number from 0 to 999 read as an area code."""
    return _table(_AREA_CODES)


@cache
def _zip_prefixes() -> Places:
    return _table(_ZIP_PREFIXES)


def _table(text: str) -> Places:
    states = np.full(1000, -1, dtype=np.int8)
    here = -1
    for word in text.split():
        if word in STATES:
            here = STATES.index(word)
            continue
        first, _, last = word.partition("-")
        states[int(first) : int(last or first) + 1] = here
    return states


def last_digits(numbers: Any) -> Ints:
    """Ten digits of telephone numbers as whole numbers, -1 where a value is none.

    Parameters
    ----------
    numbers : array-like of str
        Numbers of North America in any spelling that `dtanalytics.texts.phones` reads.

    Returns
    -------
    numpy.ndarray

    Examples
    --------
    >>> last_digits(["2125550100", "+12125550100", "(212) 555-0100", "anonymous", None]).tolist()
    [2125550100, 2125550100, 2125550100, -1, -1]
    """
    texts = pd.Series(numbers, dtype="str")
    found = whole_numbers(texts)
    if found is None:
        plain = _read(texts, r"^\+?1?[0-9]{10}$", -10, None)
        others = np.flatnonzero((plain < 0) & texts.str.contains("[0-9]", na=False).to_numpy(dtype=bool))
        if others.size:
            plain = plain.copy()
            plain[others] = _read(spelled(texts.iloc[others]), r"^[0-9]{10}$", -10, None)
        return plain
    digits, many = found
    if (many == 10).all():
        return digits

    def without_country(numbers: Ints, many: npt.NDArray[np.int8]) -> Ints:
        local = np.where((many == 11) & (numbers // 10**10 == 1), numbers % 10**10, -1)
        return np.where(many == 10, numbers, local)

    return by_slices(without_country, digits, many, dtype=np.int64)


def state_of_numbers(numbers: Any) -> Places:
    """Place in `STATES` of the area code of each telephone number, -1 where there is none.

    Parameters
    ----------
    numbers : array-like of str, or what `last_digits` made of it

    Returns
    -------
    numpy.ndarray

    Examples
    --------
    >>> found = state_of_numbers(["2125550100", "+13055550100", "4165550100", None])
    >>> [STATES[place] if place >= 0 else None for place in found]
    ['NY', 'FL', None, None]
    """
    digits = numbers if getattr(numbers, "dtype", None) == np.int64 else last_digits(numbers)
    states = _area_codes()
    return by_slices(lambda ten: np.where(ten >= 0, states[ten // 10**7], -1), digits, dtype=np.int8)


def state_of_zips(zips: Any) -> Places:
    """Place in `STATES` of each ZIP code, -1 where there is none.

    Parameters
    ----------
    zips : array-like of str
        Five digits, leading zeros kept; what follows them is not read.

    Returns
    -------
    numpy.ndarray

    Examples
    --------
    >>> [STATES[place] for place in state_of_zips(["02134", "99501-1234"])]
    ['MA', 'AK']
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    column = pd.Series(zips, dtype="str")
    found = whole_numbers(column)
    if found is not None:
        return by_slices(_state_of_digits, *found, dtype=np.int8)
    texts = pa.array(column, type=pa.large_string(), from_pandas=True)
    head = pc.utf8_slice_codeunits(texts, 0, _ZIP_DIGITS)
    good = pc.and_(pc.ascii_is_decimal(head), pc.equal(pc.binary_length(head), _ZIP_DIGITS))
    prefix = pc.utf8_slice_codeunits(pc.if_else(good, head, None), 0, 3)
    digits = np.asarray(pc.fill_null(prefix.cast(pa.int64()), -1))
    return np.where(digits >= 0, _zip_prefixes()[digits], np.int8(-1))


def _state_of_digits(zips: Ints, many: npt.NDArray[np.int8]) -> Places:
    """State of ZIP codes as whole numbers of so many digits, of which the first three decide."""
    whole = many >= _ZIP_DIGITS
    beyond = np.maximum(many - 3, 0).astype(np.int64)
    head = zips // (100 if (beyond <= 2).all() else 10**beyond)
    return np.where(whole, _zip_prefixes()[np.where(whole, head, 0)], np.int8(-1))


def state_of_names(names: Any) -> Places:
    """Place in `STATES` of each two-letter code, in any case, -1 where it is none.

    Examples
    --------
    >>> state_of_names(pd.Series(["AK", "Ontario", None], dtype="category")).tolist()
    [0, -1, -1]
    """
    column = pd.Series(names)
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, found = column.cat.codes.to_numpy(), column.cat.categories
    else:
        codes, found = pd.factorize(column)
    codes_of = [str(name).strip().upper() for name in found]
    places = np.array([STATES.index(one) if one in STATES else -1 for one in codes_of] + [-1], dtype=np.int8)
    return np.asarray(places[codes])


def _read(texts: Any, pattern: str, start: int, stop: int | None) -> Ints:
    """Part of the texts that match a pattern as whole numbers, -1 for the others."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pa.array(pd.Series(texts, dtype="str"), type=pa.large_string(), from_pandas=True)
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    good = pc.match_substring_regex(found, pattern)
    part = pc.utf8_slice_codeunits(pc.if_else(good, found, None), start, stop)
    return np.asarray(pc.fill_null(part.cast(pa.int64()), -1))
