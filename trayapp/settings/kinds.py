"""The kinds of value a setting may have: each reads it from TOML, writes it and says what fits."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from trayapp.domain.records.colors import parse_color
from trayapp.language.catalogue import _, ngettext
from trayapp.language.units import GIB, KIB, MIB, parse_duration, parse_size

_LONGEST_ENTRY = 4096
_HOURS = r"(([01]\d|2[0-3]):[0-5]\d)-(([01]\d|2[0-3]):[0-5]\d)"


class RefusedError(ValueError):
    """A value does not fit; its text continues a sentence: "is not a duration"."""


class Kind(Protocol):
    """One kind of value."""

    @property
    def allowed(self) -> str:
        """What fits, as a person would write it: `"0.2s" to "30s"`."""

    def read(self, value: object) -> object:
        """Turn a value of the TOML file into one of the records.

        Raises: RefusedError if it does not fit.
        """

    def write(self, value: object) -> str:
        """Write a value that `read` has returned as TOML."""


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    @property
    def allowed(self) -> str:
        """The two."""
        return _("true or false")

    def read(self, value: object) -> bool:
        """As it is."""
        if not isinstance(value, bool):
            raise RefusedError(_("is neither true nor false"))
        return value

    def write(self, value: object) -> str:
        """As TOML has it."""
        return "true" if value else "false"


@dataclass(frozen=True, slots=True)
class Number:
    """A number within bounds; `factor` turns the file's unit into the record's."""

    low: float
    high: float
    factor: int = 1

    @property
    def allowed(self) -> str:
        """The bounds."""
        return _reach(self.low, self.high)

    def read(self, value: object) -> float:
        """In the record's unit."""
        return float(
            _within(_finite(value, _("is not a number")), self.low, self.high) * self.factor
        )

    def write(self, value: object) -> str:
        """In the file's unit."""
        return _decimal(_as_float(value) / self.factor)


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within bounds; `factor` turns the file's unit into the record's."""

    low: int
    high: int
    factor: int = 1

    @property
    def allowed(self) -> str:
        """The bounds."""
        return _reach(self.low, self.high)

    def read(self, value: object) -> int:
        """In the record's unit."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise RefusedError(_("is not a whole number"))
        return int(_within(value, self.low, self.high)) * self.factor

    def write(self, value: object) -> str:
        """In the file's unit."""
        return _decimal(_as_float(value) / self.factor)


@dataclass(frozen=True, slots=True)
class Duration:
    """A time span: text such as "90s", or a number of seconds."""

    low_seconds: float
    high_seconds: float

    @property
    def allowed(self) -> str:
        """The bounds."""
        return _reach(self.write(self.low_seconds), self.write(self.high_seconds))

    def read(self, value: object) -> float:
        """Seconds."""
        why = _("is not a duration")
        seconds = _parsed(parse_duration, value, why) if isinstance(value, str) else value
        return float(_within(_finite(seconds, why), self.low_seconds, self.high_seconds))

    def write(self, value: object) -> str:
        """In the largest unit that needs no fraction."""
        seconds = _as_float(value)
        for unit, size in (("y", 31_536_000), ("d", 86_400), ("h", 3600), ("min", 60)):
            if seconds and seconds % size == 0:
                return f'"{_decimal(seconds / size)}{unit}"'
        return f'"{_decimal(seconds)}s"'


@dataclass(frozen=True, slots=True)
class Size:
    """An amount of memory or disk: text such as "500M" or "1.5GiB", or a number of bytes."""

    low_bytes: int
    high_bytes: int

    @property
    def allowed(self) -> str:
        """The bounds."""
        return _reach(self.write(self.low_bytes), self.write(self.high_bytes))

    def read(self, value: object) -> int:
        """Whole bytes."""
        why = _("is not a size")
        size = _parsed(parse_size, value, why) if isinstance(value, str) else value
        return round(_within(_finite(size, why), self.low_bytes, self.high_bytes))

    def write(self, value: object) -> str:
        """In the unit that makes it shortest and loses nothing."""
        size = round(_as_float(value))
        units = {
            "TiB": 1024 * GIB,
            "GiB": GIB,
            "MiB": MIB,
            "KiB": KIB,
            "GB": 10**9,
            "MB": 10**6,
            "KB": 10**3,
            "": 1,
        }
        exact = [f"{size // unit}{name}" for name, unit in units.items() if size % unit == 0]
        return f'"{min(exact, key=len)}"'


class Limit(NamedTuple):
    """How much a target may use: exactly one is set."""

    bytes: int | None
    share: float | None
    """Of the machine's memory; 1.0 is all."""


@dataclass(frozen=True, slots=True)
class LimitKind:
    """A size, or a share of the machine's memory: "20%"."""

    size: Size

    @property
    def allowed(self) -> str:
        """Both forms."""
        return _('{sizes}, or "1%" to "100%" of memory').format(sizes=self.size.allowed)

    def read(self, value: object) -> Limit:
        """Either form."""
        if not isinstance(value, str) or not value.rstrip().endswith("%"):
            return Limit(self.size.read(value), None)
        why = _("is not a size or a share")
        percent = _parsed(float, value.rstrip()[:-1], why)
        return Limit(None, _within(_finite(percent, why), 1, 100) / 100)

    def write(self, value: object) -> str:
        """As it was meant: bytes or percent."""
        if not isinstance(value, Limit):
            raise TypeError(f"not a Limit: {value!r}")
        return (
            self.size.write(value.bytes)
            if value.share is None
            else f'"{_decimal(value.share * 100)}%"'
        )


@dataclass(frozen=True, slots=True)
class Text:
    """Any text that is not empty."""

    longest: int

    @property
    def allowed(self) -> str:
        """The length."""
        return _("1 to {count} characters").format(count=self.longest)

    def read(self, value: object) -> str:
        """As it is."""
        if not isinstance(value, str):
            raise RefusedError(_("is not text in quotes"))
        if not 1 <= len(value) <= self.longest:
            text = ngettext("has {count} character", "has {count} characters", len(value))
            raise RefusedError(text.format(count=len(value)) if value else _("is empty"))
        return value

    def write(self, value: object) -> str:
        """In quotes; in single ones, which need no escapes, where they can hold it."""
        text = str(value)
        literal = "\\" in text and "'" not in text and text.isprintable()
        return f"'{text}'" if literal else quote(text)


@dataclass(frozen=True, slots=True)
class Choice:
    """One word of a few."""

    words: tuple[str, ...]

    @property
    def allowed(self) -> str:
        """The words."""
        return _(" or ").join(map(quote, self.words))

    def read(self, value: object) -> str:
        """As it is."""
        if not isinstance(value, str) or value not in self.words:
            raise RefusedError(_("is none of the words that fit"))
        return value

    def write(self, value: object) -> str:
        """In quotes."""
        return quote(str(value))


@dataclass(frozen=True, slots=True)
class Color:
    """A colour, "#rrggbb", as three numbers of 0 to 255."""

    @property
    def allowed(self) -> str:
        """The form."""
        return _reach('"#000000"', '"#ffffff"')

    def read(self, value: object) -> tuple[int, int, int]:
        """Red, green, blue."""
        if not isinstance(value, str):
            raise RefusedError(_("is not text in quotes"))
        try:
            return parse_color(value)
        except ValueError as error:
            raise RefusedError(_("is not a colour")) from error

    def write(self, value: object) -> str:
        """In quotes."""
        parts = value if isinstance(value, tuple | list) else ()
        return quote("#" + "".join(f"{part:02x}" for part in parts))


@dataclass(frozen=True, slots=True)
class Texts:
    """A list of texts; with `words`, each is one of these and none comes twice."""

    least: int
    most: int
    words: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """How many, and of what."""
        text = _("a list of {least} to {most} texts")
        if self.words:
            text = _("a list of {least} to {most} of {words}")
        words = ", ".join(map(quote, self.words))
        return text.format(least=self.least, most=self.most, words=words)

    def read(self, value: object) -> tuple[str, ...]:
        """As a tuple."""
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise RefusedError(_("is not a list of texts"))
        if not self.least <= len(value) <= self.most:
            text = ngettext("has {count} entry", "has {count} entries", len(value))
            raise RefusedError(text.format(count=len(value)))
        if any(len(each) > _LONGEST_ENTRY or "\0" in each for each in value):
            raise RefusedError(_("has an entry that is too long or holds a zero byte"))
        if self.words and (set(value) - set(self.words) or len(set(value)) < len(value)):
            raise RefusedError(_("has an entry that does not fit"))
        return tuple(value)

    def write(self, value: object) -> str:
        """As a list on one line."""
        entries = value if isinstance(value, tuple | list) else ()
        return f"[{', '.join(quote(str(each)) for each in entries)}]"


@dataclass(frozen=True, slots=True)
class Hours:
    """A stretch of every day in local time, "22:00-07:00"; empty text for none."""

    @property
    def allowed(self) -> str:
        """The form."""
        return _('"22:00-07:00", or "" for none')

    def read(self, value: object) -> str:
        """As it is."""
        if not isinstance(value, str):
            raise RefusedError(_("is not text in quotes"))
        times = re.fullmatch(_HOURS, value)
        if value and not times:
            raise RefusedError(_("is not two times of day"))
        if times and times[1] == times[3]:
            raise RefusedError(_("ends when it begins"))
        return value

    def write(self, value: object) -> str:
        """In quotes."""
        return quote(str(value))


@dataclass(frozen=True, slots=True)
class Secret(Text):
    """Text of one form that may hold a secret, also by mistake: no message may repeat it."""

    form: str
    """A regular expression for all of it."""
    noun: str

    @property
    def allowed(self) -> str:
        """The form, for people."""
        return _(self.noun)

    def read(self, value: object) -> str:
        """As it is."""
        text = Text.read(self, value)
        if not text.isprintable() or not re.fullmatch(self.form, text):
            raise RefusedError(_("has another form"))
        return text


@dataclass(frozen=True, slots=True)
class Subject(Text):
    """What the icon shows; whether there is such a target is checked when all are known."""

    @property
    def allowed(self) -> str:
        """The fixed ones, and targets."""
        return _('"system", "pressure", "largest", "memtray" or one of your [[targets]]')


@dataclass(frozen=True, slots=True)
class Name(Text):
    """Text that can be shown on one line of a menu without surprises."""

    @property
    def allowed(self) -> str:
        """Length and characters."""
        return _("1 to {count} printable characters").format(count=self.longest)

    def read(self, value: object) -> str:
        """As it is."""
        # Not super(): it does not work in a dataclass with slots before Python 3.14.
        name = Text.read(self, value)
        if not name.isprintable() or name != name.strip():
            raise RefusedError(_("holds characters that cannot be seen"))
        return name


@dataclass(frozen=True, slots=True)
class Pattern(Text):
    """A regular expression as Python's `re` takes it."""

    @property
    def allowed(self) -> str:
        """Length and language."""
        text = _("a Python regular expression of 1 to {count} characters")
        return text.format(count=self.longest)

    def read(self, value: object) -> str:
        """The text of an expression that compiles."""
        import warnings

        text = Text.read(self, value)
        try:
            with warnings.catch_warnings():
                # "Possible nested set": the expression works, and nobody reads the warning here.
                warnings.simplefilter("ignore")
                re.compile(text)
        except re.error as error:
            why = _("is not a regular expression ({reason})")
            if error.pos is not None:
                why = _("is not a regular expression ({reason} at character {place})")
            place = (error.pos or 0) + 1
            raise RefusedError(why.format(reason=error.msg, place=place)) from error
        except (OverflowError, RecursionError) as error:
            raise RefusedError(_("is too complex for a regular expression")) from error
        return text


def quote(text: str) -> str:
    """Write `text` as a TOML basic string on one line, whatever is in it.

    Lone surrogates are written as an escape that TOML refuses: it has no way to hold them.
    """
    return '"' + "".join(_escape(character) for character in text) + '"'


def one_line(text: str) -> str:
    """Escape what would break a line, hide or reorder text in a message for a person."""
    return "".join(character if character.isprintable() else _code(character) for character in text)


def _escape(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else _code(character)


def _code(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def _reach(low: object, high: object) -> str:
    return _("{low} to {high}").format(low=low, high=high)


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
