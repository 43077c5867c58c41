"""The most memory a program had while its tasks ran: the kernel's own peak, and samples.

The kernel keeps the highest resident set of a process's whole life. Where a task raised it, that is
the task's peak, exactly. Where an earlier one was higher (or the process that started this one,
whose peak `getrusage` passes on through an exec), samples tell, taken while tasks run by a thread
of the probe's. To have the kernel forget its peak (5 into `clear_refs`) would be exact, too,
but would take it from everybody else who reads it: `time`, a supervisor, Memtray itself.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

SHORTEST_SECONDS, LONGEST_SECONDS = 0.01, 0.1
"""Between two samples: a fiftieth of the age of the youngest task, within these."""
AGE_SHARE = 0.02
REST_SECONDS = 1.0
"""How long it goes on sampling after the last task: to be woken costs more than to sample."""


class PeakWatch:
    """Takes samples while something runs, in a thread that is started by the first task."""

    def __init__(self, sample: Callable[[], float | None]) -> None:
        """`sample` measures what runs and returns the age of the youngest task, in seconds.

        None: nothing runs. It is called in the thread, and must not raise.
        """
        self._sample = sample
        self._thread: threading.Thread | None = None
        self._wake = threading.Lock()
        self._wake.acquire()
        self._ends = False
        self.is_resting = True
        """Whether `begin` is to be called."""

    def begin(self) -> None:
        """Resume sampling: something runs. Any thread; raises what starting a thread does."""
        self.is_resting = False
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="peaks", daemon=True)
            self._thread.start()
        self._resume()

    def end(self) -> None:
        """Stop soon. Any thread; do not wait."""
        self._ends = True
        self._resume()

    def _resume(self) -> None:
        with suppress(RuntimeError):  # it does already
            self._wake.release()

    def _run(self) -> None:
        while not self._ends:
            self._wake.acquire()
            self._sample_until_idle()

    def _sample_until_idle(self) -> None:
        rests_at = time.perf_counter() + REST_SECONDS
        while not self._ends:
            age = self._sample()
            now = time.perf_counter()
            if age is not None:
                rests_at = now + REST_SECONDS
            elif now > rests_at:
                self.is_resting = True
                # What began before that is found here; what begins from now on wakes it.
                if self._sample() is None:
                    return
                self.is_resting = False
            time.sleep(min(LONGEST_SECONDS, max(SHORTEST_SECONDS, AGE_SHARE * (age or 0.0))))


def _peak_reader() -> Callable[[], int | None]:
    try:
        import resource
    except ImportError:
        return lambda: None
    unit = 1 if sys.platform == "darwin" else 1024
    ask, own = resource.getrusage, resource.RUSAGE_SELF

    def read() -> int | None:
        return ask(own)[2] * unit

    return read


read_kernel_peak_bytes = _peak_reader()
