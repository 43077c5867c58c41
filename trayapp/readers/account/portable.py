"""Programs where the system tells no shares: what each is sure to have, and says "about"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trayapp.domain.records.account import AccountPart
from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.language.catalogue import _
from trayapp.readers.account.look import Program

LEAST_SHOWN_BYTES = 1024 * 1024


def estimated_programs(
    programs: Sequence[Program], readings: Mapping[ProcessKey, MemoryReading], whole_bytes: int
) -> AccountPart:
    """Return the programs, which together have `whole_bytes`; what is left is no program's."""
    parts = [_program(program, readings) for program in programs]
    parts = sorted(parts, key=lambda part: -part.size_bytes)
    told_bytes = sum(part.size_bytes for part in parts)
    parts = [part for part in parts if part.size_bytes >= LEAST_SHOWN_BYTES]
    small_bytes = told_bytes - sum(part.size_bytes for part in parts)
    rest = (
        ("programs.small", _("Small programs"), small_bytes),
        ("programs.other", _("Other processes"), max(0, whole_bytes - told_bytes)),
    )
    parts += [
        AccountPart(key=key, title=title, size_bytes=size_bytes, is_estimated=True)
        for key, title, size_bytes in rest
        if size_bytes
    ]
    return AccountPart(
        key="programs",
        title=_("Programs"),
        size_bytes=whole_bytes,
        sentence=_("What programs hold for themselves."),
        advice=_("Restart or quit a program that holds more than it should."),
        parts=tuple(parts),
    )


def _program(program: Program, readings: Mapping[ProcessKey, MemoryReading]) -> AccountPart:
    own = [readings[key] for key in program.processes if key in readings]
    # What is private may be swapped out, and what is resident may be shared.
    sizes = (
        each.rss_bytes if each.anon_bytes is None else min(each.rss_bytes, each.anon_bytes)
        for each in own
    )
    return AccountPart(
        key=program.key,
        title=program.name,
        size_bytes=sum(sizes),
        is_estimated=True,
        rss_bytes=sum(each.rss_bytes for each in own),
    )
