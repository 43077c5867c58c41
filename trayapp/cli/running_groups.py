"""What runs now and may be tracked other than by a command line: for completion in a shell."""

from __future__ import annotations

from collections.abc import Iterator

from trayapp.cli.grammar import CGROUPS, CONTAINERS, UNITS, USERS
from trayapp.domain.grouping.groups import containers_around, groups_above, units_in
from trayapp.domain.records.samples import ProcessFacts
from trayapp.readers.processes import open_process_reader


def running_names(kind: str) -> list[str]:
    """Return the names of one of the four kinds, each once, in order."""
    reader = open_process_reader()
    try:
        reader.ask_for(exe=False, user=kind == USERS)
        processes = reader.refresh().appeared
    finally:
        reader.close()
    found = {name for facts in processes for name in _NAMES[kind](facts)}
    # Shells take each line as a name.
    return sorted(name for name in found if name.isprintable())


def _units(facts: ProcessFacts) -> Iterator[str]:
    yield from units_in(facts.cgroup or "")


def _containers(facts: ProcessFacts) -> Iterator[str]:
    named = {each.identity for each in facts.container_names}
    yield from (each.name for each in facts.container_names)
    for around in containers_around(facts.cgroup or ""):
        if around.identity not in named:
            yield around.identity[:12] if len(around.identity) == 64 else around.identity


def _cgroups(facts: ProcessFacts) -> Iterator[str]:
    yield from groups_above(facts.memory_cgroup or facts.cgroup or "")


def _users(facts: ProcessFacts) -> Iterator[str]:
    if facts.user is not None:
        yield facts.user.name


_NAMES = {UNITS: _units, CONTAINERS: _containers, CGROUPS: _cgroups, USERS: _users}
