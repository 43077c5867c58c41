"""One line on the terminal while a recording runs."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Mapping
from typing import TextIO

_CLEAR = "\r\x1b[K"


class Progress:
    """Redraws its line in place; silent where there is no terminal that can.

    Without colours, so that there is nothing to switch off for NO_COLOR.
    """

    def __init__(self, stream: TextIO, env: Mapping[str, str] = os.environ) -> None:
        self._stream = stream
        self.is_on = stream.isatty() and env.get("TERM", "") not in ("", "dumb")
        self._is_drawn = False

    def show(self, text: str) -> None:
        """Replace the line; not at all if the terminal takes nothing (Ctrl-S): never waits."""
        if not self.is_on:
            return
        try:
            if sys.platform != "win32":
                _, ready, _ = select.select([], [self._stream], [], 0)
                if not ready:
                    return
            columns = os.get_terminal_size(self._stream.fileno()).columns or 80
            self._stream.write(_CLEAR + text[: columns - 1])
            self._stream.flush()
            self._is_drawn = True
        except (OSError, ValueError):
            self.is_on = False

    def clear(self) -> None:
        if self._is_drawn:
            self.show("")
            self._is_drawn = False
