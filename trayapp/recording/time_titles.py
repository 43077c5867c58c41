"""Which titles of columns tell the time, in the languages that loggers speak."""

from __future__ import annotations

import re
from collections.abc import Sequence

from trayapp.recording.meaning import meaning_of, words_of

TIME_NAMES = (
    "t_s", "t_ms", "elapsed_seconds", "elapsed_s", "elapsed_ms", "elapsed", "seconds", "t",
    "monotonic_seconds", "unix_s", "unix_ms", "unix", "unixtime", "unix_time", "epoch_s",
    "epoch_ms", "epoch", "timestamp", "timestamp_ms", "time_stamp", "time", "time_s", "time_ms",
    "wall_seconds", "datetime", "date_time", "date", "ts", "when", "at", "at_unix_s", "_time",
    "logged_at", "created_at", "sampled_at", "recorded_at", "measured_at", "collected_at",
    "relative_time", "minutes", "min", "hours", "uptime", "local_time", "utc",
)  # fmt: skip
"""The more exact first."""
_TIME_WORDS = {
    "time", "timestamp", "seconds", "elapsed", "date", "datetime", "uptime", "epoch", "clock",
    "zeit", "uhrzeit", "datum", "zeitstempel", "heure", "horodatage", "fecha", "hora", "tiempo",
    "tempo", "ora", "data", "czas", "дата", "время", "tid", "tijd", "日時", "时间", "時間", "時刻",
}  # fmt: skip
_PDH = re.compile(r"\(PDH-(?:CSV|TSV)[^)]*\)(?:.*\((-?\d+)\)\s*$)?")


def plain_title(title: str) -> str:
    """In small letters, words joined by underscores."""
    return "_".join(re.findall(r"[a-zµ0-9]+", title.lower()))


def is_time_title(title: str) -> bool:
    """Whether a column of this title may tell the time."""
    if _PDH.match(title):
        return True
    if plain_title(title) in TIME_NAMES:
        return True
    words = set(re.findall(r"[^\W\d_]+", title.lower())) | {*words_of(title)}
    return bool(_TIME_WORDS & words) and meaning_of(title).kind is None


def time_columns(titles: Sequence[str]) -> list[int]:
    """Return the places of time columns, the most exact first."""
    plain = [plain_title(title) for title in titles]
    named = [at for at, name in enumerate(plain) if name in TIME_NAMES]
    named.sort(key=lambda at: TIME_NAMES.index(plain[at]))
    rest = [at for at, title in enumerate(titles) if at not in named and is_time_title(title)]
    return named + rest


def zone_of_pdh(title: str) -> int | None:
    """Minutes west of Greenwich, from the first title of a log of Windows' counters."""
    match = _PDH.match(title)
    return int(match[1]) if match and match[1] else None


def is_pdh(title: str) -> bool:
    """Whether it is the first title of a log of Windows' counters, whose dates are month first."""
    return _PDH.match(title) is not None
