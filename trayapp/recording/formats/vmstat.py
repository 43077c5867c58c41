"""What `vmstat` prints: of the machine, of which it tells only swap in use, beside what is free.

Tried with procps-ng 4.0.2 (`-t`, `-w`, `-S M`, `-a`, `-n`). swpd is read: KiB, or what `-S` asked
for, which is not told. Without `-t` there are no times: samples are placed one second apart, with
a note. A machine that never used swap tells nothing of what it has in use, and is refused.
"""

from __future__ import annotations

from trayapp.errors import RecordingError
from trayapp.language.catalogue import N_, _
from trayapp.language.units import KIB
from trayapp.recording.gathering import Gathering, number_of
from trayapp.recording.looped import STAMP, LoopClock
from trayapp.recording.source import Source, Start

NAME = "vmstat"
EXPECTS = N_("a log of vmstat -t")
_PART = N_("only a part, such as a cache or shared pages")
_UNUSED = {"free": N_("what is free, not what is used")} | dict.fromkeys(
    ("buff", "cache", "inact", "active"), _PART
)


def resembles(start: Start) -> float:
    """By its titles."""
    return 1.0 if any(_is_heading(line) for line in start.lines[:60]) else 0.0


def _is_heading(line: str) -> bool:
    words = line.split()
    return "swpd" in words and "free" in words and "so" in words


def read(source: Source, found: Gathering) -> None:
    """Read what was printed.

    Raises: RecordingError if no swap was in use: the rest is what is free.
    """
    clock = LoopClock(source, found)
    swap = found.series("swap", _("swap used"), kind="swap")
    found.take("swpd", _("swap in use, in KiB"))
    titles: list[str] = []
    has_times = False
    for number, line in enumerate(source.lines(), 1):
        words = (rest := clock.unstamped(line) if STAMP.match(line) else line).split()
        if _is_heading(rest):
            # A title behind the figures is that of the times: the name of a zone.
            has_times = "timestamp" in (line, *source.start.lines[:2])[1] or words[-1].isupper()
            titles = words
            for title in filter(_UNUSED.get, titles):
                found.leave_out(title, _(_UNUSED[title]))
            continue
        if not titles or not words or rest.lstrip().startswith(("procs", "-")):
            continue
        count = len(titles) - (1 if has_times else 0)
        figures = words[:count]
        if len(figures) < count or not all(map(_is_figure, figures)):
            if line.endswith("\n") and not clock.read_time(line):
                found.pass_over(number, line, _("no row of vmstat"))
            continue
        if has_times and not clock.set_time(" ".join(words[count:])):
            if line.endswith("\n"):
                found.pass_over(number, line, _("no time"))
            continue
        clock.begin_block()
        swap.add(clock.at, number_of(figures[titles.index("swpd")]) * KIB)
    if not any(size > 0 for size in swap.sizes):
        raise RecordingError(
            _(
                "{path} is of vmstat, which tells what is free, not what is in use, and no swap was"
                " in use; record it by sar -r or free -s"
            ).format(path=source.path)
        )
    clock.finish()


def _is_figure(word: str) -> bool:
    return word.isdecimal()
