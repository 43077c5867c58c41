"""The tasks of a program: how long each took, what it kept, and its peak."""

from __future__ import annotations

import functools
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from types import CodeType, TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from trayapp.probe.heap import Heap, open_heap
from trayapp.probe.peaks import PeakWatch, read_kernel_peak_bytes
from trayapp.probe.registry import plain
from trayapp.probe.resident import read_rss_bytes

if TYPE_CHECKING:
    from typing import Protocol

    class Listener(Protocol):
        """Whoever writes down what begins and ends."""

        def on_begin(self, run: Run) -> None:
            """In the thread that begins it."""

        def on_end(self, run: Run) -> None:
            """In the thread that ends it."""


MOST_KEPT = 256
"""How many that have ended are kept; the oldest go, and are counted."""
MOST_AT_A_TIME = 100
"""How many tasks one answer holds."""
MOST_RUNNING = 1000
"""How many can be listed while they run."""
_AT_ONCE_SECONDS = 20e-6
"""What begins so soon after another has ended begins at the size at which that did: fewer pages can
be touched meanwhile than the kernel's own count of them may be off, and to read it takes a fifth of
all that a task costs."""
_IS_COROUTINE = 0x80
"""CO_COROUTINE, without loading `inspect`."""

Function = TypeVar("Function", bound=Callable[..., Any])


class _TaskLog:
    """The tasks of one process; a forked child begins with none."""

    def __init__(self) -> None:
        # What a signal's handler or a finalizer does may be a task, too, at any moment.
        self.lock = threading.RLock()
        self.running: dict[int, Run] = {}
        self.ended: deque[Run] = deque(maxlen=MOST_KEPT)
        self.count = 0
        """How many have ever ended."""
        self.last: Run | None = None
        self.last_ended_seconds = 0.0
        """When the last was measured, by the performance counter."""
        self.last_sent = 0
        """The number of the last that somebody has asked for."""
        self.watch: PeakWatch | None = None


class Run:
    """A task that has begun, or ended."""

    # No record of the standard library's: to make one takes longer than all else at import.
    __slots__ = (
        "after_bytes", "after_heap_bytes", "after_kernel_bytes", "around", "before_bytes",
        "before_heap_bytes", "before_kernel_bytes", "began_seconds", "began_wall_seconds", "code",
        "failed", "has_ended", "log", "mark", "name", "note", "number", "runner_id", "seconds",
        "top_bytes", "top_heap_bytes",
    )  # fmt: skip

    after_bytes: int | None
    after_kernel_bytes: int | None

    def __init__(self, name: str, log: _TaskLog, code: CodeType | None = None) -> None:
        self.name = name
        self.log = log
        self.code = code
        """Of the function that it is the run of; None: of whoever began it."""
        self.number = self.mark = 0
        """`mark`: its number in the memory log, if it is written there."""
        self.failed: str | None = None
        self.note: str | None = None
        self.around: Run | None = None
        """The run within which it began, as far as the memory log has asked for that."""
        self.has_ended = False
        self.runner_id = runner_id_here()
        last = log.last
        if last is not None and time.perf_counter() - log.last_ended_seconds < _AT_ONCE_SECONDS:
            self.top_bytes = self.before_bytes = last.after_bytes
            self.before_kernel_bytes = last.after_kernel_bytes
        else:
            self.top_bytes = self.before_bytes = read_rss_bytes()
            self.before_kernel_bytes = read_kernel_peak_bytes()
        heap = _heap
        if heap is _NOT_OPENED:
            heap = _find_heap()
        self.top_heap_bytes = self.before_heap_bytes = None if heap is None else heap.read()
        self.began_wall_seconds = time.time()
        self.began_seconds = time.perf_counter()

    def add_sample(self, rss_bytes: int | None, heap_bytes: int | None) -> None:
        """Raise the peaks to what the program uses while this runs."""
        if rss_bytes is not None and (self.top_bytes is None or rss_bytes > self.top_bytes):
            self.top_bytes = rss_bytes
        if heap_bytes is not None and (
            self.top_heap_bytes is None or heap_bytes > self.top_heap_bytes
        ):
            self.top_heap_bytes = heap_bytes

    def end(self, failed: str | None) -> None:
        """Note that it is over: only figures, as the program waits for it."""
        self.seconds = time.perf_counter() - self.began_seconds
        heap = _heap
        self.after_heap_bytes = None if heap is None else heap.read()
        self.after_bytes = read_rss_bytes()
        self.after_kernel_bytes = read_kernel_peak_bytes()
        self.failed = failed
        self.has_ended = True
        log = self.log
        log.last = self
        log.last_ended_seconds = time.perf_counter()
        with log.lock:
            log.running.pop(id(self), None)
            log.count += 1
            self.number = log.count
            log.ended.append(self)
        if _listener is not None:
            _listener.on_end(self)

    @property
    def growth_bytes(self) -> int | None:
        """How much larger the process was after it than before."""
        return _less(self.after_bytes, self.before_bytes)

    @property
    def heap_growth_bytes(self) -> int | None:
        """How much more of the heap was in use after it than before."""
        return _less(self.after_heap_bytes, self.before_heap_bytes)

    @property
    def kept_bytes(self) -> int | None:
        """What stayed in use: of the heap, or else of the resident set."""
        grown = self.heap_growth_bytes
        return self.growth_bytes if grown is None else grown

    def _before_bytes(self) -> int | None:
        """What `kept_bytes` is more than: by it, tasks beside one another can be told apart."""
        return self.before_bytes if self.heap_growth_bytes is None else self.before_heap_bytes

    def _note_end(self) -> None:
        self.add_sample(self.after_bytes, self.after_heap_bytes)
        if self.after_kernel_bytes != self.before_kernel_bytes:
            # Higher than ever before, while this ran.
            self.add_sample(self.after_kernel_bytes, None)

    def as_message(self) -> dict[str, object]:
        """Return what Memtray gets of a task that has ended."""
        self._note_end()
        rises = (
            _less(self.top_bytes, self.before_bytes),
            _less(self.top_heap_bytes, self.before_heap_bytes),
        )
        return {
            "number": self.number,
            "name": self.name,
            "began_unix_s": self.began_wall_seconds,
            "seconds": self.seconds,
            "growth_bytes": self.growth_bytes,
            "heap_growth_bytes": self.heap_growth_bytes,
            "before_bytes": self._before_bytes(),
            "peak_rss_bytes": self.top_bytes,
            "peak_growth_bytes": max((rise for rise in rises if rise is not None), default=None),
            "failed": self.failed,
        }


_NOT_OPENED: Any = object()

_log = _TaskLog()
_heap: Heap | None = _NOT_OPENED
_listener: Listener | None = None


def begin_run(name: str, code: CodeType | None = None) -> Run:
    """Begin a task of this name, which is plain text. Raises what a lack of memory does."""
    log = _log
    run = Run(name, log, code)
    if len(log.running) < MOST_RUNNING:
        log.running[id(run)] = run
    watch = log.watch
    if watch is not None and watch.is_resting:
        watch.begin()
    if _listener is not None:
        _listener.on_begin(run)
    return run


def end_run(run: Run, failed: str | None) -> None:
    """End what `begin_run` began."""
    # Not in a child that was forked meanwhile: it is the parent's.
    if run.log is _log:
        run.end(failed)


class Task:
    """A named stretch of the program's work: for `with`, or before a function. Never raises.

    May be used again, also while it runs, in any thread and any asyncio task.
    """

    __slots__ = ("_code", "_name", "_running")

    def __init__(self, name: str, code: CodeType | None = None) -> None:
        self._name = plain(name)
        self._code = code
        self._running: list[Run] = []

    def __enter__(self) -> None:
        try:  # noqa: SIM105  (that would be one more call in every task)
            self._running.append(begin_run(self._name, self._code))
        except Exception:  # noqa: BLE001, S110  (out of memory, say: the program goes on)
            pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            running = self._pop_run()
            if running is not None:
                end_run(running, None if kind is None else plain(kind.__name__))
        except Exception:  # noqa: BLE001, S110
            pass

    def __call__(self, function: Function) -> Function:
        """Make every call of the function a task; of a coroutine function, each whole run."""
        name, code = self._name, _code_of(function)
        if code is not None and code.co_flags & _IS_COROUTINE:

            @functools.wraps(function)
            async def wrapped(*args: Any, **options: Any) -> Any:
                with Task(name, code):
                    return await function(*args, **options)
        else:

            @functools.wraps(function)
            def wrapped(*args: Any, **options: Any) -> Any:
                with Task(name, code):
                    return function(*args, **options)

        return wrapped  # type: ignore[return-value]

    def _pop_run(self) -> Run | None:
        """Remove and return the run that began last here, or elsewhere if none did (generators)."""
        runner_id = runner_id_here()
        for at in range(len(self._running) - 1, -1, -1):
            if self._running[at].runner_id == runner_id:
                return self._running.pop(at)
        return self._running.pop() if self._running else None


def task(name: str) -> Task:
    """Tell Memtray of this stretch of work, by its name. Any thread; never raises.

        with trayapp.probe.task("nightly report"):
            ...

        @trayapp.probe.task("import")
        async def import_orders(): ...

    What is told is when it began, how long it took, how much more memory was in use after it than
    before, its peak, how much larger the process was (Linux), and whether it failed. Tasks at the
    same time each count what all of them take. It costs about 10 millionths of a second, more in a
    program of hundreds of megabytes, and works whether or not `start` was called.
    """
    return Task(name)


def watch_peaks() -> None:
    """Begin to sample what is in use while tasks run. Any thread."""
    if _log.watch is None:
        _log.watch = PeakWatch(_sample)


def leave_peaks() -> None:
    """Stop sampling. Any thread; do not wait."""
    watch, _log.watch = _log.watch, None
    if watch is not None:
        watch.end()


def listen_to_tasks(listener: Listener | None) -> None:
    """Have this object called when tasks begin and end; None: nobody. Any thread."""
    global _listener
    _listener = listener


def begun_names() -> list[str]:
    """Return the names of all tasks that run, those that began first before the others."""
    running = list(_log.running.values())
    running.sort(key=lambda one: one.began_seconds)
    return [one.name for one in running]


def heap_bytes() -> int | None:
    """Return what is in use of the heap, if a task has opened it and it may be read just now."""
    heap = _heap
    return None if heap is _NOT_OPENED or heap is None else heap.read(spare=True)


def running_tasks() -> list[dict[str, object]]:
    """Return those that have begun and not ended, the oldest first, at most a hundred."""
    running = list(_log.running.values())
    running.sort(key=lambda one: one.began_seconds)
    return [
        {"name": one.name, "since_unix_s": one.began_wall_seconds}
        for one in running[:MOST_AT_A_TIME]
    ]


def finished_tasks(after: int) -> dict[str, object]:
    """Return ended tasks with a number above `after`, at most a hundred, the oldest first.

    "next" is the `after` with which to go on; "dropped" counts those asked for that are gone.
    """
    log = _log
    with log.lock:
        ended, count = list(log.ended), log.count
    # A task within the end of another comes before it.
    ended.sort(key=lambda one: one.number)
    first = ended[0].number if ended else count + 1
    told = [one for one in ended if one.number > after][:MOST_AT_A_TIME]
    log.last_sent = max(log.last_sent, told[-1].number if told else 0)
    return {
        "pid": os.getpid(),
        "tasks": [one.as_message() for one in told],
        "dropped": max(0, first - 1 - max(0, after)),
        "next": told[-1].number if told else count,
    }


def untold_tasks() -> tuple[list[dict[str, object]], int]:
    """Return those that nobody asked for: a hundred that kept most, and how many more."""
    log = _log
    with log.lock:
        untold = [one for one in log.ended if one.number > log.last_sent]
        left_out = log.count - log.last_sent - len(untold)
        log.last_sent = log.count
    kept = sorted(untold, key=_weight, reverse=True)[:MOST_AT_A_TIME]
    kept.sort(key=lambda one: one.number)
    return [one.as_message() for one in kept], left_out + len(untold) - len(kept)


def _weight(run: Run) -> tuple[int, float]:
    return run.kept_bytes or 0, run.seconds


def _sample() -> float | None:
    """Measure for all that runs; return the age of the youngest. The probe's own thread."""
    running = list(_log.running.values())
    if not running:
        return None
    try:
        heap = _find_heap()
        heap_bytes = None if heap is None else heap.read(spare=True)
        rss_bytes = read_rss_bytes()
        for run in running:
            run.add_sample(rss_bytes, heap_bytes)
    except Exception:  # noqa: BLE001, S110  (out of memory, say: the program goes on)
        pass
    return time.perf_counter() - running[-1].began_seconds


def _find_heap() -> Heap | None:
    """Return the heap, which the first task opens, since that takes milliseconds."""
    global _heap
    if _heap is _NOT_OPENED:
        _heap = open_heap()
    return _heap


def _less(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one - other


def runner_id_here() -> int:
    """Return the id of the asyncio task that runs here, or else of the thread."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None and asyncio._get_running_loop() is not None:
        return id(asyncio.current_task())
    return threading.get_ident()


def _code_of(function: object) -> CodeType | None:
    """Return the code of a function written in Python; None: it is another callable."""
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__code__", None)


def _forget_parents() -> None:
    """Begin anew in a child that was just forked: the tasks, and the threads, are the parent's."""
    global _log
    _log = _TaskLog()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parents)
