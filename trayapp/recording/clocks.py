"""Times as programs print them: seconds in any unit, dates and clocks in any language's order.

Cells of one column look alike: what stands around the seconds is read once a minute, and what is
not the hour, minute and second once an hour, so that a line costs less than a microsecond.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from trayapp.dataclass import NamedTuple
from trayapp.language.catalogue import _
from trayapp.recording.calendars import FoundDate, Order, date_in, with_digits
from trayapp.recording.clock_words import (
    ABBREVIATION,
    AM,
    PM,
    UNIT_WORDS,
    ZONES,
    duration_in,
    half_of,
    is_only_a_date,
    is_text,
    usual_order,
)

_CLOCK = re.compile(
    r"(.*?)(?<![\d.])(\d{1,2}):(\d\d)(?::(\d\d(?:[.,]\d+)?|\d\d:\d{3}(?!\d)))?(?![\d:])(.*)",
    re.DOTALL,
)
_DOTTED_CLOCK = re.compile(
    r"(|.*[\sT]|\D*)(?<!\d)(?<!\d\.)(\d{1,2})[.](\d\d)(?:[.](\d\d(?:,\d+)?))?(?![\d.])(.*)",
    re.DOTALL,
)
_COMPACT = re.compile(
    r"(\d{4}-?\d\d-?\d\d)[T _-]?(\d\d)-?(\d\d)-?(\d\d(?:\.\d+)?)(?!\d)(.*)", re.DOTALL
)
_WORDED = (
    (re.compile(r"(?<=\d)\s*(?:[時时點点시]|ཀསར་མ)\s*"), ":"),
    (re.compile(r"(?<=\d)\s*(?:[分분]|ཀསར་ཆ)\s*"), ":"),
    (re.compile(r"(?<=\d)\s*[秒초]"), " "),
    (re.compile(r"ཆུ་ཚོད"), " "),
    (re.compile(r"(?<=\d)[፡׃](?=\S)"), " "),
    (re.compile(r"(?<=\d)h(\d\d)(?:m(?:in)?)?(\d\d)s?(?!\w)"), r":\1:\2"),
)
_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+")
_SINGLE = re.compile(r":(\d)(?!\d)")
_OFFSET = re.compile(
    r"(?i)(?:\b(?:UTC|GMT)|(?<=[\d\s.]))\s*([+-]|−)(\d{1,2})(?::?(\d\d))?(?!\d|[-/.])"
)
_NAMED_ZONE = re.compile(r"\[([A-Za-z_]+(?:/[A-Za-z_+-]+)+)\]|\b([A-Z][a-z]+/[A-Z][A-Za-z_]+)\b")
_DATE_TIME_T = re.compile(r"(?<=\d)T\s*$")
_SECOND = re.compile(r"\d\d(?:[.,]\d{1,9})?")
_SECONDS_LAST = re.compile(r"(.*\d[^\d\s.,]{1,3}\s?)(\d\d(?:[.,]\d{1,9})?)(?:\D.*)?", re.DOTALL)
"""A time in any language, as far as its seconds stand apart."""
_DAY = 86400.0
_UP_TO_61 = {f"{second:02}": float(second) for second in range(61)}
_HALF_DAY = _DAY / 2
_WALL_FROM = 1e9
_SECONDS = {"ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0, "d": _DAY}
_ELAPSED = {"elapsed", "uptime", "duration", "etime", "runtime", "etimes", "relative", "since"}


class _Hour(NamedTuple):
    """Begin of an hour, by everything but minutes and seconds of a cell."""

    first: float
    """Seconds since 1970; NaN if it is no time."""
    second: float
    """The same, the second time, where summer time ends within it; else `first`."""
    has_date: bool = True
    could_be_later: bool = False
    """Whether it may be twelve hours later: a twelve-hour clock that does not tell the half."""


_NO_HOUR = _Hour(math.nan, math.nan)


class Clock:
    """Reads the times of one file or column, in the order in which they stand there."""

    def __init__(
        self, *, zone: tzinfo | None = None, title: str = "", latest_wall_seconds: float = 4e9
    ) -> None:
        """`title`: of the column; `latest_wall_seconds`: the file's own time, where dates end.

        `zone`: where clocks without an offset stood; None: this machine's.
        """
        self._zone = zone
        self.order: Order | None = None
        """Which of day and month comes first between slashes, once that is known."""
        self.usual: Order = "mdy"
        """The order assumed where it is not known."""
        self.notes: dict[str, None] = {}
        self.is_contradicted = False
        """A date was met that only the other order allows: read again with it."""
        self.is_dateless = False
        """Whether only times of day were met so far, so that the day is the file's."""
        words = re.findall(r"[a-zµ]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", title).lower())
        unit = next((UNIT_WORDS[word] for word in reversed(words) if word in UNIT_WORDS), "")
        self._factor = _SECONDS.get(unit, 1.0)
        self._is_elapsed = bool({*words} & _ELAPSED)
        self._is_date = bool({*words} & {"date", "day", "datetime"}) and unit in ("", "d")
        self._is_seconds = title.lower().endswith(("_s", "seconds", "(s)", "[s]"))
        self._is_studied = False
        self._text, self._seconds = "", math.nan
        """Text and result of the last reading."""
        self._before, self._after, self._minute = "", "", math.nan
        """The parts around its seconds, and when its minute began."""
        moment = datetime.fromtimestamp(min(latest_wall_seconds, 4e9), zone)
        # Nothing is recorded tomorrow.
        self._latest = (max(moment, datetime.now(zone)) + timedelta(days=1)).date()
        self._latest_seconds = latest_wall_seconds
        self._date: date = moment.date()
        self._has_date = False
        self._hours: dict[tuple[str, str, str], _Hour] = {}
        self._last = -math.inf
        self._days = 0.0
        self._has_24_hours = False

    def set_date(self, text: str, *, clock: str = "", has_decimal_comma: bool = False) -> bool:
        """Take the date of a banner for the clocks that follow; false if it is none.

        `clock`: a clock of the same program, whose language tells the order of day and month.
        """
        if self.order is None:
            self.usual, known = usual_order(text, clock, has_decimal_comma=has_decimal_comma)
            order = self.usual if known else None
        else:
            order = self.order
        found = date_in(text, order=order, usual=self.usual, latest=self._latest)
        if found is None:
            return False
        self._note_guess(found, text)
        self._date, self._has_date = found.date, True
        self._days = 0.0
        self._last = -math.inf
        self._hours.clear()
        self._text = self._before = ""
        return True

    def study(self, cells: Iterable[str], *, has_decimal_comma: bool = False) -> None:
        """Find out by some cells which of day and month comes first."""
        self._is_studied = True
        if self.order is not None:
            return
        triples = [
            tuple(map(int, match.groups()))
            for cell in cells
            if (match := re.search(r"(?<!\d)(\d{1,2})[/](\d{1,2})[/](\d{2,4})(?!\d)", cell))
        ]
        example = next((cell for cell in cells if "/" in cell), "")
        if any(one[0] > 12 for one in triples):
            self.order = "dmy"
        elif any(one[1] > 12 for one in triples):
            self.order = "mdy"
        elif len({one[0] for one in triples}) > 1 and len({one[1] for one in triples}) == 1:
            # Days go by faster than months.
            self.order = "dmy"
        elif len({one[1] for one in triples}) > 1 and len({one[0] for one in triples}) == 1:
            self.order = "mdy"
        elif triples:
            self.usual, known = usual_order(example, example, has_decimal_comma=has_decimal_comma)
            self.order = self.usual if known else None

    def read(self, text: str) -> float:
        """Seconds since 1970, or since the start where a file counts so; NaN if it is no time."""
        if text == self._text:
            return self._seconds
        self._text = text
        if self._before and text.startswith(self._before):
            at = len(self._before)
            second = _SECOND.match(text, at)
            if second is not None and text[second.end() :] == self._after:
                rest = _seconds_of(second[0])
                if rest < 61:
                    self._seconds = self._last = self._minute + rest
                    return self._seconds
        try:
            value = float(text)
        except ValueError:
            self._seconds = self._written(text)
        else:
            self._seconds = self._written(text) if "_" in text else self.number(value)
        return self._seconds

    def number(self, value: float) -> float:
        """Seconds, of a number in the unit that the title or its size tells."""
        if value < _WALL_FROM and not self._is_date:
            return value * self._factor
        if math.isinf(value):
            return math.nan
        if self._is_seconds:
            return value
        if 1.9e13 <= value < 2.1e13 or (self._is_date and 1.9e7 <= value < 2.1e7):
            return self._other(f"{value:.0f}")
        if value >= 1e17:
            return value / 1e9
        if value >= 1e14:
            return value / 1e6
        if value >= 1e11:
            return value / 1e3
        if value >= 4.1e9:
            return value * self._factor
        return value

    def _written(self, text: str) -> float:
        match = _CLOCK.match(text) if text.isascii() else None
        if match is None:
            seconds = self._other(text)
            match = _SECONDS_LAST.fullmatch(text)
            start, end = match.span(2) if match else (-1, -1)
        else:
            start, end = match.span(4)
            seconds = duration_in(text) if self._is_elapsed else math.nan
            if seconds != seconds:
                seconds = self._clocked(*match.groups())
        second = _SECOND.fullmatch(text, start, end) if start > 0 else None
        if second is not None and seconds == seconds:
            self._before, self._after = text[:start], text[end:]
            self._minute = seconds - _seconds_of(second[0])
        return seconds

    def _other(self, text: str) -> float:
        plain = with_digits(text.strip())
        if not plain or not any(character.isdecimal() for character in plain):
            return math.nan
        if _COMMA_NUMBER.fullmatch(plain):
            return self.number(float(plain.replace(",", ".")))
        for pattern, replacement in _WORDED:
            plain = pattern.sub(replacement, plain)
        plain = _SINGLE.sub(r":0\1", plain)
        compact = _COMPACT.fullmatch(plain)
        if compact is not None:
            return self._clocked(f"{compact[1]} ", compact[2], compact[3], compact[4], compact[5])
        match = _CLOCK.match(plain) or _DOTTED_CLOCK.match(plain)
        if match is not None and ":" in plain:
            return self._clocked(*match.groups())
        if match is not None and (seconds := self._clocked(*match.groups())) == seconds:
            return seconds
        found = date_in(plain, order=self.order, usual=self.usual, latest=self._latest)
        if found is None or not is_only_a_date(plain):
            return math.nan
        self._note_guess(found, plain)
        return self._begin(found.date, 0, self._zone, 0)

    def _clocked(
        self, before: str, hour: str, minute: str, second: str | None, after: str
    ) -> float:
        key = (before, hour, after)
        base = self._hours.get(key)
        if base is None:
            if len(self._hours) > 5000:
                self._hours.clear()
            base = self._hours[key] = self._hour(before, hour, after)
        rest = 0.0 if second is None else _seconds_of(second)
        minutes = int(minute)
        if minutes > 59 or rest >= 61:
            return math.nan
        seconds = base.first + minutes * 60 + rest
        last = self._last
        if base.has_date:
            if seconds < last - 600 and base.second != base.first:
                again = base.second + minutes * 60 + rest
                # The hour that a change of summer time gives twice: rows stand in their order.
                seconds = again if again >= last else seconds
        else:
            seconds = self._on_its_day(seconds, last, base)
        if seconds == seconds:
            self._last = seconds
        return seconds

    def _on_its_day(self, seconds: float, last: float, base: _Hour) -> float:
        """A time of day, on the day that it is by then."""
        seconds += self._days
        is_late_half = base.could_be_later and not self._has_24_hours
        if is_late_half and last - _HALF_DAY <= seconds < last - 6 * 3600:
            self._days += _HALF_DAY
            seconds += _HALF_DAY
        elif seconds < last - _HALF_DAY:
            self._days += _DAY
            seconds += _DAY
        return seconds

    def _hour(self, before: str, hour: str, after: str) -> _Hour:
        """Everything of a cell but minutes and seconds."""
        hours = int(hour)
        rest = f"{_DATE_TIME_T.sub(' ', before)} \x1f {after}"
        zone, rest = self._zone_of(rest)
        half, rest = half_of(rest)
        if hours > 24 or (half and hours > 12):
            return _NO_HOUR
        self._has_24_hours = self._has_24_hours or (not half and (hours > 12 or hours == 0))
        if half:
            hours = hours % 12 + (12 if half == "pm" else 0)
        found: FoundDate | None = None
        if any(character.isdecimal() for character in rest):
            found = self._date_of(rest.replace("\x1f", " "))
            if found is None:
                return _NO_HOUR
        elif is_text(rest):
            return _NO_HOUR
        if found is None:
            self.is_dateless = self.is_dateless or not self._has_date
        day = found.date if found else self._date
        return _Hour(
            self._begin(day, hours, zone, 0),
            self._begin(day, hours, zone, 1),
            has_date=found is not None,
            could_be_later=not half and 1 <= hours <= 12 and found is None,
        )

    def _date_of(self, text: str) -> FoundDate | None:
        if not self._is_studied:
            self.study([text])
        found = date_in(text, order=self.order, usual=self.usual, latest=self._latest)
        if found is not None:
            self._note_guess(found, text)
        if self.order is not None and not self.is_contradicted:
            numbers = re.findall(r"\d+", text)[:2]
            if "/" in text and len(numbers) == 2 and max(map(len, numbers)) <= 2:
                first, second = map(int, numbers)
                month, day = (second, first) if self.order == "dmy" else (first, second)
                self.is_contradicted = month > 12 >= day
        return found

    def _zone_of(self, text: str) -> tuple[tzinfo | None, str]:
        """The zone that a cell names, and what is left of it."""
        if match := _NAMED_ZONE.search(text):
            try:
                zone: tzinfo = ZoneInfo(match[1] or match[2])
            except (ZoneInfoNotFoundError, ValueError, OSError):
                return self._zone, text
            before, mark, after = (text[: match.start()] + text[match.end() :]).partition("\x1f")
            return zone, before + mark + _OFFSET.sub(" ", f" {after}")
        before, mark, after = text.partition("\x1f")
        if offset := _offset_of(f" {after}"):
            return offset[0], before + mark + offset[1]
        for match in ABBREVIATION.finditer(text):
            if (word := match[1].lower()) in ZONES and word not in AM | PM:
                rest = text[: match.start()] + text[match.end() :]
                return self._abbreviated(match[1], ZONES[word]), rest
        return self._zone, text

    def _abbreviated(self, word: str, hours: float) -> tzinfo | None:
        if self._zone is None and word in time.tzname and word not in ("UTC", "GMT"):
            return None
        if hours == hours:
            return UTC if hours == 0 else timezone(timedelta(hours=hours))
        text = _("{zone} is the name of several time zones; choose one with --timezone")
        if self._zone is None:
            self.notes.setdefault(text.format(zone=word))
        return self._zone

    def _begin(self, day: date, hours: int, zone: tzinfo | None, fold: int) -> float:
        """When the hour begins; of one given twice the second with `fold`."""
        try:
            moment = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(hours=hours)
            return moment.replace(fold=fold).timestamp()
        except (ValueError, OverflowError, OSError):
            return math.nan

    def _note_guess(self, found: FoundDate, text: str) -> None:
        if found.is_guessed:
            said = _("the date {text} was read as {date}; it is ambiguous")
            shown = " ".join(text.replace("\x1f", " ").split())
            self.notes.setdefault(said.format(text=repr(shown[:40]), date=found.date.isoformat()))

    def shift_seconds(self, last_seconds: float) -> float:
        """Return what to add to times of day without a date, so that none is later than the file.

        `last_seconds`: the last that was read.
        """
        if not self.is_dateless or self._has_date or last_seconds != last_seconds:
            return 0.0
        late = last_seconds - self._latest_seconds - 60
        return -_DAY * max(0, math.ceil(late / _DAY))


def _seconds_of(text: str) -> float:
    return _UP_TO_61.get(text) or float(text.replace(",", ".").replace(":", "."))


def _offset_of(text: str) -> tuple[tzinfo, str] | None:
    """The offset from UTC that a text names, and what is left of it."""
    match = _OFFSET.search(text)
    if match is None or int(match[2]) > 14 or int(match[3] or 0) > 59:
        return None
    sign = -1 if match[1] in "-−" else 1
    shift = sign * timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(shift), text[: match.start()] + text[match.end() :]
