"""Rows of programs under a heading, as ps, top, pidstat and their like print them.

One series per pid and name, so that a pid that is used again is another program.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from trayapp.language.catalogue import _
from trayapp.language.units import KIB
from trayapp.recording.gathering import Gathered, Gathering
from trayapp.recording.quantities import size_in
from trayapp.recording.records import Kind

PIDS = ("PID", "TGID")
_NAMES = {
    "COMMAND", "CMD", "ARGS", "COMM", "NAME", "UCMD", "UCOMM", "BEFEHL", "COMMANDE", "ORDEN",
    "KOMMANDO", "KOMENDA", "COMANDO", "コマンド", "КОМАНДА", "PROCESS",
}  # fmt: skip
SIZES: tuple[tuple[str, Kind], ...] = (
    ("RSS", "resident set"), ("RES", "resident set"), ("RSZ", "resident set"),
    ("RSSIZE", "resident set"), ("VMRSS", "resident set"), ("RESIDENT", "resident set"),
    ("PSS", "proportional set"), ("USS", "private memory"),
)  # fmt: skip
"""Titles of what is in use, the most usual first."""
_ANON = ("RSAN",)
_NO_COMMANDS = {
    "TIME", "TIME+", "%MEM", "%CPU", "S", "STAT", "SHR", "SWAP", *(one for one, _kind in SIZES),
}  # fmt: skip
"""Titles that a heading ends in where its line was cut to the width of a terminal."""
_OTHERS = {
    "VSZ": "virtual", "VIRT": "virtual", "VMSIZE": "virtual", "SHR": "part", "PSS": "same",
    "USS": "same", "SWAP": "same", "RES": "same", "RSS": "same", "%MEM": "share", "DATA": "part",
    "CODE": "part", "USED": "same", "RSLK": "part",
}  # fmt: skip


def why_not(title: str) -> str:
    """Why the size under this title is not read; "" if it is none."""
    return {
        "virtual": _("address space, not memory in use"),
        "part": _("only a part, such as a cache or shared pages"),
        "same": _("another size of the same programs"),
        "share": _("a percentage, not a size"),
    }.get(_OTHERS.get(title.upper(), ""), "")


def program_name(command: str) -> str:
    """The program in a command line: only what begins with "/" is a path."""
    first = command.split(None, 1)[0] if command.strip() else ""
    if first.startswith("/"):
        first = first.rsplit("/", 1)[-1]
    return first.strip("[]()").rstrip(":") or first


class ProgramRows:
    """Reads the rows below a heading into series; one per file."""

    def __init__(self, found: Gathering, factor: float = KIB) -> None:
        """`factor`: bytes of a size that names no unit."""
        self._found = found
        self._factor = factor
        self._series: dict[tuple[str, str], Gathered] = {}
        self._met: set[str] = set()
        """Pids of the sample that is read."""
        self.has_memory = False
        """Whether a heading named a size in use."""
        self.has_heading = False
        self.count = 0
        """Of the columns."""
        self._pid = self._size = self._anon = -1
        self._name = -1
        self._kind: Kind = "resident set"

    def set_heading(self, words: Sequence[str], *, name_at_end: bool = True) -> bool:
        """Take the titles of a heading, without any of a clock; false if it is none.

        `name_at_end`: whether a command at the end may hold blanks.
        """
        upper = [word.upper() for word in words]
        pid = next((upper.index(one) for one in PIDS if one in upper), -1)
        if pid < 0 or len(upper) < 2:
            return False
        self.has_heading = True
        self._met.clear()
        self.count = len(upper)
        self._pid = pid
        size = next((one for one in SIZES if one[0] in upper), None)
        self._size = -1 if size is None else upper.index(size[0])
        self._anon = next((upper.index(one) for one in _ANON if one in upper), -1)
        named = [at for at, word in enumerate(upper) if word in _NAMES]
        # In a language that is not known the command still comes last, unless it was cut off.
        is_last = pid < len(upper) - 2 and upper[-1] not in _NO_COMMANDS
        self._name = named[-1] if named else len(upper) - 1 if is_last else -1
        if self._name in (self._pid, self._size):
            self._name = -1
        self._split = len(upper) - 1 if name_at_end and self._name == len(upper) - 1 else -1
        if size is not None:
            self._kind = size[1]
            self.has_memory = True
            self._found.mark_read(words[self._size], _(self._kind))
            for word in words:
                if word != words[self._size] and (reason := why_not(word)):
                    self._found.leave_out(word, reason)
        return True

    @property
    def tells_memory(self) -> bool:
        """Whether the rows below the last heading hold a size."""
        return self._size >= 0

    def is_next_sample(self, line: str) -> bool:
        """Whether a row has a pid that was met since the heading, or since this was last so."""
        words = line.split()
        pid = words[self._pid] if len(words) >= self.count else ""
        is_next = pid in self._met
        if is_next:
            self._met.clear()
        if pid.isdecimal():
            self._met.add(pid)
        return is_next

    def add_row(self, line: str, at: float) -> bool:
        """Take in one row at that moment; false if it is none."""
        words = line.split(None, self._split) if self._split >= 0 else line.split()
        count = self.count
        if len(words) != count:
            if len(words) < count:
                return False
            if self._split < 0 and self._name >= 0:
                # A command with blanks in the middle: the figures stand on both sides of it.
                name, behind = self._name, len(words) - count + self._name + 1
                words[name:behind] = [" ".join(words[name:behind])]
        pid = words[self._pid]
        if not pid.isdecimal():
            return False
        figure = words[self._size]
        # KiB are whole: a share or a rate there means that a heading is missing.
        if self._factor == KIB and figure[-1:].isdecimal() and not figure.isdecimal():
            return False
        size = size_in(figure.replace(",", ".") if "," in figure else figure, self._factor)
        if size != size or size < 0:
            return False
        command = words[self._name].rstrip() if self._name >= 0 else ""
        is_whole = line.endswith("\n")
        if not is_whole and self._size == count - 1:
            return True
        series = self._series.get((pid, command))
        if series is None:
            series = self._find(pid, command, is_whole=is_whole)
            if series is None:
                return True
        if not size and len(series) and max(series.sizes[-1:], default=0) > 0:
            # What has ended and waits for its parent holds nothing that could be told.
            size = math.nan
        anon = size_in(words[self._anon], self._factor) if self._anon >= 0 else math.nan
        series.add(at, size, anon)
        return True

    def _find(self, pid: str, command: str, *, is_whole: bool) -> Gathered | None:
        """Return the series of a row; None if its size may have been cut off with its line."""
        if not is_whole:
            # Only the command can lack its end: it may be that of a program that is known.
            for (known, begun), series in self._series.items():
                if known == pid and begun.startswith(command):
                    return series
            if self._size >= self._name or "/" in command or " " in command:
                return None
        if len(self._series) > 100_000:
            self._series.clear()
        series = self._found.program(pid, program_name(command), command, self._kind)
        self._series[pid, command] = series
        return series
