"""Modules that are loaded in threads of the probe, without leaving their locks to a forked child.

A module is locked while a thread loads it. Who forks meanwhile has a child in which that thread
does not exist: whoever imports that module there, the program included, waits for ever (seen in
Python 3.11 and 3.13, in two of 60 programs that fork while the first report loads `ctypes`). So a
fork waits until what the probe is loading has been loaded.
"""

from __future__ import annotations

import os
import sys
import threading

LONGEST_WAIT_SECONDS = 2.0
"""A fork within a module that the probe waits for would wait for itself."""


class _Turn:
    """Whose turn it is: to load a module, or to fork."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.forking: set[int] = set()
        """The threads that fork, and hold the lock."""
        self.loader: int | None = None
        """The thread that loads."""

    def before_fork(self) -> None:
        if self.lock.acquire(timeout=LONGEST_WAIT_SECONDS):
            self.forking.add(threading.get_ident())

    def after_fork(self) -> None:
        if threading.get_ident() in self.forking:
            self.forking.discard(threading.get_ident())
            self.lock.release()


_turn = _Turn()


def load(*names: str) -> None:
    """Load modules that are not loaded yet; a fork waits meanwhile. Any thread.

    What does not exist on this system is left out: who needs it finds out.
    """
    missing = [name for name in names if name not in sys.modules]
    if not missing:
        return
    with _turn.lock:
        before, _turn.loader = _turn.loader, threading.get_ident()
        try:
            for name in missing:
                try:
                    __import__(name)
                except ImportError:
                    continue
        finally:
            _turn.loader = before


def is_loading() -> bool:
    """Return whether this thread is loading modules as it should be done."""
    return _turn.loader == threading.get_ident()


def _renew_in_child() -> None:
    global _turn
    _turn = _Turn()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=lambda: _turn.before_fork(),
        after_in_parent=lambda: _turn.after_fork(),
        after_in_child=_renew_in_child,
    )
