"""What advice goes by: one program, or the machine, with all that was found out about it."""

from __future__ import annotations

from trayapp.dataclass import NamedTuple, dataclass
from trayapp.domain.judging.advice.harmless import Harmless
from trayapp.domain.judging.application_trends import ApplicationView
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.program_facts import ProgramFacts
from trayapp.domain.records.samples import ProcessKey, SystemSample

STRANGER = ProgramFacts()


class Cache(NamedTuple):
    """A cache that a program tells of; its name is a stranger's."""

    name: str
    first_bytes: int
    """When it was heard of first."""
    low_bytes: int
    """The least since then."""
    now_bytes: int
    since_seconds: float
    """How long ago it was heard of first."""
    shrank: bool
    """Whether it has ever been smaller than before."""
    can_empty: bool = True


class InsideLately(NamedTuple):
    """What the probes of a program tell, and told lately; None where unknown."""

    rss_bytes: int
    used_bytes: int | None = None
    """Allocated and not freed: by the C library and by Python."""
    retained_bytes: int | None = None
    """Freed, kept by the C library, and resident: what a trim can give back."""
    least_retained_bytes: int | None = None
    """The least of it over the last `held_seconds`: what is not about to be used again."""
    pinned_bytes: int | None = None
    """Free inside Python's arenas, which some small objects keep from being given back."""
    least_pinned_bytes: int | None = None
    held_seconds: float = 0.0
    """How long ago the first of these looks was."""
    looks: int = 0
    """How often the probes were asked since memory was taken from it last, a dozen at most."""
    thread_count: int | None = None
    arena_count: int | None = None
    """Malloc arenas of the C library."""
    is_collecting: bool | None = None
    """Whether Python's garbage collector is on."""
    caches: tuple[Cache, ...] = ()


class TaskPast(NamedTuple):
    """The task that has kept most; its name is a stranger's."""

    name: str
    runs: int
    kept_bytes: int
    """By all these runs together."""
    share: float
    """Of what all tasks have kept."""


class VersionRuns(NamedTuple):
    """The runs of one version of a program, as far as they were watched after their warm-up."""

    file: str
    """A stranger's name."""
    modified_seconds: int
    """When the file was written."""
    runs: int
    seconds: float
    grown_bytes: int
    since_wall_seconds: float
    """When the first of them began."""

    @property
    def rate(self) -> float:
        """Bytes per second."""
        return self.grown_bytes / self.seconds if self.seconds > 0 else 0.0


class VersionPast(NamedTuple):
    """The version that runs, and the one before it."""

    now: VersionRuns
    before: VersionRuns
    chance: float
    """How often chance alone would make their growth differ so."""


class Past(NamedTuple):
    """What the history tells of a target; None where it does not."""

    days: float
    """For how long there are samples, gaps not counted."""
    p99_bytes: int | None = None
    """What its size stays below in 99 % of the hours."""
    live_bytes: int | None = None
    """The most that its heap has kept after a collection."""
    idle_seconds: float | None = None
    """For how long it has used no processor time to speak of."""
    task: TaskPast | None = None
    version: VersionPast | None = None


class Crowd(NamedTuple):
    """Processes of one program that only become more."""

    more: int
    """So many more than at the beginning; none has ended since."""
    seconds: float
    grown_bytes: int
    """By how much larger the program is since."""


class Twins(NamedTuple):
    """Processes with one command line, started apart from one another."""

    pids: tuple[int, ...]
    """The oldest first."""
    bytes: int
    """Of all but the newest."""
    keys: tuple[ProcessKey, ...] = ()
    """Of these, all that belonged to a program in view when they were found."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine now."""

    system: SystemSample
    wall_seconds: float
    core_count: int = 1
    mounts: tuple[Mount, ...] = ()
    programs: tuple[Case, ...] = ()
    harmless: tuple[Harmless, ...] = ()
    """What the person has acknowledged again and again."""

    @property
    def is_short(self) -> bool:
        """Whether less than 15 % of the memory is available, or programs wait for it."""
        system = self.system
        stall = system.stall_full_percent or 0.0
        return stall >= 5.0 or system.available_bytes < 0.15 * system.total_bytes


class Mount(NamedTuple):
    """A file system that lives in memory."""

    path: str
    used_bytes: int
    total_bytes: int
    old_bytes: int | None = None
    """In files that nobody has opened and that are more than a day old."""


@dataclass(frozen=True, slots=True)
class Case:
    """One program now. `about` is its key, see `identity`."""

    about: str
    view: TargetView | ApplicationView
    facts: ProgramFacts = STRANGER
    inside: InsideLately | None = None
    past: Past | None = None
    crowd: Crowd | None = None
    twins: Twins | None = None

    @property
    def name(self) -> str:
        return self.view.name

    @property
    def target(self) -> TargetView | None:
        """None: it is an application that nobody tracks."""
        return self.view if isinstance(self.view, TargetView) else None

    @property
    def size_bytes(self) -> int:
        return self.view.size_bytes or 0
