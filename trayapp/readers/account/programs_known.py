"""Who runs now: all targets and applications, for an account that is asked for once."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.records.identity import MEMTRAY, application_key, target_key
from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.readers.account.look import Program
from trayapp.readers.frames import MachineReader


def read_programs(
    rules: Sequence[TargetRule], app_pid: int
) -> tuple[list[Program], Mapping[ProcessKey, MemoryReading]]:
    """Return all programs, grouped as the applet does it, and the readings of their processes.

    app_pid: Memtray's own. Raises: PlatformError.
    """
    machine = MachineReader(rules, app_pid)
    try:
        frame = machine.read_frame(time.monotonic(), 1.0, with_groups=True)
    finally:
        machine.close()
    everything = frame.everything
    uses = everything.applications if everything else ()
    programs = [
        Program(target_key(each.name), each.name, [key for key, _reading in each.readings])
        for each in frame.targets
    ]
    programs += [Program(application_key(use.key), use.name, use.processes) for use in uses]
    own = {key: reading for sample in frame.targets for key, reading in sample.readings}
    readings = {**(everything.readings if everything else {}), **own}
    taken = {key for program in programs for key in program.processes}
    # What is neither is Memtray's own.
    rest = [key for key, reading in readings.items() if key not in taken and reading.rss_bytes]
    if rest:
        programs.append(Program(MEMTRAY, "Memtray", rest))
    return programs, readings
