"""Exports of sysstat's `sadf -d`, `-p` and `-x`, and its binary day files through `sadf`.

Tried with 12.6.1 and 12.8.0. Read are kbmemused (memused; where nothing is told of what is
available, without buffers and cached) and kbswpused, of the machine, in KiB.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from trayapp.language.catalogue import N_, _
from trayapp.recording.formats.sar import MachineFigures
from trayapp.recording.gathering import Gathering
from trayapp.recording.quantities import number_of
from trayapp.recording.reading import Reading, lines_printed_by
from trayapp.recording.source import Source, Start

NAME = "sadf"
EXPECTS = N_("a file of sadf -d, -p or -x, or a day file of sysstat")
MAGIC = (b"\x96\xd5", b"\xd5\x96")
"""A binary day file begins with 0xd596, in the machine's byte order."""
_FIGURES = (
    "kbmemfree", "kbmemused", "kbavail", "kbbuffers", "kbcached", "kbswpused", "%memused",
)  # fmt: skip
_TABLE = re.compile(r"#\s*hostname;interval;timestamp")
_PAIRS = re.compile(r"[^\t]+\t-?\d+\t[^\t]+\t\S+\t\S+\t-?[\d.,]+")
_XML_TIME = re.compile(
    r'<timestamp date="([^"]*)" time="([^"]*)"(?: (?:utc="([01])"|tz="([^"]*)"))?'
)
_XML_VALUE = re.compile(
    r"<(memfree|memused|memused-percent|buffers|cached|avail|swpused)>(-?[\d.]+)</"
)


def resembles(start: Start) -> float:
    if start.raw.startswith(MAGIC):
        return 1.0
    if start.text.startswith("<?xml") and "<sysstat" in start.text[:600]:
        return 1.0
    if any(map(_TABLE.match, start.lines[:20])):
        return 1.0
    return 0.9 if start.lines and all(map(_PAIRS.fullmatch, start.lines[:5])) else 0.0


def read(source: Source, found: Gathering) -> None:
    reading = _Reading(source, found)
    if source.start.raw.startswith(MAGIC):
        # The file's path begins with "/", so that it is no option.
        command = ("sadf", "-d", str(source.path.resolve()), "--", "-r", "-S")
        missing = _(
            "{path} is a binary day file of sysstat; install sysstat to read it, or "
            "convert it with sadf -d FILE -- -r"
        )
        reading.add_table(lines_printed_by(command, source, missing=missing))
    elif source.start.text.startswith("<?xml"):
        reading.add_xml(source.lines())
    elif any(map(_TABLE.match, source.start.lines[:20])):
        reading.add_table(source.lines())
    else:
        reading.add_pairs(source.lines())
    if not reading.machine.has_memory:
        raise source.refusal(
            _("{path} is from sadf, but has no memory in it; create it with sadf … -- -r")
        )
    reading.finish()


class _Reading(Reading):
    """One file while it is read."""

    def __init__(self, source: Source, found: Gathering) -> None:
        super().__init__(source, found)
        self.machine = MachineFigures(found)

    def add_table(self, lines: Iterable[str]) -> None:
        """Read rows below "# hostname;interval;timestamp;…", which come in several blocks."""
        count = 0
        wanted: list[tuple[str, int]] = []
        for number, line in enumerate(lines, 1):
            if line.startswith("#"):
                if _TABLE.match(line):
                    titles = [title.strip() for title in line.split(";")]
                    count = len(titles)
                    wanted = [(one, titles.index(one)) for one in _FIGURES if one in titles]
                    self.machine.mark_titles(titles)
                continue
            if not wanted or not line.endswith("\n"):
                continue
            cells = (line.replace(",", ".") if "," in line else line).split(";")
            if len(cells) != count:
                self._pass_over(number, line)
                continue
            at = self._found.moment(self._clock.read(cells[2]))
            figures = {title: number_of(cells[where]) for title, where in wanted}
            if at != at or math.isnan(sum(figures.values())):
                self._found.pass_over(number, line, _("no time or no size"))
                continue
            self.machine.add_figures(at, figures)

    def _pass_over(self, number: int, line: str) -> None:
        if "RESTART" in line:
            self._found.begin_run()
        elif line.strip():
            self._found.pass_line(number, line, _("not a row of sadf"))

    def add_pairs(self, lines: Iterable[str]) -> None:
        """Read a line each of host, interval, time, device, name and figure."""
        figures: dict[str, float] = {}
        moment = ""
        for number, line in enumerate(lines, 1):
            cells = line.rstrip("\n").split("\t")
            if len(cells) != 6:
                self._pass_over(number, line)
                continue
            if cells[2] != moment:
                self._add_moment(moment, figures)
                moment, figures = cells[2], {}
            if cells[4] in _FIGURES and line.endswith("\n"):
                figures[cells[4]] = number_of(cells[5].replace(",", "."))
        self._add_moment(moment, figures)

    def _add_moment(self, moment: str, figures: dict[str, float]) -> None:
        if "kbmemused" in figures or "kbswpused" in figures:
            self.machine.add_figures(self._found.moment(self._clock.read(moment)), figures)

    def add_xml(self, lines: Iterable[str]) -> None:
        """Read an element a line."""
        moment, figures = "", dict[str, float]()
        for line in lines:
            if match := _XML_TIME.search(line):
                self._add_moment(moment, figures)
                zone = match[4] or ("UTC" if match[3] == "1" else "")
                moment, figures = f"{match[1]} {match[2]} {zone}".strip(), {}
            elif value := _XML_VALUE.search(line):
                figures.setdefault(f"kb{value[1]}", number_of(value[2]))
            elif "<boot " in line:
                self._found.begin_run()
        # What breaks off within a moment may lack what tells how to reckon.
        if "kbmemused" in figures and "kbavail" not in figures and "kbcached" not in figures:
            figures.pop("kbmemused")
        self._add_moment(moment, figures)
