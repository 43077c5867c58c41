"""Dates as programs print them in any language: order of the parts, months by name, other years.

Buddhist years (2569) and Persian ones (1405) are told by their size. Where day and month cannot be
told apart, what is most usual is taken, and `FoundDate.is_guessed` says so.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache
from typing import Literal

from trayapp.dataclass import NamedTuple
from trayapp.recording.months import MONTHS

Order = Literal["dmy", "mdy"]
_CJK = str.maketrans("〇零一二三四五六七八九", "00123456789")
_CJK_NUMBER = re.compile(r"[〇零一二三四五六七八九十廿卅]+")
_GROUP = re.compile(r"\d+|[^\W\d_]+(?:['’.-]?[^\W\d_]+)*\.?|[^\w\s]+|_")
_BUDDHIST = (2400, 2700)
_PERSIAN = (1300, 1500)


class FoundDate(NamedTuple):
    """A date that was read."""

    date: date
    is_guessed: bool = False
    """Whether day and month could be the other way round."""


def with_digits(text: str) -> str:
    """The same with the digits 0 to 9 in place of those of other scripts; 十七 is 17."""
    if text.isascii():
        return text
    text = _CJK_NUMBER.sub(lambda match: _cjk_number(match[0]), text)
    return "".join(
        str(unicodedata.decimal(character, character)) if not character.isascii() else character
        for character in text
    )


def _cjk_number(text: str) -> str:
    if text.startswith("廿廿"):
        # The literary style writes 2026 as 廿廿六.
        return f"20{_cjk_number(text[1:])}"
    text = text.replace("廿", "二十").replace("卅", "三十")
    if "十" not in text:
        return text.translate(_CJK)
    tens, _ten, ones = text.partition("十")
    return str(int(tens.translate(_CJK) or "1") * 10 + int(ones.translate(_CJK) or "0"))


def date_in(
    text: str, *, order: Order | None = None, usual: Order = "mdy", latest: date = date.max
) -> FoundDate | None:
    """The date that a text holds, whatever else is in it; None if there is none.

    `order`: what is known of day and month between slashes; `usual`: what is taken where nothing
    is. `latest`: no date is later; of two ways to read one, this may decide.
    """
    return _date_in(text, order, usual, latest)


@lru_cache(maxsize=2048)
def _date_in(text: str, order: Order | None, usual: Order, latest: date) -> FoundDate | None:
    is_persian_script = any("\u06f0" <= character <= "\u06f9" for character in text)
    parts = _GROUP.findall(with_digits(unicodedata.normalize("NFC", text)))
    numbers = [(at, part) for at, part in enumerate(parts) if part.isdecimal()]
    if len(numbers) == 1 and len(numbers[0][1]) == 8:
        compact = numbers[0][1]
        return _fitting([(int(compact[:4]), int(compact[4:6]), int(compact[6:]))], latest)
    named = [month for part in parts if (month := _month(part)) is not None]
    if named and len(numbers) == 2:
        return _with_month(named[0], numbers[0][1], numbers[1][1], latest)
    if named and len(numbers) == 1 and int(numbers[0][1]) <= 31:
        return _without_year(named[0], int(numbers[0][1]), latest)
    if len(numbers) < 3 or max(len(digits) for _at, digits in numbers[:3]) > 4:
        return None
    (first_at, a), (second_at, b), (_third_at, c) = numbers[:3]
    between = "".join(parts[first_at + 1 : second_at])
    return _of_numbers(
        a, b, c, between, order=order, usual=usual, latest=latest, is_year_first=is_persian_script
    )


def _of_numbers(
    a: str, b: str, c: str, between: str, *, order: Order | None, usual: Order, latest: date,
    is_year_first: bool,
) -> FoundDate | None:  # fmt: skip
    x, y, z = int(a), int(b), int(c)
    if len(a) == 4:
        # Only Chechen writes year, day, month.
        return _fitting([(x, y, z), (x, z, y)] if "." in between else [(x, y, z)], latest)
    if (is_year_first and len(c) < 4) or "年" in between or "ཟལ" in between:
        return _fitting([(x, y, z)], latest)
    day_first, month_first = (z, y, x), (z, x, y)
    ways = [day_first, month_first]
    if (
        (between.strip() not in ("/", "") and len(c) == 4)
        or "." in between
        or ("-" in between and len(c) < 4)
    ):
        order = "dmy"
    if (order or usual) == "mdy":
        ways.reverse()
    if len(c) < 4:
        ways.append((x, y, z))
    found = _fitting(ways, latest)
    if found is None or order is not None or x == y:
        return found
    both = _fitting(ways[:1], latest) is not None and _fitting(ways[1:2], latest) is not None
    return found._replace(is_guessed=both)


def _month(part: str) -> int | None:
    word = part.casefold().strip(".")
    found = MONTHS.get(word)
    if found is None and len(word) > 4:
        # The genitive and other endings that a sentence asks for.
        found = MONTHS.get(word.rstrip("a")) if word.endswith("a") else None
    return found


def _with_month(month: int, first: str, second: str, latest: date) -> FoundDate | None:
    ways = [(int(second), month, int(first)), (int(first), month, int(second))]
    if len(first) == 4 or int(first) > 31:
        ways.reverse()
    elif len(second) < 4 and len(first) <= 2 and int(second) <= 31:
        ways = [(int(second), month, int(first))]
    return _fitting(ways, latest)


def _without_year(month: int, day: int, latest: date) -> FoundDate | None:
    """The latest such day there was, as in the system's log; a guess."""
    year = min(latest.year, 9998)
    found = _fitting([(year, month, day), (year - 1, month, day), (year - 4, month, day)], latest)
    return found._replace(is_guessed=True) if found else None


def _fitting(ways: list[tuple[int, int, int]], latest: date) -> FoundDate | None:
    """The first that a calendar has and that is not in the future, else the first it has."""
    found = [day for way in ways if (day := _day(*way)) is not None]
    return next((FoundDate(day) for day in found if day <= latest), None) or (
        FoundDate(found[0]) if found else None
    )


def _day(year: int, month: int, day: int) -> date | None:
    if year < 100:
        year += 2000 if year < 80 else 1900
    if _PERSIAN[0] <= year < _PERSIAN[1]:
        return _persian(year, month, day)
    if _BUDDHIST[0] <= year < _BUDDHIST[1]:
        year -= 543
    if not 1970 <= year < 2100:
        return None
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


def _persian(year: int, month: int, day: int) -> date | None:
    """The same day of the Gregorian calendar; None if there is no such day.

    Source: Borkowski, The Persian calendar for 3000 years (1996), by its 33-year cycle.
    """
    if not (1 <= month <= 12 and 1 <= day <= (31 if month <= 6 else 30)):
        return None
    after = year - 1300
    # 1 Farvardin 1300 was 21 March 1921.
    leaps = sum(1 for past in range(1300, year) if past % 33 in (1, 5, 9, 13, 17, 22, 26, 30))
    days = after * 365 + leaps + (31 * (month - 1) if month <= 7 else 186 + 30 * (month - 7))
    return date.fromordinal(date(1921, 3, 21).toordinal() + days + day - 1)
