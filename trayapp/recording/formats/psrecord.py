"""Logs of `psrecord --log`, plain or with `--log-format csv`: sizes in MiB, called MB.

Tried with 1.2 and 1.4. Columns are taken by their headings, so that a log cut to some of them, or
with more of them, is read as well.
"""

from __future__ import annotations

import re

from trayapp.language.catalogue import N_, _
from trayapp.language.units import MIB
from trayapp.recording.gathering import Gathering
from trayapp.recording.quantities import number_of
from trayapp.recording.source import Source, Start

NAME = "psrecord"
EXPECTS = N_("a log of psrecord")
_PLAIN = re.compile(r"#?\s*(?:[A-Z]\w*\s\s+)?Elapsed time\s.*\bReal \(MB\)")
_TABLE = re.compile(r"(?:\w+\s*,\s*)?elapsed_time\s*,.*\bmem_real\b")
_HEADINGS = re.compile(r"\s{2,}")


def resembles(start: Start) -> float:
    return 1.0 if _PLAIN.match(start.text) or _TABLE.match(start.text) else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read a log; a heading that comes again begins another run."""
    real = found.series("real", "real", kind="resident set")
    titles: list[str] = []
    time_at = size_at = count_at = -1
    is_table = False
    for number, line in enumerate(source.lines(), 1):
        text = line.strip()
        if _PLAIN.match(text) or _TABLE.match(text):
            is_table = _TABLE.match(text) is not None
            titles = _titles(text, is_table=is_table)
            if "time" not in titles or "real" not in titles:
                found.pass_over(number, line, _("a heading that is damaged"))
                titles, time_at = [], -1
                continue
            time_at, size_at = titles.index("time"), titles.index("real")
            count_at = titles.index("nproc") if "nproc" in titles else -1
            continue
        if not text or text.startswith("#"):
            continue
        # A number at the end of a line that was cut off is not what it was to be.
        cells = text.split(",") if is_table else text.split()
        if time_at < 0 or len(cells) < len(titles) or not line.endswith("\n"):
            found.pass_line(number, line, _("a column is missing"))
            continue
        seconds, size = number_of(cells[time_at]), number_of(cells[size_at])
        if seconds != seconds or size != size:
            found.pass_over(number, line, _("no number"))
            continue
        count = number_of(cells[count_at]) if count_at >= 0 else float("nan")
        # Of a process that has ended it tells 0.
        real.add(found.moment(seconds), size * MIB or float("nan"), children=count)


def _titles(line: str, *, is_table: bool) -> list[str]:
    if is_table:
        names = {"elapsed_time": "time", "mem_real": "real"}
        return [names.get(title.strip(), title.strip()) for title in line.split(",")]
    names = {"Elapsed time": "time", "Real (MB)": "real"}
    return [names.get(one, one) for one in _HEADINGS.split(line.lstrip("# "))]
