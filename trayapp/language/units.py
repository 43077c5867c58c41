"""Sizes, durations and rates as people write and read them: text to numbers, and back."""

from __future__ import annotations

import re

from trayapp.language.catalogue import N_, _, format_number

KIB = 1024
MIB = 1024**2
GIB = 1024**3

_SIZE_UNITS = {
    "": 1, "b": 1,
    "k": KIB, "kib": KIB, "kb": 10**3,
    "m": MIB, "mib": MIB, "mb": 10**6,
    "g": GIB, "gib": GIB, "gb": 10**9,
    "t": 1024**4, "tib": 1024**4, "tb": 10**12,
}  # fmt: skip
_DURATION_UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "y": 31_536_000.0}
_QUANTITY = re.compile(r"\s*(\d{1,15}(?:\.\d{1,9})?)\s*([A-Za-z]*)\s*")


def parse_size(text: str) -> int:
    """Read a size such as "500M", "1.5GiB" or "4096": bytes, rounded to whole ones.

    As in GNU tools and systemd: K, M, G, T and KiB, MiB… are powers of 1024, KB, MB… of 1000. Case
    does not matter.

    Raises: ValueError with what was expected.
    """
    match = _QUANTITY.fullmatch(text)
    factor = _SIZE_UNITS.get(match[2].lower()) if match else None
    if match is None or factor is None:
        template = _("{text} is not a size; use something like 500M or 1.5GiB")
        raise ValueError(template.format(text=repr(text)))
    return round(float(match[1]) * factor)


def parse_duration(text: str) -> float:
    """Read a duration such as "90s", "15min", "2h", "500ms" or "7d": seconds.

    Raises: ValueError with what was expected.
    """
    match = _QUANTITY.fullmatch(text)
    unit = match[2].lower() if match else ""
    factor = _DURATION_UNITS.get({"m": "min", "": "s"}.get(unit, unit))
    if match is None or factor is None:
        template = _("{text} is not a duration; use something like 90s, 15min or 2h")
        raise ValueError(template.format(text=repr(text)))
    return float(match[1]) * factor


_SIZES = (
    (KIB, 1023.5, (N_("{number} KiB"), N_("{number} MiB"), N_("{number} GiB"), N_("{number} TiB"))),
    (1000, 999.5, (N_("{number} kB"), N_("{number} MB"), N_("{number} GB"), N_("{number} TB"))),
)
"""In binary and in decimal units: the step, below what a unit is used, and the units."""
_BYTES = N_("{number} B")
_DURATIONS = (
    (N_("{number} d"), 86400), (N_("{number} h"), 3600), (N_("{number} min"), 60),
    (N_("{number} s"), 1),
)  # fmt: skip
UNIT_NAMES = ("binary", "decimal")
_sizes = _SIZES[0]


def use_units(name: str) -> None:
    """Write sizes in these units from now on, one of UNIT_NAMES. Any thread."""
    global _sizes
    _sizes = _SIZES[UNIT_NAMES.index(name)]


def unit_name() -> str:
    """Return the units in use, one of UNIT_NAMES. Any thread."""
    return UNIT_NAMES[_SIZES.index(_sizes)]


def format_size(size_bytes: float | None) -> str:
    """Write a size for people, with about three digits: "1.46 GiB", "–"."""
    if size_bytes is None:
        return "–"
    sign = "-" if size_bytes < 0 else ""
    value = abs(float(size_bytes))
    step, enough, units = _sizes
    if value < step:
        return _(_BYTES).format(number=f"{sign}{value:.0f}")
    value /= step
    at = 0
    while value >= enough and at < len(units) - 1:
        value /= step
        at += 1
    digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
    return _(units[at]).format(number=sign + format_number(value, digits))


def unit_for(size_bytes: float) -> tuple[int, str]:
    """Return the unit for sizes of which this is the largest: its bytes, and a text for `_`.

    The text's {number} is to be filled in.
    """
    step, enough, units = _sizes
    if size_bytes < step:
        return 1, _BYTES
    at = 0
    while size_bytes >= enough * step ** (at + 1) and at < len(units) - 1:
        at += 1
    return step ** (at + 1), units[at]


def format_rate(bytes_per_second: float | None, *, signed: bool = True) -> str:
    """Write a rate: "+200 KiB/s", "-1.50 MiB/s", "0 B/s", "–"; `signed`: with a plus."""
    if bytes_per_second is None:
        return "–"
    if abs(bytes_per_second) <= 0.5:
        # Nothing falls or rises that is written as 0.
        bytes_per_second, signed = 0.0, False
    sign = "+" if signed and bytes_per_second > 0 else ""
    # Translators: a rate, such as "+200 KiB/s".
    return sign + _("{size}/s").format(size=format_size(bytes_per_second))


def format_duration(seconds: float | None) -> str:
    """Write a duration for people, in its two largest units: "2 h 40 min", "45 s", "3 d", "–"."""
    if seconds is None:
        return "–"
    left = max(0, round(seconds))
    if left >= 3600:
        left = round(left / 60) * 60
    if left >= 86400:
        left = round(left / 3600) * 3600
    parts = []
    for unit, size in _DURATIONS:
        count, left = divmod(left, size)
        if count:
            parts.append(_(unit).format(number=count))
    if len(parts) > 1:
        # Translators: a duration of two units, such as "2 h 40 min".
        return _("{larger} {smaller}").format(larger=parts[0], smaller=parts[1])
    return parts[0] if parts else _("{number} s").format(number=0)


_ESTIMATE_STEPS = ((10 * 86400, 86400), (36000, 3600), (180, 60), (20, 5))
"""From so many seconds on, an estimate is rounded to so many."""


def format_estimate(seconds: float | None) -> str:
    """Write a duration that is only guessed, without digits that pretend to be known."""
    if seconds is None:
        return "–"
    step = next((step for least, step in _ESTIMATE_STEPS if seconds >= least), 1)
    return format_duration(round(seconds / step) * step)


def format_percent(share: float | None, digits: int | None = 0) -> str:
    """Write a share (1.0 is all) in percent: "42%", "–"; `digits` as in `format_number`."""
    if share is None:
        return "–"
    return _("{number}%").format(number=format_number(share * 100, digits))
