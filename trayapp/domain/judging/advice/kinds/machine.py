"""Advice about the machine: files in memory, and programs that wait for swap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from trayapp.domain.judging.advice.case import Case, Machine
from trayapp.domain.judging.advice.records import Act, Advice
from trayapp.domain.records.identity import SYSTEM
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import _
from trayapp.language.units import MIB, format_percent, format_size

TMPFS_FULL, TMPFS_OF_MEMORY = 0.8, 0.1
LEAST_TMPFS_BYTES = 256 * MIB
THRASH_STALL_PERCENT = 10.0
LEAST_SWAP_BYTES = 64 * MIB


class MachineKind:
    """A kind about the machine."""

    key: ClassVar[str]
    is_about_machine: ClassVar[bool] = True

    def advise(self, _case: Case, _machine: Machine) -> Advice | None:
        return None


class Tmpfs(MachineKind):
    """Files in a tmpfs are memory that no program seems to use."""

    key = "tmpfs"

    def advise_machine(self, machine: Machine) -> Iterator[Advice]:
        total = machine.system.total_bytes
        found = [
            mount
            for mount in machine.mounts
            if mount.used_bytes >= LEAST_TMPFS_BYTES
            and (
                mount.used_bytes >= TMPFS_OF_MEMORY * total
                or mount.used_bytes >= TMPFS_FULL * mount.total_bytes
            )
        ]
        if not found:
            return
        worst = max(found, key=lambda mount: mount.used_bytes)
        path = shown_name(worst.path)
        yield Advice(
            kind=self.key,
            about=SYSTEM,
            name=worst.path,
            title=_("Remove old files from {path}").format(path=path),
            evidence=_(
                "The files in {path} take up {size} of memory, {share} of what fits there."
            ).format(
                path=path,
                size=format_size(worst.used_bytes),
                share=format_percent(worst.used_bytes / max(1, worst.total_bytes)),
            ),
            unless=_("Not if a program still needs them."),
            acts=(Act(_("Delete what nobody needs any more, or move it to a disk")),),
            offered_bytes=worst.used_bytes if worst.old_bytes is None else worst.old_bytes,
            confidence=0.8,
        )


class Swap(MachineKind):
    """Programs wait for memory that was swapped out: less has to run."""

    key = "swap"

    def advise_machine(self, machine: Machine) -> Iterator[Advice]:
        system = machine.system
        stall = system.stall_full_percent or 0.0
        swapped = system.swap_used_bytes or 0
        if stall < THRASH_STALL_PERCENT or swapped < LEAST_SWAP_BYTES:
            return
        cases = [case for case in machine.programs if case.size_bytes]
        if not cases:
            return
        worst = max(cases, key=_weight)
        name = shown_name(worst.name)
        swapped_out = worst.target.swap_bytes if worst.target else None
        yield Advice(
            kind=self.key,
            about=SYSTEM,
            name=worst.name,
            title=_("Close {name}: programs wait for swapped memory").format(name=name),
            evidence=_(
                "All programs waited for memory {share} of the last 10 s, with {swap} in swap; "
                "{name} uses {size}."
            ).format(
                share=format_percent(stall / 100),
                swap=format_size(swapped),
                name=name,
                size=format_size(worst.size_bytes + (swapped_out or 0)),
            ),
            unless=_("Not if it is what the machine is there for: then add memory."),
            acts=(Act(_("Close it, or start it again later"), risk="medium"),),
            offered_bytes=worst.size_bytes,
            confidence=0.7,
        )


def _weight(case: Case) -> int:
    return case.size_bytes + ((case.target.swap_bytes or 0) if case.target else 0)
