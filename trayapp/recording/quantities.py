"""Numbers and sizes as programs print them: units, thousands separators, decimal commas.

kB, MB and GB beside a number of memory are powers of 1024, as in ps, top, psrecord and Windows;
only in "USED / LIMIT" of `podman stats` (and of Docker before 17.06) they are powers of 1000.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from trayapp.language.units import GIB, KIB, MIB

MOST_VALUE = 1e18
"""Nothing that is measured is more."""
UNITS = {
    "b": 1.0, "byte": 1.0, "bytes": 1.0, "octets": 1.0,
    "k": float(KIB), "kb": float(KIB), "kib": float(KIB), "ki": float(KIB),
    "m": float(MIB), "mb": float(MIB), "mib": float(MIB), "mi": float(MIB),
    "g": float(GIB), "gb": float(GIB), "gib": float(GIB), "gi": float(GIB),
    "t": 1024.0**4, "tb": 1024.0**4, "tib": 1024.0**4, "ti": 1024.0**4,
    "p": 1024.0**5, "pb": 1024.0**5, "pib": 1024.0**5, "pi": 1024.0**5,
    "kbyte": float(KIB), "kbytes": float(KIB), "kilobyte": float(KIB), "kilobytes": float(KIB),
    "kibibyte": float(KIB), "kibibytes": float(KIB), "kbs": float(KIB),
    "mbyte": float(MIB), "mbytes": float(MIB), "megabyte": float(MIB), "megabytes": float(MIB),
    "mebibyte": float(MIB), "mebibytes": float(MIB), "megs": float(MIB), "meg": float(MIB),
    "mbs": float(MIB),
    "gbyte": float(GIB), "gbytes": float(GIB), "gigabyte": float(GIB), "gigabytes": float(GIB),
    "gibibyte": float(GIB), "gibibytes": float(GIB), "gigs": float(GIB), "gig": float(GIB),
    "tbyte": 1024.0**4, "tbytes": 1024.0**4, "terabyte": 1024.0**4, "terabytes": 1024.0**4,
    "tebibyte": 1024.0**4, "tebibytes": 1024.0**4,
    "kibyte": float(KIB), "kibytes": float(KIB), "mibyte": float(MIB), "mibytes": float(MIB),
    "gibyte": float(GIB), "gibytes": float(GIB),
    "page": 4096.0, "pages": 4096.0,
}  # fmt: skip
"""Bytes of each, by its name in small letters."""
_DECIMAL = {"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "pb": 1e15}
NumberStyle = Literal["plain", "decimal comma", "thousands comma", "thousands dot"]
"""Ways in which a column writes its numbers: 1234.5, 1234,5 (or 1.234,5), 1,234.5, 1.234.567."""
_SPACES = " \u00a0\u202f\u2009'\u2019_"
_LONGEST_QUANTITY = 120
_NUMBER = re.compile(rf"[+-]?\d[\d.,{_SPACES}]*(?:[eE][+-]?\d+)?")
_QUANTITY = re.compile(
    rf"([+-]?\d[\d.,{_SPACES}]*?(?:[eE][+-]?\d+)?)\s*([A-Za-z]+)?\.?(?:\s*/.*)?", re.DOTALL
)
_GROUPED_COMMA = re.compile(r"[+-]?\d{1,3}(,\d{2,3})*,\d{3}(\.\d+)?")
_GROUPED_DOT = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?")


def unit_bytes(name: str) -> float | None:
    """Bytes of a unit by its name, in any case ("MiB", "kbytes"); None if it is none."""
    return UNITS.get(name.lower())


def number_style(cells: Iterable[str], *, is_semicolon: bool) -> NumberStyle:
    """Return the way in which one column writes its numbers, by some of its cells.

    `is_semicolon`: whether semicolons (or tabs) separate the cells, as where commas are decimal.
    """
    has_dots = False
    grouped_count = other_count = 0
    for cell in cells:
        match = _NUMBER.match(cell.strip())
        number = match[0].rstrip(_SPACES + ".,") if match else ""
        if number.count(".") > 1 or ("." in number and "," in number[number.rindex(".") :]):
            has_dots = True
        if "," in number:
            if number.count(",") > 1 or ("." in number and number.rindex(".") > number.rindex(",")):
                return "thousands comma"
            is_grouped = _GROUPED_COMMA.fullmatch(number) is not None
            grouped_count += is_grouped
            other_count += not is_grouped
    if has_dots:
        return "decimal comma" if grouped_count + other_count else "thousands dot"
    # One cell that was cut off or is damaged does not make all others a thousandth.
    if other_count > grouped_count / 4 or (grouped_count and is_semicolon):
        return "decimal comma"
    if grouped_count:
        return "thousands comma"
    return "decimal comma" if is_semicolon else "plain"


def number_in(text: str, style: NumberStyle = "plain") -> float:
    """The number that a text is; NaN if it is none or beyond all numbers."""
    try:
        value = float(text)
    except ValueError:
        value = _styled(text.strip(), style)
    return value if abs(value) < MOST_VALUE else math.nan


def _styled(text: str, style: NumberStyle) -> float:
    for space in _SPACES:
        text = text.replace(space, "")
    if style == "thousands comma" or (style == "plain" and _GROUPED_COMMA.fullmatch(text)):
        # What does not stand in groups is none of this column's numbers.
        if "," in text and not _GROUPED_COMMA.fullmatch(text):
            return math.nan
        text = text.replace(",", "")
    elif style == "plain" and text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    elif style in ("decimal comma", "thousands dot"):
        if "." in text and ("," in text or style == "thousands dot" or text.count(".") > 1):
            if not _GROUPED_DOT.fullmatch(text):
                return math.nan
            text = text.replace(".", "")
        text = text.replace(",", ".")
    try:
        return float(text)
    except ValueError:
        return math.nan


def size_in(text: str, factor: float = 1.0, style: NumberStyle = "plain") -> float:
    """Bytes of a cell; its own unit counts, else `factor`; NaN if it holds no size.

    Of "9.122MB / 12.21GB" the first.
    """
    try:
        value = float(text)
    except ValueError:
        return _quantity(text, factor, style)
    return value * factor if abs(value) < MOST_VALUE else math.nan


def _match_quantity(text: str) -> re.Match[str] | None:
    # Its blanks can be told apart in many ways: a long line of them takes minutes.
    return _QUANTITY.fullmatch(text.strip()) if len(text) <= _LONGEST_QUANTITY else None


@lru_cache(maxsize=8192)
def _quantity(text: str, factor: float, style: NumberStyle) -> float:
    match = _match_quantity(text)
    if match is None:
        return math.nan
    value = number_in(match[1].strip(), style)
    unit = match[2]
    if unit is None:
        return value * factor
    bytes_of_unit = unit_bytes(unit)
    if bytes_of_unit is None:
        return math.nan
    if "/" in text:
        bytes_of_unit = _DECIMAL.get(unit.lower(), bytes_of_unit)
    return value * bytes_of_unit


def unit_of_cell(text: str) -> str | None:
    """The unit that a cell names itself, as it is written; None without one."""
    match = _match_quantity(text)
    unit = match[2] if match else None
    return unit if unit and unit.lower() in UNITS else None


def number_of(told: object) -> float:
    """A number as programs print it; NaN if it is none, or beyond all numbers."""
    try:
        return float(told)  # type: ignore[arg-type]
    except (ValueError, OverflowError, TypeError):
        return math.nan


def falls(values: Sequence[float]) -> bool:
    """Whether any known value is smaller than the one before."""
    known = [value for value in values if value == value]
    return any(after < before for before, after in pairwise(known))
