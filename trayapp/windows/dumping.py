"""Dumps of a program's memory: planned, allowed, and written; by windows and the command line."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from trayapp.control.client import call
from trayapp.control.process_endpoints import PROBE, endpoint_name, find_names
from trayapp.dataclass import NamedTuple
from trayapp.errors import ControlError, NotRunningError
from trayapp.language.catalogue import _
from trayapp.language.units import MIB, format_duration, format_size
from trayapp.paths import shared_runtime
from trayapp.settings.records import DiagnosisSettings
from trayapp.windows.jcmd import is_java, run_jcmd

Runtime = Literal["python", "node", "java"]
WRITE_SECONDS = 3600.0
"""A large heap takes long."""
ASK_SECONDS = 10.0
SPARE_BYTES = 256 * MIB
"""Has to stay free on the disk."""
_ENDINGS: dict[Runtime, str] = {"python": ".json", "node": ".heapsnapshot", "java": ".hprof"}
_NAMES: dict[Runtime, str] = {"python": "Python", "node": "Node.js", "java": "Java"}
_SIZE_SHARES: dict[Runtime, float] = {"python": 0.1, "node": 2.0, "java": 1.0}
"""The file's size as a share of the resident set, at most."""
_BYTES_PER_SECOND: dict[Runtime, float] = {"node": 7e6, "java": 60e6}
"""Measured: 160 MB of small objects, Node 20 and Java 17, beside other work."""
_ANSWER_LIMIT_BYTES = 1024 * 1024


class Asked(NamedTuple):
    """One process of the program."""

    pid: int
    started: int
    rss_bytes: float | None


class DumpPlan(NamedTuple):
    """What a dump would be: nothing has been written yet."""

    runtime: Runtime
    pid: int
    endpoint: str
    """Of its probe; empty: Java."""
    file: Path
    most_bytes: float
    """The file is no larger, most likely."""
    pause_seconds: float

    def warning(self) -> str:
        """Return what is to be said before it is written."""
        text = _(
            "The {runtime} program, process {pid}, stands still for about {time} while a file of "
            "up to {size} is written: {file}"
        )
        seconds = max(1.0, self.pause_seconds)
        return text.format(
            runtime=_NAMES[self.runtime],
            pid=self.pid,
            time=format_duration(seconds),
            size=format_size(self.most_bytes),
            file=self.file,
        )


def plan_dump(
    runtime: Path, processes: Sequence[Asked], settings: DiagnosisSettings, target: Path
) -> DumpPlan:
    """Find out whether and how memory can be dumped. Blocks for some seconds.

    processes: of the program, the largest first. target: a folder, or the file itself.

    Raises: ControlError in one line: none of them can be dumped, dumps are switched off, or there
    is no room.
    """
    folder = shared_runtime(runtime)
    listening = frozenset(find_names(folder, PROBE))
    for each in processes:
        name = endpoint_name(PROBE, each.pid, each.started)
        found = _runtime_of(folder, name if name in listening else "", each.pid)
        if found is not None:
            endpoint = "" if found == "java" else name
            return _checked(_plan(found, each, endpoint, target), settings)
    raise ControlError(
        _("only programs in Java, and those in Python or Node.js that have a probe, can be dumped")
    )


def write_dump(runtime: Path, plan: DumpPlan) -> list[Path]:
    """Write it; the program stands still. Blocks, up to an hour.

    Returns: the files. Raises: ControlError.
    """
    plan.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if plan.runtime == "java":
        return _dump_java(plan)
    told = call(
        shared_runtime(runtime), "dump", {"path": str(plan.file)}, WRITE_SECONDS,
        name=plan.endpoint, who=_who(plan.pid), answer_limit_bytes=_ANSWER_LIMIT_BYTES,
    )  # fmt: skip
    files = told.get("files")
    paths = [each for each in files if isinstance(each, str)] if isinstance(files, list) else []
    return [Path(each) for each in paths] or [plan.file]


def _plan(runtime: Runtime, process: Asked, endpoint: str, target: Path) -> DumpPlan:
    rss_bytes = process.rss_bytes or _rss_bytes(process.pid)
    rate = _BYTES_PER_SECOND.get(runtime)
    file = target.absolute()
    if file.is_dir() or not file.suffix:
        stamp = time.strftime("%Y%m%d-%H%M%S")
        file = file / f"{runtime}-{process.pid}-{stamp}{_ENDINGS[runtime]}"
    return DumpPlan(
        runtime=runtime,
        pid=process.pid,
        endpoint=endpoint,
        file=file,
        most_bytes=_SIZE_SHARES[runtime] * rss_bytes,
        # Of Python, objects are counted: less than a second for each 100 MB.
        pause_seconds=rss_bytes / (rate or 100e6),
    )


def _checked(plan: DumpPlan, settings: DiagnosisSettings) -> DumpPlan:
    if not getattr(settings, f"{plan.runtime}_dumps"):
        text = _("dumps of {runtime} programs are switched off; allow them: {setting} = true")
        setting = f"diagnosis.{plan.runtime}_dumps"
        raise ControlError(text.format(runtime=_NAMES[plan.runtime], setting=setting))
    if plan.file.exists():
        raise ControlError(_("{file} exists already").format(file=plan.file))
    there = plan.file.parent
    while not there.exists():
        there = there.parent
    free_bytes = shutil.disk_usage(there).free
    if free_bytes < plan.most_bytes + SPARE_BYTES:
        text = _(
            "{folder} has {free} free; the dump may take {size}, and {spare} are to be left over"
        )
        free, size = format_size(free_bytes), format_size(plan.most_bytes)
        spare = format_size(SPARE_BYTES)
        raise ControlError(text.format(folder=there, free=free, size=size, spare=spare))
    return plan


def _runtime_of(folder: Path, endpoint: str, pid: int) -> Runtime | None:
    if sys.platform == "linux" and is_java(pid):
        return "java"
    if not endpoint:
        return None
    try:
        told = call(
            folder, "report", {}, ASK_SECONDS,
            name=endpoint, who=_who(pid), answer_limit_bytes=_ANSWER_LIMIT_BYTES,
        )  # fmt: skip
    except NotRunningError:
        return None
    return "node" if told.get("runtime") == "node" else "python"


def _who(pid: int) -> str:
    # Translators: a piece of Memtray's inside another program.
    return _("Probe of process {pid}").format(pid=pid)


def _dump_java(plan: DumpPlan) -> list[Path]:
    """Have the JDK's own tool ask the virtual machine. Raises: ControlError."""
    run_jcmd(plan.pid, "GC.heap_dump", str(plan.file), limit_seconds=WRITE_SECONDS)
    if not plan.file.exists():
        raise ControlError(_("jcmd has failed: {reason}").format(reason="–"))
    return [plan.file]


def _rss_bytes(pid: int) -> float:
    with suppress(OSError, ValueError, IndexError):
        pages = (Path("/proc") / str(pid) / "statm").read_text("ascii").split()[1]
        return float(int(pages) * os.sysconf("SC_PAGE_SIZE"))
    return 0.0
