"""How pressed for memory a program is: by its own size, and by the machine; and what follows.

One daemon thread looks every second, from the first call of `on_pressure` or the first bounded
container on. From "medium" on it collects garbage where the program has grown, and while the
pressure is high it trims the bounded containers. Where systemd watches the pressure on this
service (`MEMORY_PRESSURE_WATCH`), the caches are emptied when it says so.
"""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from trayapp.probe.importing import load
from trayapp.probe.resident import read_rss_bytes
from trayapp.probe.run_limits import run_limits
from trayapp.probe.system_notice import SystemNotice, open_system_notice

LEVELS = ("low", "medium", "high", "critical")
LEVEL_BYTES = (50_000_000, 200_000_000, 500_000_000, 1_000_000_000)
AVAILABLE_SHARES = (0.0, 0.10, 0.05, 0.02)
"""The machine's level: so little of its memory is available. Nothing makes it "low"."""
REARM_SHARE = 0.95
"""A level is over when the size has fallen to this share of it."""

LOOK_SECONDS = 1.0
COLLECT_SECONDS = 5.0
"""At most so often is garbage collected."""
TRIM_SECONDS = 10.0
GROWN_BYTES = 1_000_000
"""Since the last collection, for another one; without it there is nothing to be had."""
JUMP_BYTES = 5_000_000
"""From one look to the next: garbage is collected below "medium", too."""
REST_COSTS = 20.0
"""The pause after a collection, in times of what it took: 5% of the program's time at most."""
RELIEF_SECONDS = 5.0
"""The system's notices that come sooner are one."""

_MEDIUM, _HIGH = LEVELS.index("medium"), LEVELS.index("high")


class _Wish:
    """A function that a program wants called, once each time when a level is reached."""

    __slots__ = ("function", "is_met", "level")

    def __init__(self, level: int, function: Callable[[str], object]) -> None:
        self.level, self.function, self.is_met = level, function, False


class Pressure:
    """The rules, looked at by hand: each call of `look` is one look. One thread."""

    def __init__(
        self,
        read_size: Callable[[], int | None] = read_rss_bytes,
        read_available: Callable[[], float | None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        relieve: Callable[[], object] | None = None,
        collect: Callable[[], object] | None = None,
    ) -> None:
        self._read_size = read_size
        self._read_available = read_available or read_available_share
        self._clock = clock
        self._relieve = relieve or _empty_caches
        self._collect = collect or _collect
        limits = run_limits()
        self._collect_seconds = limits.collect_seconds or COLLECT_SECONDS
        self._collects_always = limits.collect_seconds is not None
        self._trim_seconds = limits.trim_seconds or TRIM_SECONDS
        self.level_bytes = LEVEL_BYTES
        self.wishes: list[_Wish] = []
        self.trims: list[Callable[[], object]] = []
        self.level = -1
        """The index of the level that holds now; -1: there is no pressure."""
        self._size_bytes: int | None = None
        self._collected_bytes = 0
        self._collect_at = self._relieved_at = float("-inf")
        self._trimmed_at = clock()

    def look(self, *, is_noticed: bool = False) -> None:
        """Look once; is_noticed: the system says that memory is short."""
        now = self._clock()
        before_bytes, self._size_bytes = self._size_bytes, self._read_size()
        self.level = max(self._own_level(), self._machine_level())
        if is_noticed:
            self.level = max(self.level, _HIGH)
            self._relieve_at_most(now)
        self._collect_if_due(now, before_bytes)
        if self.level >= _HIGH and now - self._trimmed_at >= self._trim_seconds:
            self._trimmed_at = now
            for trim in list(self.trims):
                trim()
        self._call_wishes()

    def _own_level(self) -> int:
        size, found = self._size_bytes, -1
        if size is None:
            return found
        for at, bound in enumerate(self.level_bytes):
            # Not to be called again and again by a size that goes to and fro.
            if size >= bound or (self.level >= at and size > REARM_SHARE * bound):
                found = at
        return found

    def _machine_level(self) -> int:
        share = self._read_available()
        if share is None:
            return -1
        return max((at for at, least in enumerate(AVAILABLE_SHARES) if share < least), default=-1)

    def _relieve_at_most(self, now: float) -> None:
        if now - self._relieved_at >= RELIEF_SECONDS:
            self._relieved_at = now
            self._relieve()
            self._note_collection(now)

    def _collect_if_due(self, now: float, before_bytes: int | None) -> None:
        size = self._size_bytes
        if size is None or now < self._collect_at:
            return
        has_jumped = before_bytes is not None and size - before_bytes > JUMP_BYTES
        has_grown = size - self._collected_bytes > GROWN_BYTES
        is_pressed = self.level >= _MEDIUM or self._collects_always
        if has_jumped or (is_pressed and has_grown):
            self._collect()
            self._note_collection(now)

    def _note_collection(self, began: float) -> None:
        took = self._clock() - began
        self._collect_at = began + max(self._collect_seconds, REST_COSTS * took)
        self._collected_bytes = self._read_size() or 0

    def _call_wishes(self) -> None:
        for wish in list(self.wishes):
            is_met = self.level >= wish.level
            if is_met and not wish.is_met:
                with suppress(Exception):  # the program's own
                    wish.function(LEVELS[self.level])
            wish.is_met = is_met


class _Watch:
    """The thread that looks."""

    def __init__(self, pressure: Pressure) -> None:
        self._pressure = pressure
        self._notice: SystemNotice | None = None
        self._thread = threading.Thread(target=self._run, name="memory pressure", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        self._notice = open_system_notice(os.environ)
        while _watch is self:
            with suppress(Exception):  # out of memory, say: the program goes on, and so does this
                self._look_once()

    def _look_once(self) -> None:
        if self._notice is None:
            time.sleep(LOOK_SECONDS)
            self._pressure.look()
        else:
            self._pressure.look(is_noticed=self._notice.wait(LOOK_SECONDS))


_pressure: Pressure | None = None
_watch: _Watch | None = None
_guard = threading.Lock()


def _the_pressure() -> Pressure:
    global _pressure
    if _pressure is None:
        _pressure = Pressure()
    return _pressure


def ensure_watch() -> None:
    """Begin to look, unless that is done already. Any thread; never raises."""
    if _watch is None:
        _begin_watch()


def _begin_watch() -> None:
    global _watch
    with suppress(Exception), _guard:  # no thread can be started: there is no watch
        if _watch is None:
            _watch = _Watch(_the_pressure())
            try:
                _watch.start()
            except BaseException:
                _watch = None
                raise


def add_wish(level: str, function: Callable[[str], object]) -> bool:
    """See `on_pressure`."""
    if level not in LEVELS or not callable(function):
        return False
    _the_pressure().wishes.append(_Wish(LEVELS.index(level), function))
    ensure_watch()
    return True


def set_level_bytes(given: dict[str, int | None]) -> bool:
    """See `pressure_levels`."""
    pressure = _the_pressure()
    sizes = [
        old if (new := given.get(level)) is None else int(new)
        for level, old in zip(LEVELS, pressure.level_bytes, strict=True)
    ]
    if sorted(sizes) != sizes or sizes[0] <= 0:
        return False
    pressure.level_bytes = tuple(sizes)  # type: ignore[assignment]
    return True


def trim_under_pressure(trim: Callable[[], object]) -> None:
    """Have this called while the pressure is high, every ten seconds."""
    _the_pressure().trims.append(trim)


def read_available_share() -> float | None:
    """Return the share of the machine's memory that is available; None: not known (not Linux)."""
    try:
        descriptor = os.open("/proc/meminfo", os.O_RDONLY)
        try:
            lines = os.read(descriptor, 256).splitlines()
        finally:
            os.close(descriptor)
        found = {line.partition(b":")[0]: int(line.split()[1]) for line in lines[:3]}
        return found[b"MemAvailable"] / found[b"MemTotal"]
    except (OSError, ValueError, LookupError, ZeroDivisionError):
        return None


def _collect() -> None:
    # Who has switched the collector off has a reason: its pauses, say.
    if gc.isenabled():
        gc.collect()


def _empty_caches() -> None:
    load("ctypes", "trayapp.probe.memory")
    from trayapp.probe.memory import collect

    collect(with_caches=True)


def _leave_to_parent() -> None:
    """Have no thread in a child that was just forked: the next write or call begins one."""
    global _watch, _guard
    _watch = None
    _guard = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)
