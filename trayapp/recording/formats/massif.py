"""Files of valgrind's massif (`massif.out.PID`), and `ms_print` of it: the heap over time.

Tried with valgrind 3.19 (`--time-unit=ms`, `i` and `B`, `--stacks`, `--pages-as-heap`). Useful and
extra bytes of the heap and stacks are added up. Its usual clock counts instructions, not seconds:
a million of them are shown as a second, with a note; likewise a MiB under `--time-unit=B`.
"""

from __future__ import annotations

import re

from trayapp.language.catalogue import N_, _
from trayapp.recording.gathering import Gathering
from trayapp.recording.quantities import number_of
from trayapp.recording.source import Source, Start

NAME = "massif"
EXPECTS = N_("massif.out of valgrind")
_FACTORS = {"ms": 1e-3, "i": 1e-6, "B": 1 / 2**20}
_PARTS = ("mem_heap_B", "mem_heap_extra_B", "mem_stacks_B")
_PRINTED = re.compile(r"\s*n\s+time\((ms|i|B)\)\s+total\(B\)")
_ROW = re.compile(r"\s*\d+\s+([\d,]+)\s+([\d,]+)\s+[\d,]+\s+[\d,]+\s+[\d,]+\s*\n")


def resembles(start: Start) -> float:
    top = start.text[:2000]
    if start.text.startswith("desc:") and "\ntime_unit:" in top:
        return 1.0
    return 1.0 if any(map(_PRINTED.match, start.lines)) else 0.0


def read(source: Source, found: Gathering) -> None:
    heap = found.series("heap", "heap", kind="heap")
    unit = _read_raw(source, found) if source.start.text.startswith("desc:") else ""
    if not unit:
        unit = _read_printed(source, found)
    if unit == "i":
        found.note(_("its times count instructions, not seconds: a million is shown as a second"))
    elif unit == "B":
        found.note(_("its times count allocated bytes, not seconds: a MiB is shown as a second"))
    found.mark_read("+".join(_PARTS), _("heap and stacks, in bytes"))
    heap.command_line = heap.command_line[:4000]


def _read_raw(source: Source, found: Gathering) -> str:
    heap = found.series("heap", "heap", kind="heap")
    unit, time, sizes = "", float("nan"), list[float]()
    for number, line in enumerate(source.lines(), 1):
        key, mark, value = line.partition("=")
        if line.startswith("time_unit:"):
            unit = line.partition(":")[2].strip()
        elif line.startswith("cmd:"):
            heap.command_line = line.partition(":")[2].strip()
        elif not mark or not line.endswith("\n"):
            continue
        elif key == "time":
            time, sizes = number_of(value), []
        elif key in _PARTS:
            sizes.append(number_of(value))
            if key == _PARTS[-1]:
                size = sum(sizes)
                if len(sizes) != len(_PARTS) or size != size or time != time:
                    found.pass_over(number, line, _("no size or no time"))
                else:
                    heap.add(found.moment(time * _FACTORS.get(unit, 1e-3)), size)
    return unit


def _read_printed(source: Source, found: Gathering) -> str:
    heap = found.series("heap", "heap", kind="heap")
    unit = ""
    for line in source.lines():
        heading = _PRINTED.match(line)
        if heading is not None:
            unit = heading[1]
        elif unit and (row := _ROW.fullmatch(line)) is not None:
            time, size = number_of(row[1].replace(",", "")), number_of(row[2].replace(",", ""))
            heap.add(found.moment(time * _FACTORS[unit]), size)
        elif line.startswith("Command:"):
            heap.command_line = line.partition(":")[2].strip()
    return unit
