"""Short ways to build the records that domain tests feed."""

from __future__ import annotations

from trayapp.domain.judging.leaks import LeakSettings
from trayapp.domain.records.frames import Everything, Frame, TargetSample
from trayapp.domain.records.samples import (
    AppSample,
    MemoryReading,
    ProcessFacts,
    ProcessKey,
    ProcessUse,
    SystemSample,
)

MIB = 1024**2
TOTAL_BYTES = 16_000 * MIB
HASTY = LeakSettings(certain_seconds=0.0, certain_late_seconds=0.0)
"""Calls a leak by the shortest proof, however far the limit is."""


def facts(
    pid: int, command: str = "", *, parent: int = 1, started: int | None = None
) -> ProcessFacts:
    """Make a process with the given command line."""
    arguments = tuple(command.split(" ")) if command else ()
    return ProcessFacts(
        key=ProcessKey(pid, pid if started is None else started),
        parent_pid=parent,
        name=arguments[0] if arguments else f"process{pid}",
        arguments=arguments,
    )


def target(name: str, *sizes_mib: float, first_pid: int = 100) -> TargetSample:
    """Make a target with one process per size."""
    return TargetSample(
        name=name,
        readings=tuple(
            (
                ProcessKey(first_pid + index, first_pid + index),
                MemoryReading(rss_bytes=round(size * MIB)),
            )
            for index, size in enumerate(sizes_mib)
        ),
    )


def frame(
    second: float,
    *targets: TargetSample,
    used_share: float = 0.5,
    interval_seconds: float = 1.0,
    largest: tuple[ProcessUse, ...] | None = None,
    everything: Everything | None = None,
    swap_used_bytes: int | None = None,
) -> Frame:
    """Make a frame taken at a second of the monotonic clock."""
    if largest is not None:
        everything = Everything(largest=largest)
    return Frame(
        monotonic_seconds=second,
        wall_seconds=1_700_000_000.0 + second,
        interval_seconds=interval_seconds,
        system=SystemSample(
            total_bytes=TOTAL_BYTES,
            available_bytes=round(TOTAL_BYTES * (1 - used_share)),
            swap_used_bytes=swap_used_bytes,
        ),
        app=AppSample(pid=1, rss_bytes=20 * MIB, cpu_percent=0.2),
        targets=targets,
        everything=everything,
    )
