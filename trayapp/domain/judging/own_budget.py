"""What Memtray itself may cost, and how it keeps to that: it looks less often, then at less."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from trayapp.dataclass import NamedTuple, dataclass
from trayapp.domain.records.samples import AppSample
from trayapp.language.catalogue import _, format_number
from trayapp.language.units import MIB, format_percent, format_size

WINDOW_SECONDS = 60.0
"""CPU and disk writes are averaged over this long."""
SUSTAIN_SECONDS = 60.0
"""So long it must be over budget before a step, and again before the next."""
RECOVERY_SECONDS = 60.0
RECOVERY_SHARE = 0.9
"""So long all figures must be below this share of the budget before a step back, the CPU as it
would be at the shorter interval."""
LONGEST_RECOVERY_SECONDS = 3600.0
QUIET_SECONDS = 3600.0
"""Within so long after it is over, the same trouble is no news."""
EMERGENCY_FACTOR = 4.0
"""So many times its budget is far over it, once no step is left."""
STRETCH = 1.5
"""The interval grows by this factor with each step."""

_MARK_SECONDS = 5.0
_GAP_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The most that Memtray may cost."""

    uss_bytes: int = 32 * MIB
    cpu_percent: float = 1.0
    """Of one core, averaged over a minute."""
    descriptor_count: int = 16_384
    thread_count: int = 16
    written_bytes_per_minute: int = 2 * MIB
    child_bytes: int = 512 * MIB
    """Of child processes that nobody asked for: deliveries, hooks."""
    child_cpu_percent: float = 10.0
    """Theirs, of one core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetVerdict:
    """How Memtray stands with its budget, and what follows from it."""

    over: tuple[str, ...] = ()
    """The figures that are over now, each as text: "1.8% CPU (limit 1%)"."""
    step: int = 0
    """How many steps back it has taken; 0: none."""
    stretch: float = 1.0
    """The factor by which to lengthen the interval."""
    drops_groups: bool = False
    """The last step: follow targets only, no automatic groups."""
    written_bytes_per_minute: float | None = None
    cpu_percent: float | None = None
    """Averages over the last minute; None: not that long yet."""
    reason: str = ""
    """Why it looks less often, or at less; empty: it does not."""
    announcement: str | None = None
    """What to keep in the journal, this once."""
    emergency: str = ""
    """What is far over its budget although no step is left; empty: nothing is. No reason for a
    notification: menu, statistics and `memtray status` have it."""


class _Mark(NamedTuple):
    at: float
    cpu_seconds: float
    written_bytes: int | None


class _Figure(NamedTuple):
    name: str
    value: float | None
    most: float
    text: Callable[[float], str]


class BudgetKeeper:
    """Judges Memtray's own cost, tick by tick.

    Over budget for a minute: one step, which lengthens the interval by half; again after another
    minute, until the interval is `slowest_seconds`; the step after that drops the automatic
    groups. Below for a minute, by what it would cost at the shorter interval: one step back; twice
    as long if that was too early before. What persons ask for does not count.
    """

    def __init__(
        self, budget: Budget, interval_seconds: float, slowest_seconds: float = 30.0
    ) -> None:
        self._marks: deque[_Mark] = deque()
        self._cpu_seconds = 0.0
        self._last: float | None = None
        self._step = 0
        self._over_since: float | None = None
        self._fine_since: float | None = None
        self._recovery_seconds = RECOVERY_SECONDS
        self._recovered_at: float | None = None
        """When it last took a step back towards normal, unless it had to be undone."""
        self._is_told = False
        self._last_over: tuple[str, ...] = ()
        """What was over last, each as text."""
        self._burst_since: float | None = None
        """Since when it has cost so much that it is an emergency."""
        self.set_budget(budget, interval_seconds, slowest_seconds)

    def set_budget(
        self, budget: Budget, interval_seconds: float, slowest_seconds: float = 30.0
    ) -> None:
        """Put another budget in force; steps taken stay until they prove unneeded."""
        self._budget = budget
        self._interval_seconds = interval_seconds
        self._slowest_seconds = max(slowest_seconds, interval_seconds)
        self._step = min(self._step, self._last_step())

    def judge(self, monotonic_seconds: float, app: AppSample) -> BudgetVerdict:
        """Judge one tick; `app.cpu_percent` is the share since the tick before."""
        now = monotonic_seconds
        cpu_percent, written = self._averages(now, app)
        figures = self._figures(app, cpu_percent, written)
        over = tuple(
            figure.text(figure.value)
            for figure in figures
            if figure.value is not None and figure.value > figure.most
        )
        # Not every system tells every figure, but all tell the CPU: before that it is too early.
        is_fine = cpu_percent is not None and all(
            figure.value is None or self._expected(figure) <= figure.most * RECOVERY_SHARE
            for figure in figures
        )
        announcement = None
        if over:
            self._last_over = over
            announcement = self._take_step(now, over)
        else:
            self._settle(now, is_fine)
        return BudgetVerdict(
            over=over,
            step=self._step,
            stretch=self._stretch(),
            drops_groups=self._drops_groups(),
            cpu_percent=cpu_percent,
            written_bytes_per_minute=written,
            reason=self._reason(over),
            announcement=announcement,
            emergency=self._emergency(now, figures),
        )

    def _expected(self, figure: _Figure) -> float:
        """Return the figure one step further back: looks cost processor time, and little else."""
        value = figure.value or 0.0
        return value * STRETCH if figure.name == "cpu" and self._step else value

    def _reason(self, over: tuple[str, ...]) -> str:
        if not self._step:
            return ""
        figures = _("; ").join(over or self._last_over)
        return _("Memtray used {figures}").format(figures=figures)

    def _emergency(self, now: float, figures: tuple[_Figure, ...]) -> str:
        """Text about what is far over its budget, once that has lasted as long as a step takes."""
        far_over = [
            figure.text(figure.value)
            for figure in figures
            if figure.value is not None and figure.value >= EMERGENCY_FACTOR * figure.most
        ]
        # Before the last step there is something left that may help.
        if not far_over or not self._drops_groups():
            self._burst_since = None
            return ""
        if self._burst_since is None:
            self._burst_since = now
        if now - self._burst_since < SUSTAIN_SECONDS:
            return ""
        return _("Memtray used {figures}, although it samples less often.").format(
            figures=_("; ").join(far_over)
        )

    def _averages(self, now: float, app: AppSample) -> tuple[float | None, float | None]:
        last, self._last = self._last, now
        elapsed_seconds = 0.0 if last is None else now - last
        if not 0 <= elapsed_seconds <= _GAP_SECONDS:
            # A suspend, a pause: nothing was sustained over it.
            self._marks.clear()
            self._over_since = self._fine_since = self._burst_since = None
        elif app.cpu_percent is not None:
            own_percent = app.cpu_percent - (app.requested_cpu_percent or 0.0)
            self._cpu_seconds += own_percent / 100 * elapsed_seconds
        marks = self._marks
        if not marks or now - marks[-1].at >= _MARK_SECONDS:
            marks.append(_Mark(now, self._cpu_seconds, app.written_bytes))
        while len(marks) > 1 and now - marks[1].at >= WINDOW_SECONDS:
            marks.popleft()
        first = marks[0]
        span_seconds = now - first.at
        if span_seconds < WINDOW_SECONDS:
            return None, None
        cpu_percent = max(0.0, 100 * (self._cpu_seconds - first.cpu_seconds) / span_seconds)
        if app.written_bytes is None or first.written_bytes is None:
            return cpu_percent, None
        written = max(0, app.written_bytes - first.written_bytes) * 60 / span_seconds
        return cpu_percent, written

    def _figures(
        self, app: AppSample, cpu_percent: float | None, written: float | None
    ) -> tuple[_Figure, ...]:
        budget = self._budget
        return (
            _Figure(
                "uss", app.uss_bytes, budget.uss_bytes,
                lambda value: _("{size} of private memory (limit {budget})").format(
                    size=format_size(value), budget=format_size(budget.uss_bytes)
                ),
            ),
            _Figure(
                "cpu", cpu_percent, budget.cpu_percent,
                lambda value: _("{share} CPU (limit {budget})").format(
                    share=format_percent(value / 100, 2),
                    budget=format_percent(budget.cpu_percent / 100, None),
                ),
            ),
            _Figure(
                "descriptors", app.descriptor_count, budget.descriptor_count,
                lambda value: _("{count} open files (limit {budget})").format(
                    count=format_number(value), budget=budget.descriptor_count
                ),
            ),
            _Figure(
                "threads", app.thread_count, budget.thread_count,
                lambda value: _("{count} threads (limit {budget})").format(
                    count=format_number(value), budget=budget.thread_count
                ),
            ),
            _Figure(
                "written", written, budget.written_bytes_per_minute,
                lambda value: _("{size} written per minute (limit {budget})").format(
                    size=format_size(value), budget=format_size(budget.written_bytes_per_minute)
                ),
            ),
            _Figure(
                "children",
                None if app.child_bytes is None
                else app.child_bytes - (app.requested_child_bytes or 0),
                budget.child_bytes,
                lambda value: _("{size} in child processes (limit {budget})").format(
                    size=format_size(value), budget=format_size(budget.child_bytes)
                ),
            ),
            _Figure(
                "child_cpu",
                None if app.child_cpu_percent is None
                else app.child_cpu_percent - (app.requested_child_cpu_percent or 0.0),
                budget.child_cpu_percent,
                lambda value: _("{share} CPU in child processes (limit {budget})").format(
                    share=format_percent(value / 100, 1),
                    budget=format_percent(budget.child_cpu_percent / 100, None),
                ),
            ),
        )  # fmt: skip

    def _take_step(self, now: float, over: tuple[str, ...]) -> str | None:
        self._fine_since = None
        if self._over_since is None:
            self._over_since = now
        if now - self._over_since < SUSTAIN_SECONDS:
            return None
        self._over_since = now
        if self._step >= self._last_step():
            return None
        if self._recovered_at is not None and now - self._recovered_at < QUIET_SECONDS:
            self._recovery_seconds = min(LONGEST_RECOVERY_SECONDS, self._recovery_seconds * 2)
        self._recovered_at = None
        self._step += 1
        if self._step > 1 or self._is_told:
            return None
        self._is_told = True
        text = _("Memtray used {figures}; sampling every {time} s for now")
        if self._drops_groups():
            text = _("Memtray used {figures}; sampling only tracked programs for now")
        seconds = float(f"{self._interval_seconds * self._stretch():.3g}")
        return text.format(figures=_("; ").join(over), time=format_number(seconds, None))

    def _settle(self, now: float, is_fine: bool) -> None:
        self._over_since = None
        if not is_fine:
            self._fine_since = None
            return
        if self._fine_since is None:
            self._fine_since = now
        if self._step == 0:
            if self._recovered_at is not None and now - self._recovered_at >= QUIET_SECONDS:
                self._is_told = False
                self._recovered_at = None
                self._recovery_seconds = RECOVERY_SECONDS
            return
        if now - self._fine_since < self._recovery_seconds:
            return
        self._step -= 1
        self._fine_since = now
        self._recovered_at = now

    def _stretching_steps(self) -> int:
        steps, interval_seconds = 0, self._interval_seconds
        while interval_seconds < self._slowest_seconds:
            interval_seconds *= STRETCH
            steps += 1
        return steps

    def _last_step(self) -> int:
        return self._stretching_steps() + 1

    def _stretch(self) -> float:
        longest = self._slowest_seconds / self._interval_seconds
        return min(longest, STRETCH ** min(self._step, self._stretching_steps()))

    def _drops_groups(self) -> bool:
        return self._step >= self._last_step()
