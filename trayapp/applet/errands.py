"""What other threads ask of the sampler's: done there, in order, between two samples."""

from __future__ import annotations

import queue
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from trayapp.errors import MemtrayError
from trayapp.language.catalogue import _

T = TypeVar("T")


class Errands:
    """A queue of things to do, and the way to wait for an answer."""

    def __init__(
        self,
        attempt: Callable[[Callable[[], object]], object],
        counting: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """`attempt` carries out an errand, whatever that raises; `counting` surrounds questions."""
        self._waiting: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._attempt = attempt
        self._counting = counting

    def put(self, errand: Callable[[], object]) -> None:
        """Have this done soon. Any thread."""
        self._waiting.put(errand)

    def ask(self, question: Callable[[], T], timeout_seconds: float = 5.0) -> T:
        """Return what `question` does in the other thread. Any thread but that one.

        Raises: MemtrayError if it fails, or there is no answer in time.
        """
        answers: queue.SimpleQueue[tuple[T] | Exception] = queue.SimpleQueue()

        def answer() -> None:
            with self._counting():
                try:
                    answers.put((question(),))
                except Exception as error:
                    answers.put(error)
                    if not isinstance(error, MemtrayError):
                        raise

        self.put(answer)
        try:
            found = answers.get(timeout=timeout_seconds)
        except queue.Empty:
            raise MemtrayError(_("Sampling does not respond; see the log.")) from None
        if isinstance(found, MemtrayError):
            raise found
        if isinstance(found, Exception):
            text = _("Internal error in Memtray: {reason}")
            raise MemtrayError(text.format(reason=type(found).__name__)) from found
        return found[0]

    def run_all(self) -> None:
        """Carry out what waits now. The thread that does errands, as the next one."""
        while True:
            try:
                errand = self._waiting.get_nowait()
            except queue.Empty:
                return
            self._attempt(errand)

    def wait(self, seconds: float) -> None:
        """Wait so long at most for an errand, and carry it out."""
        try:
            # Waiting here, not for an Event, is done in C: at a tenth of the cost.
            errand = self._waiting.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return
        self._attempt(errand)
