"""What `sadf -d`, `-p` and `-x` of sysstat write, and its binary day files through `sadf`.

Tried with 12.6.1 and 12.8.0. Read are kbmemused (memused; where nothing is told of what is
available, without buffers and cached) and kbswpused, of the machine, in KiB.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator

from trayapp.errors import RecordingError
from trayapp.language.catalogue import N_, _
from trayapp.language.units import KIB
from trayapp.recording.clocks import Clock
from trayapp.recording.formats.sar import MachineMemory
from trayapp.recording.gathering import Gathering, number_of
from trayapp.recording.minutes import MinuteClock
from trayapp.recording.source import Source, Start

NAME = "sadf"
EXPECTS = N_("a file of sadf -d, -p or -x, or a day file of sysstat")
MAGIC = (b"\x96\xd5", b"\xd5\x96")
"""A binary day file begins with 0xd596, in the machine's byte order."""
_SADF_SECONDS = 60.0
_FIGURES = ("kbmemused", "kbavail", "kbbuffers", "kbcached", "kbswpused")
_TABLE = re.compile(r"#\s*hostname;interval;timestamp")
_PAIRS = re.compile(r"[^\t]+\t-?\d+\t[^\t]+\t\S+\t\S+\t-?[\d.,]+")
_XML_TIME = re.compile(
    r'<timestamp date="([^"]*)" time="([^"]*)"(?: (?:utc="([01])"|tz="([^"]*)"))?'
)
_XML_VALUE = re.compile(r"<(memused|buffers|cached|avail|swpused)>(-?[\d.]+)</")


def resembles(start: Start) -> float:
    """By its first bytes or its heading."""
    if start.raw.startswith(MAGIC):
        return 1.0
    if start.text.startswith("<?xml") and "<sysstat" in start.text[:600]:
        return 1.0
    if any(map(_TABLE.match, start.lines[:20])):
        return 1.0
    return 0.9 if start.lines and all(map(_PAIRS.fullmatch, start.lines[:5])) else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read what was written, or have a day file written.

    Raises: RecordingError if there is no memory in it; or no sadf for a day file.
    """
    reading = _Reading(source, found)
    if source.start.raw.startswith(MAGIC):
        reading.take_table(_of_day_file(source))
    elif source.start.text.startswith("<?xml"):
        reading.take_xml(source.lines())
    elif any(map(_TABLE.match, source.start.lines[:20])):
        reading.take_table(source.lines())
    else:
        reading.take_pairs(source.lines())
    reading.finish(source)


def _of_day_file(source: Source) -> Iterator[str]:
    """The lines that sadf makes of it."""
    program = shutil.which("sadf")
    if program is None:
        raise RecordingError(
            _(
                "{path} is a binary day file of sysstat; install sysstat, whose sadf reads it, or"
                " convert it by sadf -d FILE -- -r"
            ).format(path=source.path)
        )
    command = [program, "-d", str(source.path.resolve()), "--", "-r", "-S"]
    try:
        # The file's path begins with "/", so that it is no option.
        done = subprocess.run(command, capture_output=True, timeout=_SADF_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        raise RecordingError(
            _("cannot read {path}: {reason}").format(path=source.path, reason=error)
        ) from error
    if done.returncode and not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip().replace("\n", " ")[:200]
        raise RecordingError(
            _("sadf cannot read {path}: {reason}").format(path=source.path, reason=said)
        )
    yield from done.stdout.decode("utf-8", "replace").splitlines(keepends=True)


class _Reading:
    """One file while it is read."""

    def __init__(self, source: Source, found: Gathering) -> None:
        self._found = found
        self._clock = MinuteClock(
            Clock(
                zone=source.instructions.timezone, latest_wall_seconds=source.path.stat().st_mtime
            )
        )
        self._machine = MachineMemory(found)

    def take_table(self, lines: Iterable[str]) -> None:
        """Rows below "# hostname;interval;timestamp;…", which come in several blocks."""
        titles: dict[str, int] = {}
        wanted: list[tuple[str, int]] = []
        for number, line in enumerate(lines, 1):
            if line.startswith("#"):
                if _TABLE.match(line):
                    titles = {title.strip(): at for at, title in enumerate(line.split(";"))}
                    wanted = [(one, titles[one]) for one in _FIGURES if one in titles]
                    self._machine.take_titles(titles)
                continue
            if not wanted or not line.endswith("\n"):
                continue
            cells = line.split(";")
            if len(cells) != len(titles):
                self._other_row(number, line, cells)
                continue
            at = self._found.moment(self._clock.read(cells[2]))
            figures = {title: number_of(cells[where].replace(",", ".")) for title, where in wanted}
            if at != at or any(value != value for value in figures.values()):
                self._found.pass_over(number, line, _("no time or no size"))
                continue
            self._add(at, figures)

    def _other_row(self, number: int, line: str, cells: list[str]) -> None:
        if "RESTART" in line:
            self._found.begin_run()
        elif line.strip():
            self._found.pass_over(number, ";".join(cells), _("no row of sadf"))

    def take_pairs(self, lines: Iterable[str]) -> None:
        """A line each of host, interval, time, device, name and figure."""
        figures: dict[str, float] = {}
        moment = ""
        for number, line in enumerate(lines, 1):
            cells = line.rstrip("\n").split("\t")
            if len(cells) != 6:
                if line.endswith("\n") and "RESTART" not in line:
                    self._found.pass_over(number, line, _("no row of sadf"))
                continue
            if cells[2] != moment:
                self._take_figures(moment, figures)
                moment, figures = cells[2], {}
            if cells[4].startswith("kb") and line.endswith("\n"):
                figures[cells[4]] = number_of(cells[5].replace(",", "."))
        self._take_figures(moment, figures)

    def _take_figures(self, moment: str, figures: dict[str, float]) -> None:
        if "kbmemused" in figures or "kbswpused" in figures:
            self._machine.take_titles(list(figures))
            self._add(self._found.moment(self._clock.read(moment)), figures)

    def take_xml(self, lines: Iterable[str]) -> None:
        """An element a line."""
        moment, figures = "", dict[str, float]()
        for line in lines:
            if match := _XML_TIME.search(line):
                self._take_figures(moment, figures)
                zone = match[4] or ("UTC" if match[3] == "1" else "")
                moment, figures = f"{match[1]} {match[2]} {zone}".strip(), {}
            elif value := _XML_VALUE.search(line):
                name = {"memused": "kbmemused", "swpused": "kbswpused", "avail": "kbavail",
                        "buffers": "kbbuffers", "cached": "kbcached"}[value[1]]  # fmt: skip
                figures.setdefault(name, number_of(value[2]))
            elif "<boot " in line:
                self._found.begin_run()
        # What breaks off within a moment may lack what tells how to reckon.
        if "kbmemused" in figures and "kbavail" not in figures and "kbcached" not in figures:
            figures.pop("kbmemused")
        self._take_figures(moment, figures)

    def _add(self, at: float, figures: dict[str, float]) -> None:
        if (used := figures.get("kbmemused")) is not None:
            if "kbavail" not in figures:
                used -= figures.get("kbbuffers", 0) + figures.get("kbcached", 0)
            self._machine.used().add(at, used * KIB)
        if (swap := figures.get("kbswpused")) is not None:
            self._machine.swap().add(at, swap * KIB)

    def finish(self, source: Source) -> None:
        """Raises: RecordingError."""
        if not self._machine.has_memory:
            raise RecordingError(
                _("{path} is of sadf, but without memory; make it by sadf … -- -r").format(
                    path=source.path
                )
            )
        for note in self._clock.clock.notes:
            self._found.note(note)
