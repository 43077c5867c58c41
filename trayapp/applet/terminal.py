"""Running without a tray: a live line per target in the terminal."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import TextIO

from trayapp.domain.judging.view import View
from trayapp.domain.showing.lines import (
    app_line,
    application_line,
    incident_line,
    pace_line,
    system_line,
    target_line,
)
from trayapp.language.catalogue import _

_PLAIN_SECONDS = 10.0
_APPLICATIONS = 3
_PATIENCE_SECONDS = 1.0
_UP = "\x1b[{}F\x1b[J"
# Compared one by one: to compile a pattern of these takes a sixth of all imports.
_WIDE = (
    ("\u1100", "\u115f"),
    ("\u2e80", "\ua4cf"),
    ("\uac00", "\ud7a3"),
    ("\uf900", "\ufaff"),
    ("\ufe30", "\ufe6f"),
    ("\uff01", "\uff60"),
    ("\uffe0", "\uffe6"),
    ("\U0001f300", "\U0001faff"),
    ("\U00020000", "\U0003fffd"),
)
"""First and last of the characters that take two columns."""


class LiveLines:
    """Prints the latest view: redrawn in place on a terminal, now and then elsewhere.

    A thread of its own prints, because a terminal that is stopped (Ctrl-S) must not stop the
    sampler.
    """

    def __init__(
        self,
        stream: TextIO,
        env: Mapping[str, str] = os.environ,
        keep: Callable[[Callable[[], None]], None] = lambda body: body(),
    ) -> None:
        """Prepare the thread; `keep` runs its body, and runs it again should it fail."""
        self._stream = stream
        self._in_place = stream.isatty() and env.get("TERM") != "dumb"
        self._latest: View | None = None
        self._news = threading.Event()
        self._printing = threading.Lock()
        self._drawn = 0
        self._printed_at: float | None = None
        self._stopping = False
        self.enabled = True
        """Off while a tray shows the icon. Set from any thread."""
        self._thread = threading.Thread(
            target=keep, args=(self._run,), name="terminal", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def show(self, view: View) -> None:
        """Print this view next, if that is wanted and due. Any thread; does not block."""
        if not self.enabled:
            # What is drawn later begins below what others have printed meanwhile.
            self._drawn = 0
            return
        self._latest = view
        if self._is_due(time.monotonic()):
            # To wake the thread for nothing, tick by tick, took a twentieth of all.
            self._news.set()

    def print_between(self, action: Callable[[], object]) -> None:
        """Let `action` print lines of its own, which stay above what is drawn next. Any thread.

        Nothing is printed while the terminal is stopped (Ctrl-S): alerts are not to wait for it.
        """
        if self._printing.acquire(timeout=_PATIENCE_SECONDS):
            try:
                action()
                self._drawn = 0
            finally:
                self._printing.release()

    def stop(self) -> None:
        """End after what is being printed. Any thread."""
        self._stopping = True
        self._news.set()
        self._thread.join(timeout=1.0)

    def _run(self) -> None:
        while not self._stopping:
            self._news.wait()
            self._news.clear()
            view = self._latest
            if self._stopping or view is None or not self.enabled:
                self._drawn = 0
                continue
            try:
                with self._printing:
                    self._print(view)
            except OSError:
                # Whoever read this has gone; sampling, history and alerts go on without.
                return

    def _is_due(self, now: float) -> bool:
        last = self._printed_at
        return self._in_place or last is None or now - last >= _PLAIN_SECONDS

    def _print(self, view: View) -> None:
        now = time.monotonic()
        if not self._is_due(now):
            return
        lines = live_lines(view)
        if self._in_place:
            width = _terminal_columns(self._stream)
            text = "".join(f"{_cut(line, width - 1)}\n" for line in lines)
            self._stream.write((_UP.format(self._drawn) if self._drawn else "") + text)
            self._drawn = len(lines)
        else:
            self._stream.write("".join(f"{line}\n" for line in lines))
            self._printed_at = now
        self._stream.flush()


def live_lines(view: View) -> list[str]:
    """Return the lines about a view: machine, targets, applications, incidents, Memtray itself."""
    stamp = time.strftime("%H:%M:%S", time.localtime(view.wall_seconds))
    return [
        f"{stamp}  {system_line(view.system)}",
        *(f"  {target_line(target)}" for target in view.targets),
        *(f"  {application_line(each)}" for each in view.applications[:_APPLICATIONS]),
        *(
            # Translators: what somebody or something has to say.
            "  " + _("{name}: {text}").format(name=incident_line(incident), text=incident.body)
            for incident in view.incidents
        ),
        f"  {app_line(view.app)}",
        *(f"  {pace}" for pace in (pace_line(view),) if pace),
    ]


def _cut(line: str, columns: int) -> str:
    """Return as much of a line as fits; Chinese and Japanese characters take two columns."""
    for place, character in enumerate(line):
        columns -= 2 if _is_wide(character) else 1
        if columns < 0:
            return line[:place]
    return line


def _is_wide(character: str) -> bool:
    return not character.isascii() and any(first <= character <= last for first, last in _WIDE)


def _terminal_columns(stream: TextIO) -> int:
    try:
        # 0 is what a terminal says that does not know.
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
