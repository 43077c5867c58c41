"""Logs of a JDK's `jstat -gc -t PID INTERVAL`: the heap of a Java program.

Tried with 17.0.15 (`-gc`, `-gcold`, with and without `-t` and `-h`; G1 and serial collector). What
is used of all spaces (S0U, S1U, EU, OU) is added up, in KiB; of `-gcold` OU alone. `-t` tells the
seconds since the program began; without it, samples are placed one second apart, with a note.
"""

from __future__ import annotations

import math

from trayapp.language.catalogue import N_, _
from trayapp.language.units import KIB
from trayapp.recording.gathering import Gathering
from trayapp.recording.looped import STAMP, LoopClock
from trayapp.recording.quantities import number_of
from trayapp.recording.source import Source, Start

NAME = "jstat"
EXPECTS = N_("a log of jstat -gc -t")
_ALL = ("S0U", "S1U", "EU", "OU")
_KNOWN = {"S0C", "EC", "OC", "YGC", "FGC", "GCT", "MCMN", "S0U", "OU", "NGC", "CCS", "CCSC", "MC"}


def resembles(start: Start) -> float:
    return 1.0 if any(len({*line.split()} & _KNOWN) >= 3 for line in start.lines[:60]) else 0.0


def read(source: Source, found: Gathering) -> None:
    clock = LoopClock(source, found)
    titles: list[str] = []
    used: list[int] = []
    is_between = False
    may_be_stamped = not any("Timestamp" in line for line in source.start.lines[:60])
    heap = found.series("heap", _("Java heap"), kind="heap")
    for number, line in enumerate(source.lines(), 1):
        is_stamped = may_be_stamped and STAMP.match(line) is not None
        words = (clock.unstamped(line) if is_stamped else line).split()
        if words and words[-1][:1].isalpha() and len({*words} & _KNOWN) >= 3:
            if is_between and len(heap):
                # Not a heading that -h repeats, but another call.
                found.begin_run()
            titles, is_between = words, False
            used = _used(titles)
            if len(used) == 1:
                heap.name = _("old generation")
            continue
        if not titles or not words or not used:
            clock.read_time(line)
            continue
        figures = (
            [number_of(words[at].replace(",", ".")) for at in used]
            if len(words) == len(titles)
            else [math.nan]
        )
        size = sum(figures)
        if size != size:
            is_between = True
            if not clock.read_time(line) and words[0][:1].isdigit():
                found.pass_line(number, line, _("not a row of jstat"))
            continue
        if titles[0] == "Timestamp":
            at = found.moment(number_of(words[0].replace(",", ".")))
        else:
            clock.begin_block()
            at = clock.at
        heap.add(at, size * KIB)
    if not used:
        raise source.refusal(
            _(
                "{path} is from jstat, but has only percentages or capacities; create it "
                "with jstat -gc -t"
            )
        )
    found.mark_read("+".join(titles[at] for at in used), _("used heap, in KiB"))
    clock.finish()


def _used(titles: list[str]) -> list[int]:
    """Return the places of the sizes in use: of all spaces, or of the old one alone."""
    if all(title in titles for title in _ALL):
        return [titles.index(title) for title in _ALL]
    return [titles.index("OU")] if "OU" in titles and "EU" not in titles else []
