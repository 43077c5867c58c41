"""The kinds of value a setting may have: each reads it from TOML, writes it and says what fits."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from trayapp.dataclass import NamedTuple, dataclass
from trayapp.domain.records.colors import parse_color
from trayapp.language.catalogue import _, ngettext
from trayapp.language.units import GIB, KIB, MIB, parse_duration, parse_size
from trayapp.settings.quoting import quote

_LONGEST_ENTRY = 4096
_HOURS = r"(([01]\d|2[0-3]):[0-5]\d)-(([01]\d|2[0-3]):[0-5]\d)"


class RefusedError(ValueError):
    """A value does not fit; its text continues a sentence: "is not a duration"."""


class Kind:
    """One kind of value, which reads it, writes it and says what fits."""

    __slots__ = ()

    @property
    def allowed(self) -> str:
        """The values that fit, as a person would write them: `"0.2s" to "30s"`."""
        raise NotImplementedError

    def read(self, value: object) -> object:
        """Turn a value of the TOML file into one of the records.

        Raises: RefusedError if it does not fit.
        """
        raise NotImplementedError

    def write(self, value: object) -> str:
        """Write a value that `read` has returned as TOML."""
        return quote(str(value))


@dataclass(frozen=True, slots=True)
class Flag(Kind):
    """A switch: true or false."""

    @property
    def allowed(self) -> str:
        return _("true or false")

    def read(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise RefusedError(_("is neither true nor false"))
        return value

    def write(self, value: object) -> str:
        return "true" if value else "false"


@dataclass(frozen=True, slots=True)
class Number(Kind):
    """A number within bounds; `factor` turns the file's unit into the record's."""

    low: float
    high: float
    factor: int = 1

    @property
    def allowed(self) -> str:
        return _reach(self.low, self.high)

    def read(self, value: object) -> float:
        return float(
            _within(_finite(value, _("is not a number")), self.low, self.high) * self.factor
        )

    def write(self, value: object) -> str:
        return _decimal(_as_float(value) / self.factor)


@dataclass(frozen=True, slots=True)
class Whole(Number):
    """A whole number within bounds; `factor` turns the file's unit into the record's."""

    def read(self, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise RefusedError(_("is not a whole number"))
        return int(_within(value, self.low, self.high)) * self.factor


@dataclass(frozen=True, slots=True)
class Duration(Kind):
    """A time span: text such as "90s", or a number of seconds."""

    low_seconds: float
    high_seconds: float

    @property
    def allowed(self) -> str:
        return _reach(self.write(self.low_seconds), self.write(self.high_seconds))

    def read(self, value: object) -> float:
        why = _("is not a duration")
        seconds = _parsed(parse_duration, value, why) if isinstance(value, str) else value
        return float(_within(_finite(seconds, why), self.low_seconds, self.high_seconds))

    def write(self, value: object) -> str:
        seconds = _as_float(value)
        for unit, size in (("y", 31_536_000), ("d", 86_400), ("h", 3600), ("min", 60)):
            if seconds and seconds % size == 0:
                return f'"{_decimal(seconds / size)}{unit}"'
        return f'"{_decimal(seconds)}s"'


@dataclass(frozen=True, slots=True)
class Size(Kind):
    """An amount of memory or disk: text such as "500M" or "1.5GiB", or a number of bytes."""

    low_bytes: int
    high_bytes: int

    @property
    def allowed(self) -> str:
        return _reach(self.write(self.low_bytes), self.write(self.high_bytes))

    def read(self, value: object) -> int:
        why = _("is not a size")
        size = _parsed(parse_size, value, why) if isinstance(value, str) else value
        return round(_within(_finite(size, why), self.low_bytes, self.high_bytes))

    def write(self, value: object) -> str:
        size = round(_as_float(value))
        units = {
            "TiB": 1024 * GIB, "GiB": GIB, "MiB": MIB, "KiB": KIB,
            "GB": 10**9, "MB": 10**6, "KB": 10**3, "": 1,
        }  # fmt: skip
        exact = [f"{size // unit}{name}" for name, unit in units.items() if size % unit == 0]
        return f'"{min(exact, key=len)}"'


class Limit(NamedTuple):
    """The memory that a target may use: exactly one of the two is set."""

    bytes: int | None
    share: float | None
    """Of the machine's memory; 1.0 is all."""


@dataclass(frozen=True, slots=True)
class LimitKind(Kind):
    """A size, or a share of the machine's memory: "20%"."""

    size: Size

    @property
    def allowed(self) -> str:
        return _('{sizes}, or "1%" to "100%" of memory').format(sizes=self.size.allowed)

    def read(self, value: object) -> Limit:
        if not isinstance(value, str) or not value.rstrip().endswith("%"):
            return Limit(self.size.read(value), None)
        why = _("is not a size or a share")
        percent = _parsed(float, value.rstrip()[:-1], why)
        return Limit(None, _within(_finite(percent, why), 1, 100) / 100)

    def write(self, value: object) -> str:
        if not isinstance(value, Limit):
            raise TypeError(f"not a Limit: {value!r}")
        if value.share is not None:
            return f'"{_decimal(value.share * 100)}%"'
        return self.size.write(value.bytes)


@dataclass(frozen=True, slots=True)
class Choice(Kind):
    """One word of a few, each with what the settings window shows for it."""

    words: tuple[str, ...]
    shown: tuple[str, ...]

    @property
    def allowed(self) -> str:
        return _(" or ").join(map(quote, self.words))

    def read(self, value: object) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise RefusedError(_("is not one of the allowed values"))
        return value


@dataclass(frozen=True, slots=True)
class Color(Kind):
    """A colour, "#rrggbb", as three numbers of 0 to 255."""

    @property
    def allowed(self) -> str:
        return _reach('"#000000"', '"#ffffff"')

    def read(self, value: object) -> tuple[int, int, int]:
        value = read_text(value)
        try:
            return parse_color(value)
        except ValueError as error:
            raise RefusedError(_("is not a colour")) from error

    def write(self, value: object) -> str:
        parts = value if isinstance(value, tuple | list) else ()
        return quote("#" + "".join(f"{part:02x}" for part in parts))


@dataclass(frozen=True, slots=True)
class Texts(Kind):
    """A list of texts; with `words`, each is one of these and none comes twice."""

    least: int
    most: int
    words: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        text = _("a list of {least} to {most} texts")
        if self.words:
            text = _("a list of {least} to {most} of {words}")
        words = ", ".join(map(quote, self.words))
        return text.format(least=self.least, most=self.most, words=words)

    def read(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise RefusedError(_("is not a list of texts"))
        if not self.least <= len(value) <= self.most:
            text = ngettext("has {count} entry", "has {count} entries", len(value))
            raise RefusedError(text.format(count=len(value)))
        if any(len(each) > _LONGEST_ENTRY or "\0" in each for each in value):
            raise RefusedError(_("has an entry that is too long or contains a null byte"))
        if self.words and (set(value) - set(self.words) or len(set(value)) < len(value)):
            raise RefusedError(_("has an entry that is not allowed"))
        return tuple(value)

    def write(self, value: object) -> str:
        entries = value if isinstance(value, tuple | list) else ()
        return f"[{', '.join(quote(str(each)) for each in entries)}]"


@dataclass(frozen=True, slots=True)
class Hours(Kind):
    """A stretch of every day in local time, "22:00-07:00"; empty text for none."""

    @property
    def allowed(self) -> str:
        return _('"22:00-07:00", or "" for none')

    def read(self, value: object) -> str:
        value = read_text(value)
        times = re.fullmatch(_HOURS, value)
        if value and not times:
            raise RefusedError(_("is not a pair of times"))
        if times and times[1] == times[3]:
            raise RefusedError(_("starts and ends at the same time"))
        return value


def _reach(low: object, high: object) -> str:
    return _("{low} to {high}").format(low=low, high=high)


def read_text(value: object) -> str:
    if not isinstance(value, str):
        raise RefusedError(_("is not quoted text"))
    return value


def _finite(value: object, why: str) -> int | float:
    # A bool is an int in Python, not in a settings file.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RefusedError(why)
    if isinstance(value, float) and not math.isfinite(value):
        raise RefusedError(why)
    return value


def _within(value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise RefusedError(_("is out of range"))
    return value


def _parsed(parse: Callable[[str], float], text: str, why: str) -> float:
    try:
        return float(parse(text))
    except ValueError as error:
        raise RefusedError(why) from error


def _as_float(value: object) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"not a number: {value!r}")
    return value


def _decimal(number: float) -> str:
    return f"{number:.9f}".rstrip("0").rstrip(".")
