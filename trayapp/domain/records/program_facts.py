"""What is known of a program that decides what may be done about it."""

from __future__ import annotations

from trayapp.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramFacts:
    """What decides which acts a program that runs now allows."""

    is_memtray: bool = False
    refusal: str = ""
    """Why none of its processes may be ended: half a sentence; empty: at least one may be."""
    has_probe: bool = False
    """At least one of its processes can be asked to give memory back."""
    may_be_trimmed: bool = False
    """The system takes memory back from programs, as Windows does."""
    takes_probe: bool = False
    """It runs in Python, and has no probe."""
    is_guarded: bool = False
    """`memtray run` has started it, and can start it again."""
    left_pids: tuple[int, ...] = ()
    """Of what is guarded, the processes that `memtray run` would leave as they are, largest
    first."""
    is_mostly_left: bool = False
    """They have most of its size."""
    unit: str = ""
    """The systemd unit of this user that it belongs to; empty: none."""
