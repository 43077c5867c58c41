"""The changes between two refreshes of a reader of processes."""

from __future__ import annotations

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.samples import ProcessFacts, ProcessKey

UNKNOWN_START = -1
"""`ProcessKey.started` of a process that may not even be asked when it started (hidepid)."""


class ProcessChanges(NamedTuple):
    """The differences from the previous refresh; apply `gone` first: its pids may be reused."""

    appeared: tuple[ProcessFacts, ...] = ()
    """Parents before their children, except where pids wrapped around."""
    changed: tuple[ProcessFacts, ...] = ()
    """Same process; new command line or name (exec), or new parent (the old one ended)."""
    gone: tuple[ProcessKey, ...] = ()
