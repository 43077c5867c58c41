"""What is known at one moment, as one frozen value: menu, icon and `status` come from it."""

from __future__ import annotations

from collections.abc import Mapping

from trayapp.dataclass import NamedTuple, dataclass, field
from trayapp.domain.judging.alerting import Incident, Quiet
from trayapp.domain.judging.application_trends import ApplicationView
from trayapp.domain.judging.inside_course import InsideView
from trayapp.domain.judging.leaks import NOTHING_TO_JUDGE, Verdict
from trayapp.domain.judging.machine_health import MachineHealth
from trayapp.domain.judging.own_budget import BudgetVerdict
from trayapp.domain.judging.trend import is_flat
from trayapp.domain.records.bars import BAR_COUNT
from trayapp.domain.records.charges import Charge
from trayapp.domain.records.colors import Rgb
from trayapp.domain.records.levels import Level
from trayapp.domain.records.limits import Headroom
from trayapp.domain.records.program_facts import ProgramFacts
from trayapp.domain.records.runtimes import Runtime, RuntimeHeap, unknown_heap_text
from trayapp.domain.records.samples import (
    UNKNOWN_PARTICULARS,
    AppSample,
    Particulars,
    ProcessKey,
    ProcessUse,
    SystemSample,
)
from trayapp.domain.records.sizes import Size, SizeKind
from trayapp.domain.records.unmatched import Unmatched
from trayapp.language.catalogue import _
from trayapp.language.units import format_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetView:
    """One target now."""

    name: str
    pids: tuple[int, ...] = ()
    """Empty: not running."""
    keys: tuple[ProcessKey, ...] = ()
    """The same processes, each told from another that gets its pid later; oldest first."""
    rss_bytes: int | None = None
    """Sum of the resident sets, where shared pages count in each; None: not running."""
    size: Size | None = None
    """What its processes take together, and how that was found; None: by their resident sets."""
    charge: Charge | None = None
    """Of a control group: what it is charged, and what that is made of."""
    peak_bytes: int | None = None
    """Largest size since Memtray started."""
    slope_bytes_per_second: float | None = None
    rate_level: Level = Level.NORMAL
    """How quick that is, by the rates that are set; not by itself as bad."""
    growing_since_wall_seconds: float | None = None
    """Since when it has grown without a pause, once that is sustained."""
    uss_bytes: int | None = None
    """Private memory, as pss_bytes and swap_bytes up to 30 s old; None: not known or too dear."""
    pss_bytes: int | None = None
    swap_bytes: int | None = None
    uss_reason: str = ""
    """Why private memory is not known, or older, for people; empty: it is known."""
    particulars: Particulars = UNKNOWN_PARTICULARS
    """Virtual size and the like, up to 10 s old."""
    limit_bytes: int | None = None
    """Its own limit of which most is taken, of the settings' and the system's; where it has none,
    all the memory there is."""
    limit_source: str = "machine"
    """"settings", "cgroup", "rlimit" or "machine"."""
    limit_share: float | None = None
    """How much of that limit is taken; 1.0 is all."""
    size_limit_bytes: int | None = None
    """Its own limit of which most is taken, of those that a size can be compared with: none on an
    address space. None: it has no such limit."""
    headroom: Headroom | None = None
    """The limit that it reaches first, which may be another, and when; None: not known."""
    heap: RuntimeHeap | None = None
    """The fullest of those that its runtimes tell of; None: none does."""
    inside: InsideView | None = None
    """What the Python probes of its processes report; None: none does."""
    silent_runtime: Runtime | None = None
    """What runs one of its processes without telling of a heap."""
    unmatched: Unmatched | None = None
    """Nothing has matched its rule for a minute; None: something has, or may still do so."""
    restart_count: int = 0
    bars: tuple[float | None, ...] = ()
    """Ten values in bytes, oldest first."""
    leak: Verdict = NOTHING_TO_JUDGE
    """What the leak detector makes of it; its times are monotonic."""
    leak_since_wall_seconds: float | None = None
    """When the growth began that it speaks of."""
    level: Level = Level.NORMAL
    """The worst open incident about it."""

    @property
    def size_bytes(self) -> int | None:
        """What its processes take together; None: not running."""
        return self.size.size_bytes if self.size else self.rss_bytes

    @property
    def taken_bytes(self) -> int | None:
        """Its size, without cache that the kernel drops first; None: not running."""
        return self.charge.lasting_bytes if self.charge else self.size_bytes

    @property
    def size_kind(self) -> SizeKind:
        return self.size.kind if self.size else "resident"

    @property
    def verdict(self) -> str:
        """One word: "gone", "leaking", "growing" or "healthy"."""
        if not self.pids:
            return "gone"
        if self.leak.level == "healthy" and self.growing_since_wall_seconds is not None:
            return "growing"
        return self.leak.level

    @property
    def seconds_to_limit(self) -> float | None:
        """Time until the first of all limits is reached; None: it does not grow."""
        return self.headroom.seconds_to_limit if self.headroom else None

    @property
    def limit_sentence(self) -> str:
        """When the first of all limits is reached; empty where it does not grow."""
        return self.headroom.sentence if self.headroom else ""

    @property
    def limit_in_brief(self) -> str:
        """The same as short as a notification needs it."""
        return self.headroom.in_brief if self.headroom else ""

    @property
    def rate_sentence(self) -> str:
        """How fast it grows or shrinks now; empty while it holds its size."""
        rate = self.slope_bytes_per_second
        if rate is None or is_flat(rate):
            return ""
        text = _("Growing by {rate}.") if rate > 0 else _("Shrinking by {rate}.")
        return text.format(rate=format_rate(abs(rate), signed=False))

    @property
    def heap_text(self) -> str:
        """What is known of its heap in a line, or why that is nothing; empty: it has none."""
        if self.heap is not None:
            return self.heap.sentence
        return unknown_heap_text(self.silent_runtime) if self.silent_runtime else ""

    @property
    def has_own_limit(self) -> bool:
        """Whether anything but the size of the machine limits it."""
        return self.limit_bytes is not None and self.limit_source != "machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The latest of everything."""

    wall_seconds: float
    """When the latest frame was taken."""
    system: SystemSample
    system_bars: tuple[float | None, ...]
    """Ten values of used bytes, oldest first."""
    system_level: Level
    pressure_bars: tuple[float | None, ...] = (None,) * BAR_COUNT
    """Ten shares, oldest first: of the stall that is an emergency, else of memory in use."""
    app: AppSample
    app_bars: tuple[float | None, ...]
    """Ten values of Memtray's resident set, oldest first."""
    targets: tuple[TargetView, ...] = ()
    incidents: tuple[Incident, ...] = ()
    """Open ones, worst first."""
    largest: tuple[ProcessUse, ...] = ()
    """The largest processes that belong to no target."""
    applications: tuple[ApplicationView, ...] = ()
    """The largest applications, of what belongs to no target; up to ten seconds old."""
    budget: BudgetVerdict = field(default_factory=BudgetVerdict)
    """How Memtray stands with its own budget."""
    interval_seconds: float | None = None
    """How often it samples."""
    health: MachineHealth | None = None
    """How well the machine does; None: not known yet."""


class RecentAlert(NamedTuple):
    """An alert that was shown before."""

    text: str
    """When and what, in one line."""
    wall_seconds: float
    about: str
    """Whom it was about, as a key of `records.identity`; "": nobody in particular."""

    @property
    def key(self) -> str:
        return f"{self.wall_seconds:.0f}:{self.about}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """What the person has switched, beside what was measured."""

    paused: bool = False
    quiet: Quiet = field(default_factory=Quiet)
    starts_at_login: bool = False
    icon_shows: str = "system"
    """"system", "pressure", "largest", "memtray" or a target's name."""
    icon_palette: str = "default"
    """One of `domain.showing.menu.PALETTE_NAMES`."""
    icon_colors: tuple[Rgb, ...] = ()
    """Of the palette "custom": one for each level."""
    icon_panel: str = "auto"
    """One of `domain.showing.menu.PANEL_NAMES`."""
    icon_number: str = "off"
    """One of `domain.showing.menu.NUMBER_PLACES`."""
    icon_scale: str = "whole"
    """One of `domain.showing.menu.BAR_SCALES`."""
    windows: tuple[tuple[str, str], ...] = ()
    """Key and label, a text for `_`, of each window that the menu is to list."""
    profile: str = ""
    """The one in force."""
    profiles: tuple[str, ...] = ()
    """All to choose from; empty: there is but one."""
    recent_alerts: tuple[RecentAlert, ...] = ()
    """Newest first."""
    advice_count: int = 0
    """How many pieces of advice stand."""
    problems: tuple[str, ...] = ()
    """One line each: settings not accepted, history not written."""
    programs: Mapping[str, ProgramFacts] = field(default_factory=dict)
    """What decides which acts a program allows, by its key (see `identity`); up to ten seconds
    old. Missing: it does not run, or it is too small to be followed."""
    is_stalled: bool = False
    """Whether samples do not come: what is known is old, and nobody watches."""
    is_hanging: bool = False
    """Whether another part does not respond: alerts may not reach the person."""
