"""Lines of `memtray run` on standard error, beside what the command prints itself."""

from __future__ import annotations

import select
from contextlib import suppress
from typing import TextIO

from trayapp.guard.terminal import from_the_background


class Console:
    """Prints lines, unless that would hold the command up. One thread."""

    def __init__(self, stderr: TextIO) -> None:
        self._stderr = stderr

    def print_line(self, text: str, *, is_loud: bool = False) -> None:
        """Print a line on standard error, unless that takes none now; never raise."""
        line = f"memtray: {text}\n"
        with suppress(OSError, ValueError, AttributeError), from_the_background():
            if _takes_output(self._stderr.fileno()):
                bell = "\a" if is_loud and self._stderr.isatty() else ""
                encoding = self._stderr.encoding or "utf-8"
                self._stderr.write((bell + line).encode(encoding, "replace").decode(encoding))
                self._stderr.flush()


def _takes_output(descriptor: int) -> bool:
    """Return whether a write would not block, as on a stopped terminal or a full pipe."""
    if not hasattr(select, "poll"):
        return True
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(0))
