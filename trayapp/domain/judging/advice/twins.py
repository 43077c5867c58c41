"""Copies of one program: the same command line, container and session, and none started another."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from trayapp.domain.grouping.groups import containers_around
from trayapp.domain.judging.advice.case import Twins
from trayapp.domain.records.names import has_name
from trayapp.domain.records.samples import ProcessFacts, ProcessKey, ProcessUse
from trayapp.language.units import MIB

LEAST_BYTES = 32 * MIB
"""Of each: smaller ones are worth nobody's time."""
LEAST_ARGUMENTS = 2
"""A program without arguments, such as a terminal, is started twice on purpose."""
_MANAGERS = ("systemd", "init", "launchd")
"""Whose children have nothing to do with one another."""
_DESKTOPS = (
    "cinnamon-sessio", "dbus-run-sessio", "gnome-session-b", "ksmserver", "lxqt-session",
    "lxsession", "mate-session", "openbox-session", "plasma_session", "startplasma-way",
    "startplasma-x11", "xfce4-session",
)  # fmt: skip
"""What begins a desktop, by its first 15 characters: each has a panel of its own."""
SessionOf = Callable[[ProcessFacts], str | None]
"""Tells in which login session a process runs; None: not known, or in none."""


def _no_session(_facts: ProcessFacts) -> None:
    """Nothing is known of sessions."""


def find_twins(
    uses: Iterable[ProcessUse],
    programs: Mapping[str, tuple[ProcessKey, ...]],
    session_of: SessionOf = _no_session,
) -> dict[str, Twins]:
    """Return the copies in each program, by its key. `uses`: every process of the machine.

    Workers have their parent in common, or are each other's: they are no copies. Neither are
    programs of different containers, desktops or login sessions: each serves its own.
    """
    found: dict[tuple[tuple[str, ...], str | None], list[ProcessUse]] = {}
    parents: dict[int, int] = {}
    managers, desktops = {1}, set[int]()
    for use in uses:
        facts = use.facts
        parents[facts.key.pid] = facts.parent_pid
        if facts.name in _MANAGERS:
            managers.add(facts.key.pid)
        elif facts.name in _DESKTOPS:
            desktops.add(facts.key.pid)
        if use.rss_bytes >= LEAST_BYTES and len(facts.arguments) >= LEAST_ARGUMENTS:
            around = containers_around(facts.cgroup or "")
            container = around[-1].path if around else None
            found.setdefault((facts.arguments, container), []).append(use)
    owners = {key: about for about, keys in programs.items() for key in keys}
    twins = {}
    alike = (same for same in found.values() if len(same) > 1)

    def session(facts: ProcessFacts) -> object:
        return _above(facts.key.pid, parents, desktops) or session_of(facts)

    for same in (each for group in alike for each in _by_session(group, session)):
        copies = sorted(same, key=lambda use: use.facts.key.started)
        about = owners.get(copies[0].facts.key) if copies else None
        if len(copies) < 2 or about is None or not _are_apart(copies, parents, managers):
            continue
        if not has_name(copies[0].facts.arguments, copies[0].facts.name):
            continue
        sizes = [use.rss_bytes for use in copies[:-1]]
        keys = [use.facts.key for use in copies]
        twins[about] = Twins(
            tuple([key.pid for key in keys]),
            sum(sizes),
            tuple([key for key in keys if key in owners]),
        )
    return twins


def _by_session(
    same: list[ProcessUse], session: Callable[[ProcessFacts], object]
) -> list[list[ProcessUse]]:
    """Return those of each session apart, where there are several; the last are in none."""
    found: dict[object, list[ProcessUse]] = {}
    for use in same:
        found.setdefault(session(use.facts), []).append(use)
    known = [uses for key, uses in found.items() if key is not None]
    return [same] if len(known) < 2 else [*known, found.get(None, [])]


def _above(pid: int, parents: Mapping[int, int], wanted: Collection[int]) -> int | None:
    """Return the nearest of these processes from which it descends; None: from none."""
    steps = 0
    while pid > 1 and steps < 64:
        pid, steps = parents.get(pid, 0), steps + 1
        if pid in wanted:
            return pid
    return None


def _are_apart(
    copies: list[ProcessUse], parents: Mapping[int, int], managers: Collection[int]
) -> bool:
    """Return whether no two have a parent in common, and none descends from another."""
    own_parents = [use.facts.parent_pid for use in copies if use.facts.parent_pid not in managers]
    if len(set(own_parents)) < len(own_parents):
        return False
    pids = {use.facts.key.pid for use in copies}
    for use in copies:
        pid, steps = parents.get(use.facts.key.pid, 0), 0
        while pid > 1 and steps < 64:
            if pid in pids:
                return False
            pid, steps = parents.get(pid, 0), steps + 1
    return True
