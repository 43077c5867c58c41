"""What is not shown of the history, in words: rows that are damaged, samples far ahead."""

from __future__ import annotations

from datetime import datetime

from trayapp.history.reader import HistoryReader
from trayapp.language.catalogue import _, format_count, ngettext


def left_out_lines(reader: HistoryReader, until_wall_seconds: float = 0.0) -> list[str]:
    """Return a line on each thing that has been left out so far.

    until_wall_seconds: the end of what was read, where that may be far ahead, too.
    Raises: HistoryError.
    """
    lines = [unreadable_line(reader.left_out)] if reader.left_out else []
    ahead = reader.ahead_span()
    if ahead is not None and until_wall_seconds < ahead[0]:
        lines.append(ahead_line(*ahead))
    return lines


def unreadable_line(count: int) -> str:
    """Return the line on rows that are not as they were written."""
    return ngettext(
        "{count} row of the history cannot be read and is left out",
        "{count} rows of the history cannot be read and are left out",
        count,
    ).format(count=format_count(count))


def ahead_line(first_wall_seconds: float, last_wall_seconds: float) -> str:
    """Return the line on samples of a clock that was far ahead, and how to see them."""
    try:
        first, last = (
            datetime.fromtimestamp(seconds).strftime("%Y-%m-%dT%H:%M")
            for seconds in (first_wall_seconds, last_wall_seconds + 60.0)
        )
    except (ValueError, OverflowError, OSError):
        return _("samples of a clock that was far ahead are left out")
    return _(
        "samples of a clock that was far ahead are left out; to see them: "
        "memtray export --since {first} --until {last} -o FILE.csv"
    ).format(first=first, last=last)
