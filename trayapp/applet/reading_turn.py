"""Whose turn it is to read the machine: a thread that hangs in it can be replaced by another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from trayapp.domain.records.oom_kills import OomMark
from trayapp.readers.frames import MachineReader


class ReplacedError(BaseException):
    """Another thread goes on: this one is to end at once, and to touch nothing."""


class ReadingTurn:
    """The reader of the machine, for one thread at a time.

    Reading may wait for the kernel without end. Only there a thread can be replaced: elsewhere it
    is in the middle of changing what its successor would work on.
    """

    def __init__(
        self, open_machine: Callable[[OomMark | None], MachineReader], mark: OomMark | None
    ) -> None:
        """`mark`: up to which kill people have been alerted."""
        self._open_machine = open_machine
        self._mark = mark
        self._machine: MachineReader | None = None
        self._lock = threading.Lock()
        self._owner: int | None = None
        self._is_reading = False

    def begin(self) -> MachineReader:
        """Make it the turn of the calling thread."""
        self._owner = threading.get_ident()
        return self.machine

    @property
    def is_mine(self) -> bool:
        """Whether it is the turn of the calling thread."""
        return self._owner == threading.get_ident()

    @property
    def machine(self) -> MachineReader:
        if self._machine is None:
            self._machine = self._open_machine(self._mark)
        return self._machine

    @contextmanager
    def reading(self) -> Iterator[MachineReader]:
        """Give the reader for what may hang. Raises: ReplacedError where it did for too long."""
        machine = self.machine
        self._is_reading = True
        try:
            yield machine
        finally:
            with self._lock:
                is_replaced = self._owner != threading.get_ident()
                if not is_replaced:
                    self._is_reading = False
            if is_replaced:
                machine.close()
                raise ReplacedError

    def take_away(self) -> bool:
        """End the turn of a thread that hangs in reading; False: it is not there. Any thread."""
        with self._lock:
            machine = self._machine
            if machine is None or not self._is_reading:
                return False
            # Kills that were counted meanwhile are reported by the next reader.
            self._mark = machine.oom_mark
            self._owner, self._machine, self._is_reading = None, None, False
            return True
