"""Every process of a Linux machine, from /proc itself, at microseconds each."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.samples import (
    ContainerName,
    MemoryReading,
    ProcessFacts,
    ProcessKey,
    User,
)
from trayapp.readers.following import FollowingReader, Life
from trayapp.readers.process_changes import UNKNOWN_START
from trayapp.readers.procfile import parse_stat, read_start, read_started

KEPT_COMMAND_LINE_BYTES = 4096
KEPT_ARGUMENTS = 256
KEPT_CGROUP_BYTES = 1024
"""A control group with a longer path counts as unknown: half a path is another path."""
LIST_AT_LEAST_EVERY_SECONDS = 10.0
"""How long the kernel's word that nothing was forked is taken (containers may fake it)."""
LIST_AFTER_COSTS = 200.0
"""Nor are they listed before so many times what that took last: among ten thousand, where programs
are started all the time, it would take more than everything else together."""
CHEAP_LISTING_SECONDS = 0.0025
"""What takes less is not worth waiting for."""
RESERVED_DESCRIPTORS = 48
"""Never used for holding processes: the history, sockets and children need some, too."""
FIRST_HELD_DESCRIPTOR = 1024
"""Held descriptors go above what select() can take, in case a library still uses it."""

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_ENDED = (FileNotFoundError, ProcessLookupError)
_SHORT_BYTES = 48
"""Texts of names and command lines up to this length are shared."""
_CGROUP_BYTES = 8192
"""Room for all the lines of version 1: the ones that tell most come last."""
_TELLING_CONTROLLERS = (b"name=systemd", b"memory", b"")


class ProcLife(Life):
    """A process and, if there is one to spare, the descriptor that is this process.

    A held `/proc/PID/statm` stays with the process it was opened for: once that ended, reading it
    fails, even when the pid has a new owner. It costs the kernel about 5 KiB.
    """

    __slots__ = ("descriptor", "reading", "statm", "text_pages")

    def __init__(self, facts: ProcessFacts, descriptor: int | None) -> None:
        super().__init__(facts)
        self.descriptor = descriptor
        self.statm = b""
        """What `reading` was made of: most processes have not changed since the last tick."""
        self.reading: MemoryReading | None = None
        self.text_pages: bytes | None = None
        """Size of the program's code; another size means that another program was exec'd."""


class ProcfsReader(FollowingReader[ProcLife]):
    """Follows all processes under a /proc folder; see `ProcessReader`.

    `descriptor_limit` is how many this whole process may open; up to three quarters of it are
    held, and what goes beyond is opened, read and closed each time, at about ten times the cost.
    An exec long after the start shows in the size of the program's code, when that is read; one
    into the same program, or one of the same size, is not noticed.
    """

    def __init__(
        self,
        root: str = "/proc",
        *,
        descriptor_limit: int | None = None,
        container_names: Callable[[str], tuple[ContainerName, ...]] = lambda _: (),
        clock: Callable[[], float] = time.monotonic,
        cpu_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        """`container_names`: what tells those around a control group."""
        super().__init__(clock)
        self._root = root
        limit = 256 if descriptor_limit is None else descriptor_limit
        self._may_hold = max(0, limit - max(RESERVED_DESCRIPTORS, limit // 4))
        self._hold_from = FIRST_HELD_DESCRIPTOR if limit > 2 * FIRST_HELD_DESCRIPTOR else 0
        self._held = 0
        self._loadavg: int | None = None
        with suppress(OSError):
            self._loadavg = os.open(f"{root}/loadavg", os.O_RDONLY)
        self._fork_mark: bytes | None = None
        self._container_names = container_names
        self._wants_exe = self._wants_user = False
        self._cpu_clock = cpu_clock
        self._listed_at = 0.0
        self._listing_seconds = 0.0

    def ask_for(self, *, exe: bool, user: bool) -> None:
        if (exe, user) != (self._wants_exe, self._wants_user):
            self._wants_exe, self._wants_user = exe, user
            self._due.update(dict.fromkeys(self._lives, 0.0))

    def read_all(self) -> dict[ProcessKey, MemoryReading]:
        # The loop that a busy machine pays for: written out, no calls it can do without.
        pread = os.pread
        readings = {}
        for pid, life in self._lives.items():
            descriptor = life.descriptor
            try:
                statm = self._read_unheld(life) if descriptor is None else pread(descriptor, 128, 0)
                if statm != life.statm:
                    self._keep_reading(life, statm)
            except _ENDED:
                self._found_dead[pid] = life
                continue
            except (OSError, ValueError):
                continue
            if life.reading is not None:
                readings[life.facts.key] = life.reading
        return readings

    def close(self) -> None:
        super().close()
        if self._loadavg is not None:
            os.close(self._loadavg)
            self._loadavg = None

    def _list_pids(self, now: float, *, force: bool) -> set[int] | None:
        # Asked before listing, so that a fork in between is found at the next tick.
        mark = self._read_fork_mark()
        unchanged = mark is not None and mark == self._fork_mark
        if unchanged and not force and now - self._listed_at < LIST_AT_LEAST_EVERY_SECONDS:
            return None
        cost_seconds = self._listing_seconds
        is_costly = cost_seconds > CHEAP_LISTING_SECONDS
        if is_costly and not force and now - self._listed_at < LIST_AFTER_COSTS * cost_seconds:
            return None
        began = self._cpu_clock()
        try:
            entries = os.listdir(self._root)  # noqa: PTH208  (no path objects by the thousand)
        except OSError:
            return None
        self._fork_mark = mark
        self._listed_at = now
        # Within C: where programs are started all the time, this is done at every tick.
        pids = set(map(int, filter(str.isdecimal, entries)))
        self._listing_seconds = self._cpu_clock() - began
        return pids

    def _read_fork_mark(self) -> bytes | None:
        """Return what changes with every fork and end: the newest pid and the number of threads.

        Reading it takes 2 µs; listing 1,000 processes takes 700 µs.
        """
        if self._loadavg is None:
            return None
        try:
            running_of_all, newest_pid = os.pread(self._loadavg, 128, 0).split()[3:5]
        except (OSError, ValueError):
            return None
        threads = running_of_all.partition(b"/")[2]
        # Sandboxes with a kernel of their own answer 0.
        return threads + b" " + newest_pid if newest_pid != b"0" else None

    def _meet(self, pid: int) -> ProcLife | None:
        life = ProcLife(_unreadable(pid), self._hold(pid))
        try:
            with suppress(PermissionError, ValueError):
                life.facts = self._read_facts(pid)
                # The proof: it still runs, so what was read by pid in between is its own.
                _, _, _, life.text_pages, *_ = self._read_statm(life).split(b" ", 4)
        except OSError as error:
            self._let_go(life)
            if isinstance(error, _ENDED):
                return None
            raise
        return life

    def _read_again(self, life: ProcLife) -> ProcessFacts | None:
        before = life.facts
        try:
            facts = self._read_facts(before.key.pid, before)
            self._read_statm(life)
        except _ENDED:
            return None
        except (PermissionError, ValueError):
            return before
        return facts if facts.key == before.key else None

    def _let_go(self, life: ProcLife) -> None:
        if life.descriptor is not None:
            os.close(life.descriptor)
            life.descriptor = None
            self._held -= 1

    def _hold(self, pid: int) -> int | None:
        if self._held >= self._may_hold:
            return None
        try:
            descriptor = os.open(f"{self._root}/{pid}/statm", os.O_RDONLY)
        except OSError:
            return None
        if self._hold_from:
            low = descriptor
            try:
                descriptor = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, self._hold_from)
            except OSError:
                return None
            finally:
                os.close(low)
        self._held += 1
        return descriptor

    def _read_memory(self, life: ProcLife) -> MemoryReading | None:
        try:
            statm = self._read_statm(life)
            if statm != life.statm:
                self._keep_reading(life, statm)
        except _ENDED:
            self._found_dead[life.facts.key.pid] = life
            return None
        except (OSError, ValueError):
            return None
        return life.reading

    def _read_statm(self, life: ProcLife) -> bytes:
        """Return pages: total, resident, shared, text, the rest. Raises: OSError; see `_ENDED`."""
        if life.descriptor is not None:
            return os.pread(life.descriptor, 128, 0)
        return self._read_unheld(life)

    def _read_unheld(self, life: ProcLife) -> bytes:
        key = life.facts.key
        statm = read_start(f"{self._root}/{key.pid}/statm", 128)
        # Whoever has the pid after the reading, with the old start time, had it all along.
        if read_started(self._root, key.pid) != key.started:
            raise ProcessLookupError
        return statm

    def _keep_reading(self, life: ProcLife, statm: bytes) -> None:
        """Keep a new reading; None if it has no memory of its own. Raises: ValueError."""
        _, resident, shared, text, *_ = statm.split(b" ", 4)
        resident_pages = int(resident)
        # The kernel's counters are not taken at one moment: their difference may be < 0.
        anon_pages = max(0, resident_pages - int(shared))
        life.reading = None
        life.statm = statm
        if resident_pages <= 0:
            return
        life.reading = MemoryReading(resident_pages * _PAGE_BYTES, anon_pages * _PAGE_BYTES)
        if text != life.text_pages:
            if life.text_pages is not None:
                self._due[life.facts.key.pid] = 0.0
            life.text_pages = text

    def _read_facts(self, pid: int, before: ProcessFacts | None = None) -> ProcessFacts:
        """Read what a process is. Raises: OSError; ValueError where /proc holds nonsense."""
        name, fields = parse_stat(read_start(f"{self._root}/{pid}/stat", 1024))
        parent_pid, started = int(fields[1]), int(fields[19])
        try:
            command_line = read_start(f"{self._root}/{pid}/cmdline", KEPT_COMMAND_LINE_BYTES)
        except PermissionError:
            command_line = b""
        arguments = _parse_command_line(command_line)
        # Kernel threads have neither a command line nor a group that tells anything.
        groups = self._read_groups(pid) if arguments else _NO_GROUPS
        if before is not None:
            # Ending takes the command line first, but it stays what this process was.
            arguments = arguments or before.arguments
            groups = groups if groups.telling else _Groups(before.cgroup, before.memory_cgroup)
            started_wall_seconds = before.started_wall_seconds
        else:
            boottime_seconds = time.clock_gettime(time.CLOCK_BOOTTIME)
            age_seconds = boottime_seconds - started / _TICKS_PER_SECOND
            started_wall_seconds = time.time() - age_seconds
        return ProcessFacts(
            key=ProcessKey(pid, started),
            parent_pid=parent_pid,
            name=_decode(name),
            arguments=arguments,
            started_wall_seconds=started_wall_seconds,
            cgroup=groups.telling,
            memory_cgroup=groups.memory,
            container_names=self._container_names(groups.telling) if groups.telling else (),
            exe=self._read_exe(pid, before) if self._wants_exe else None,
            user=self._read_user(pid) if self._wants_user else None,
        )

    def _read_groups(self, pid: int) -> _Groups:
        try:
            return _parse_cgroup(read_start(f"{self._root}/{pid}/cgroup", _CGROUP_BYTES))
        except (*_ENDED, PermissionError):  # or a kernel without control groups
            return _NO_GROUPS

    def _read_exe(self, pid: int, before: ProcessFacts | None) -> str | None:
        """Return the file that a process runs; None: of another user's nobody may ask."""
        try:
            return os.readlink(f"{self._root}/{pid}/exe").removesuffix(" (deleted)")  # noqa: PTH115
        except OSError:
            return before.exe if before else None

    def _read_user(self, pid: int) -> User | None:
        status = read_start(f"{self._root}/{pid}/status", 4096)
        # Real, effective, saved and of the file system.
        words = status.partition(b"\nUid:")[2].split(b"\n", 1)[0].split()
        return user_of(int(words[1])) if len(words) > 1 else None


def _parse_command_line(command_line: bytes) -> tuple[str, ...]:
    text = command_line.rstrip(b"\0")
    if not text:
        return ()
    *arguments, rest = text.split(b"\0", KEPT_ARGUMENTS - 1)
    return (*map(_decode, arguments), _decode(rest.replace(b"\0", b" ")))


def _decode(text: bytes) -> str:
    return _decode_short(text) if len(text) <= _SHORT_BYTES else os.fsdecode(text)


@lru_cache(maxsize=128)
def _decode_short(text: bytes) -> str:
    """Return one string for all that are there at a time: helpers of a program are alike."""
    return os.fsdecode(text)


class _Groups(NamedTuple):
    """The control groups of a process."""

    telling: str | None = None
    """The one whose path tells most; "/": the root of all; None: unknown."""
    memory: str | None = None
    """The one that its memory is charged to; None: it is the same, or unknown."""


_NO_GROUPS = _Groups()


@lru_cache(maxsize=256)
def user_of(uid: int) -> User:
    """Return a user by its number; the name may come from a directory service, and is kept."""
    import pwd

    try:
        return User(uid, pwd.getpwuid(uid).pw_name)
    except (KeyError, OSError):
        return User(uid, str(uid))


@lru_cache(maxsize=16)
def _parse_cgroup(cgroup: bytes) -> _Groups:
    """Return the group that tells most: of systemd, the memory controller, version 2.

    Where both versions are in use, version 2 may put a container into its manager's service.
    """
    paths = {}
    memory = None
    for line in cgroup.split(b"\n"):
        _, _, controllers_and_path = line.partition(b":")
        controllers, _, path = controllers_and_path.partition(b":")
        if path.startswith(b"/") and len(path) <= KEPT_CGROUP_BYTES:
            paths[controllers] = path
            if b"memory" in controllers.split(b","):
                memory = path
    telling = [path for name in _TELLING_CONTROLLERS if (path := paths.get(name, b"/")) != b"/"]
    if not telling:
        return _Groups("/" if paths else None)
    memory = paths.get(b"") if memory is None else memory
    is_same = memory is None or memory == telling[0]
    return _Groups(_decode_group(telling[0]), None if is_same else _decode_group(memory or b"/"))


@lru_cache(maxsize=256)
def _decode_group(path: bytes) -> str:
    """Return one string for the hundred processes that may share a group.

    Not sys.intern: Python 3.12 before 3.12.7 keeps for ever what was interned (gh-113993), and
    every job that systemd runs has a group of its own.
    """
    return os.fsdecode(path)


def _unreadable(pid: int) -> ProcessFacts:
    return ProcessFacts(key=ProcessKey(pid, UNKNOWN_START), parent_pid=0, name="")
