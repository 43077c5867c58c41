"""Keeping Memtray's own threads alive: each is started again when it fails, and that is told."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from trayapp.applet.heartbeats import Heartbeats, place_of
from trayapp.dataclass import NamedTuple
from trayapp.language.catalogue import N_, _
from trayapp.log import Log

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 4.0
"""Between a failure and the next start; doubled each time. Commands wait for five seconds."""
_PROVEN_SECONDS = 60.0
"""Who has run so long begins with the shortest pause again."""
_TOLD_SECONDS, _TOLD_LOST_SECONDS = 60.0, 600.0
"""So long a failure is shown: of what was started again, and of work that is lost."""
_PARTS = {
    "sampler": N_("sampling"),
    "history": N_("history"),
    "control": N_("commands"),
    "notifier": N_("notifications"),
    "terminal": N_("terminal"),
    "tray": N_("tray icon"),
    "watchdog": N_("watchdog"),
}
"""How people know the parts, by the names of threads and steps."""
_log = Log(__name__)


class _Failure(NamedTuple):
    reason: str
    until_seconds: float


class _Kept:
    """A body that is to run for as long as Memtray does, and the thread it has now."""

    def __init__(self, thread: threading.Thread, body: Callable[[], None]) -> None:
        self.thread = thread
        self.name = thread.name
        self.body = body
        self.is_over = False
        self.pause_seconds = FIRST_PAUSE_SECONDS


class Supervisor:
    """Runs the bodies of threads, starts them again, and knows what failed lately. Any thread."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._failures: dict[str, _Failure] = {}
        self._starting = threading.Lock()
        self._known_late: frozenset[str] = frozenset()
        self.heartbeats = Heartbeats()
        self._stopping = threading.Event()

    @property
    def problems(self) -> tuple[str, ...]:
        """What hangs now and what failed lately, one line each."""
        hanging = tuple(hanging_text(name, since) for name, since in self.heartbeats.late().items())
        if not self._failures:
            return hanging
        now = time.monotonic()
        for part, failure in tuple(self._failures.items()):
            if now >= failure.until_seconds:
                self._failures.pop(part, None)
        text = _("A part of Memtray failed: {part} ({reason}); see the log")
        return hanging + tuple(
            text.format(part=_part(name), reason=failure.reason)
            for name, failure in tuple(self._failures.items())
        )

    @property
    def hanging(self) -> tuple[str, ...]:
        """Which parts hang now, by the names of their threads."""
        return tuple(self.heartbeats.late())

    def keep(self, body: Callable[[], None]) -> None:
        """Run `body` in this thread until it returns; whatever it raises, run it again.

        Should even this end, `revive` goes on with it in another thread of the same name.
        """
        kept = _Kept(threading.current_thread(), body)
        self._kept[kept.name] = kept
        self._run(kept)

    def attempt(self, part: str, action: Callable[[], object]) -> bool:
        """Do a step of somebody's work; return whether it succeeded. What it raises is told."""
        try:
            action()
        except Exception as error:  # noqa: BLE001 - one step must not end what others wait for
            self.note(part, error)
            return False
        return True

    def revive(self) -> None:
        """Give each kept body whose thread has died a new one."""
        for kept in tuple(self._kept.values()):
            if not kept.is_over and not kept.thread.is_alive():
                self._start_again(kept)

    def watch_hangs(self) -> bool:
        """Log who hangs, with where, and who gets on again; return whether that has changed."""
        late, before = frozenset(self.heartbeats.late()), self._known_late
        self._known_late = late
        for name in late - before:
            self.log_place(name)
        for name in before - late:
            _log.warning("%s responds again", name)
        return late != before

    def log_place(self, name: str) -> None:
        """Log that a thread does not respond, and where it is; the tray's is the main one."""
        kept = self._kept.get(name)
        thread = kept.thread if kept is not None else None
        if name == "tray":
            thread = threading.main_thread()
        _log.error("%s does not respond: it is in %s", name, place_of(thread))

    def replace(self, name: str) -> bool:
        """Give a body a new thread though the old one lives; return whether there is one.

        Only for a body that ends in a thread that has been replaced.
        """
        with self._starting:
            old = self._kept.get(name)
            if old is None or old.is_over or self._stopping.is_set():
                return False
            kept = _Kept(old.thread, old.body)
            thread = threading.Thread(target=self._run, args=(kept,), name=name, daemon=True)
            kept.thread = thread
            try:
                thread.start()
            except (RuntimeError, MemoryError) as error:  # no thread to be had
                self.note(name, error)
                return False
            old.is_over = True
            self._kept[name] = kept
        self.note(name, ThreadHungError("its thread hangs and was replaced"), _TOLD_LOST_SECONDS)
        return True

    def note(self, part: str, error: BaseException, told_seconds: float = _TOLD_SECONDS) -> None:
        """Show and log that something failed; raises nothing, even where memory has run out."""
        try:
            reason = type(error).__name__
            known = self._failures.get(part)
            self._failures[part] = _Failure(reason, time.monotonic() + told_seconds)
            if known is None or known.reason != reason:
                _log.error("%s failed: %s: %s", part, reason, error, exc_info=error)
        except Exception:  # noqa: BLE001, S110 - there is nobody left to tell
            pass

    def install_hooks(self) -> None:
        """Have what no thread has caught, and no destructor could raise, in the log."""
        threading.excepthook = self._on_lost_thread
        sys.unraisablehook = _on_unraisable

    def stop(self) -> None:
        """Start nothing again; bodies are ended by their owners."""
        self._stopping.set()

    def wait(self, seconds: float) -> bool:
        """Wait so long at most; return whether all is to end."""
        return self._stopping.wait(seconds)

    def join(self, timeout_seconds: float) -> None:
        """Wait for the ends of all bodies, so long at most."""
        deadline = time.monotonic() + timeout_seconds
        for kept in tuple(self._kept.values()):
            if kept.thread is not threading.current_thread():
                kept.thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self, kept: _Kept) -> None:
        while not kept.is_over:
            # Doubly guarded: memory that has run out is just as short while that is handled.
            try:
                self._run_once(kept)
            except BaseException as error:  # noqa: BLE001
                self.note(kept.name, error)

    def _run_once(self, kept: _Kept) -> None:
        began = time.monotonic()
        try:
            kept.body()
            kept.is_over = True
        except BaseException as error:  # noqa: BLE001
            self.note(kept.name, error)
            if time.monotonic() - began >= _PROVEN_SECONDS:
                kept.pause_seconds = FIRST_PAUSE_SECONDS
        # It waits now, whatever it was at.
        self.heartbeats.pulse(kept.name)(None)
        if not kept.is_over:
            kept.is_over = self.wait(kept.pause_seconds)
            kept.pause_seconds = min(LONGEST_PAUSE_SECONDS, 2 * kept.pause_seconds)

    def _start_again(self, kept: _Kept) -> None:
        with self._starting:
            if kept.is_over or kept.thread.is_alive() or self._stopping.is_set():
                return
            thread = threading.Thread(target=self._run, args=(kept,), name=kept.name, daemon=True)
            try:
                thread.start()
            except (RuntimeError, MemoryError) as error:  # no thread to be had; tried again soon
                self.note(kept.name, error)
                return
            kept.thread = thread
        self.note(kept.name, ThreadDiedError("its thread had ended"))

    def _on_lost_thread(self, lost: threading.ExceptHookArgs) -> None:
        if lost.exc_value is not None:
            name = lost.thread.name if lost.thread is not None else "?"
            self.note(name, lost.exc_value, _TOLD_LOST_SECONDS)


class ThreadDiedError(Exception):
    """A thread has ended that was to run on."""


class ThreadHungError(Exception):
    """A thread has hung for so long that another goes on in its place."""


def hanging_text(name: str, since_wall_seconds: float) -> str:
    """Return the line about a thread that hangs; the same for as long as it does."""
    text = _("A part of Memtray has not responded since {time}: {part}; see the log")
    moment = time.strftime("%H:%M:%S", time.localtime(since_wall_seconds))
    return text.format(time=moment, part=_part(name))


def _part(name: str) -> str:
    return _(_PARTS[name]) if name in _PARTS else name


def _on_unraisable(found: Any) -> None:
    try:
        error = found.exc_value
        _log.error("%s %r: %r", found.err_msg or "ignored in", found.object, error)
    except Exception:  # noqa: BLE001, S110 - raised while something is destroyed: nobody hears it
        pass
