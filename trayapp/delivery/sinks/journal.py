"""The system's journal, in journald's own datagrams (https://systemd.io/JOURNAL_NATIVE_PROTOCOL)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from pathlib import Path

from trayapp.delivery.sinks import Surroundings, TransitionSink
from trayapp.domain.judging.transitions import Transition
from trayapp.domain.records.levels import Level

JOURNAL_SOCKET = Path("/run/systemd/journal/socket")

_LONGEST_TEXT = 8000
"""Characters: all fields together stay far below what a datagram takes (208 KiB by default)."""

_OVER_PRIORITY = 6
_PRIORITIES = {Level.NORMAL: 6, Level.WARNING: 4, Level.CRITICAL: 3, Level.EMERGENCY: 2}
"""As syslog counts. Never 0: journald writes that onto everybody's terminals."""


def open_sink(_surroundings: Surroundings) -> Journal:
    return Journal()


class Journal(TransitionSink):
    """Sends transitions to journald, where there is one. Any thread."""

    def __init__(self, address: Path = JOURNAL_SOCKET) -> None:
        self._address = address

    def send(self, transition: Transition, /) -> bool:
        """Send one entry; neither waits nor raises.

        Returns: whether the journal has it; False where there is none, or it takes none now.
        """
        if not hasattr(socket, "AF_UNIX"):
            return False
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                sender.sendto(journal_entry(_fields(transition)), str(self._address))
        except OSError:
            return False
        return True


def journal_entry(fields: Mapping[str, str]) -> bytes:
    """Return a datagram; values may hold anything, names are ours: capitals and "_"."""
    return b"".join(_field(name, value) for name, value in fields.items())


def _field(name: str, value: str) -> bytes:
    data = value.encode("utf-8", "replace")
    if b"\n" not in data:
        return b"%s=%s\n" % (name.encode(), data)
    # Its length says where it ends: no line of it can pass for a field.
    return b"%s\n%s%s\n" % (name.encode(), struct.pack("<Q", len(data)), data)


def _fields(transition: Transition) -> dict[str, str]:
    over = transition.kind == "resolved"
    text = f"{transition.title}: {transition.body}" if transition.body else transition.title
    fields = {
        "MESSAGE": f"Resolved: {text}" if over else text,
        "PRIORITY": str(_OVER_PRIORITY if over else _PRIORITIES[transition.level]),
        "SYSLOG_IDENTIFIER": "memtray",
    }
    fields |= {f"MEMTRAY_{key.upper()}": str(value) for key, value in transition.facts().items()}
    return {name: value[:_LONGEST_TEXT] for name, value in fields.items()}
