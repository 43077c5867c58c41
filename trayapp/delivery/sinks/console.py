"""Alerts in the terminal: one coloured line each."""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Callable, Mapping
from typing import TextIO

from trayapp.delivery.banner import Banner, one_line
from trayapp.delivery.sinks import Sink, Surroundings
from trayapp.domain.records.levels import Level

_COLOURS = {
    Level.NORMAL: "\x1b[32m",
    Level.WARNING: "\x1b[33m",
    Level.CRITICAL: "\x1b[1;31m",
    Level.EMERGENCY: "\x1b[1;37;41m",
}
_RESET = "\x1b[0m"


def open_sink(surroundings: Surroundings) -> Console:
    return Console(print_between=surroundings.print_between)


class Console(Sink[Banner]):
    """Writes to a terminal; into a file or pipe it writes nothing. One thread."""

    def __init__(
        self,
        stream: TextIO | None = None,
        env: Mapping[str, str] = os.environ,
        print_between: Callable[[Callable[[], None]], None] = lambda write: write(),
    ) -> None:
        """`stream` None means standard error; `env` says whether colours are wanted."""
        self._print_between = print_between
        self._stream = sys.stderr if stream is None else stream
        self._coloured = not env.get("NO_COLOR") and env.get("TERM") != "dumb"
        if sys.platform == "win32":
            self._coloured = self._coloured and "WT_SESSION" in env

    def send(self, banner: Banner, /) -> None:
        """Write one line, without waiting for the terminal; never raises."""
        self._print_between(lambda: self._write(banner))

    def _write(self, banner: Banner) -> None:
        label = banner.level.said.upper()
        colour, reset = (_COLOURS[banner.level], _RESET) if self._coloured else ("", "")
        line = f"{time.strftime('%H:%M:%S')} {colour}{label}{reset} {one_line(banner)}\n"
        try:
            if self._stream.isatty() and _takes_output(self._stream.fileno()):
                encoding = self._stream.encoding or "utf-8"
                self._stream.write(line.encode(encoding, "replace").decode(encoding))
                self._stream.flush()
        except (OSError, ValueError, AttributeError):
            pass  # The terminal is gone; pythonw on Windows has no standard error at all.


def _takes_output(descriptor: int) -> bool:
    """Return whether a line can be written now: Ctrl-S would stop the caller, too."""
    if not hasattr(select, "poll"):
        return True
    # Not select.select: it fails for descriptors from 1024, and Memtray holds thousands.
    terminal = select.poll()
    terminal.register(descriptor, select.POLLOUT)
    return bool(terminal.poll(0))
