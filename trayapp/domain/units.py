"""Sizes, durations and rates as people write and read them. Pure text in, numbers out, and back."""

from __future__ import annotations

import re

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
        raise ValueError(f"{text!r} is not a size; write it like 500M or 1.5GiB")
    return round(float(match[1]) * factor)


def parse_duration(text: str) -> float:
    """Read a duration such as "90s", "15min", "2h", "500ms" or "7d": seconds.

    Raises: ValueError with what was expected.
    """
    match = _QUANTITY.fullmatch(text)
    unit = match[2].lower() if match else ""
    factor = _DURATION_UNITS.get({"m": "min", "": "s"}.get(unit, unit))
    if match is None or factor is None:
        raise ValueError(f"{text!r} is not a duration; write it like 90s, 15min or 2h")
    return float(match[1]) * factor


def format_size(size_bytes: float | None) -> str:
    """Write a size for people, in binary units with about three digits: "1.46 GiB", "–"."""
    if size_bytes is None:
        return "–"
    sign = "-" if size_bytes < 0 else ""
    value = abs(float(size_bytes))
    if value < KIB:
        return f"{sign}{value:.0f} B"
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        value /= KIB
        if value < 1023.5 or unit == "TiB":
            break
    digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{sign}{value:.{digits}f} {unit}"


def format_rate(bytes_per_second: float | None) -> str:
    """Write a rate with its sign: "+200 KiB/s", "-1.50 MiB/s", "0 B/s", "–"."""
    if bytes_per_second is None:
        return "–"
    size = format_size(bytes_per_second)
    if size in ("0 B", "-0 B"):
        return "0 B/s"
    return f"{'' if bytes_per_second < 0 else '+'}{size}/s"


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
    for name, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"


def format_estimate(seconds: float | None) -> str:
    """Write a duration that is only guessed, without digits that pretend to be known."""
    if seconds is None:
        return "–"
    step = 86400 if seconds >= 10 * 86400 else 3600 if seconds >= 36000 else 60
    return format_duration(round(seconds / step) * step if seconds >= 600 else seconds)


def format_percent(share: float | None) -> str:
    """Write a share (1.0 is all) as whole percent: "42 %", "–"."""
    return "–" if share is None else f"{share * 100:.0f} %"
