"""Who something is about, as a key: display names are for people, and several may share one."""

from __future__ import annotations

from trayapp.domain.records.application_use import ApplicationKey
from trayapp.domain.records.series import Event

SYSTEM, MEMTRAY = "system", "memtray"
"""The keys of the machine and of Memtray itself, which are their names, too."""
_TARGET, _APPLICATION = "target:", "application:"
OOM = "oom"
"""Begins the key of an incident about a kill; the kind of the events, one for each victim."""
OUTSIDE = "outside"
"""Begins the keys of incidents about what no program has, which are the keys of that as well."""
OTHERS_LEAK = "leak-of-application"
"""Begins the key of an incident about what no target holds, whose name may be a target's."""


def target_key(name: str) -> str:
    """The key of a target: the settings give each a name of its own."""
    return name if name in (SYSTEM, MEMTRAY) else _TARGET + name


def application_key(key: ApplicationKey) -> str:
    """The key of an application, which outlives its processes, Memtray and the machine's start."""
    return f"{_APPLICATION}{key.kind}:{key.identity}"


def leak_of_other(key: ApplicationKey) -> str:
    """The key of the incident that an application leaks, or one of its processes does."""
    kind = "" if key.kind == "program" else f"{key.kind}:"
    return f"{OTHERS_LEAK}:{kind}{key.identity}"


def family_of(incident_key: str) -> str:
    """Return what stands for all incidents like this one: of kills, those of one program."""
    if not incident_key.startswith(f"{OOM}:"):
        return incident_key
    return incident_key.rpartition(":")[0]


def target_of(about: str) -> str | None:
    """The target's name in a key; None: it is about something else."""
    return about.removeprefix(_TARGET) if about.startswith(_TARGET) else None


def is_application(about: str) -> bool:
    return about.startswith(_APPLICATION)


def is_outside(about: str) -> bool:
    """Whether it is about memory outside of programs."""
    return about.startswith(f"{OUTSIDE}:")


def name_in(about: str) -> str:
    """Return what to show for a key where no better name is known."""
    if is_outside(about):
        return about.rpartition(":")[2]
    if is_application(about):
        return about.removeprefix(_APPLICATION).partition(":")[2]
    return about.removeprefix(_TARGET)


def key_of_subject(subject: str) -> str:
    """The key that a name from an earlier version's file means: that of a target, as a rule."""
    is_key = subject.startswith((_TARGET, _APPLICATION)) or subject in (SYSTEM, MEMTRAY)
    return subject if is_key else target_key(subject)


def about_of(event: Event) -> str:
    """The key of what an event is about; "": about nothing in particular.

    Earlier versions kept names only: of an alert, its incident tells which it was.
    """
    about = event.data.get("about")
    if isinstance(about, str):
        return about
    if not event.subject:
        return ""
    if str(event.data.get("incident")).startswith(f"{OTHERS_LEAK}:"):
        return f"{_APPLICATION}program:{event.subject}"
    return target_key(event.subject)
