"""How often the sampler takes a sample: as set, adapted to what happens, less if over budget."""

from __future__ import annotations

from trayapp.applet.rules import budget_of
from trayapp.domain.judging.monitor import Outcome
from trayapp.domain.judging.own_budget import BudgetKeeper, BudgetVerdict
from trayapp.domain.judging.pacing import MovementGauge, PaceKeeper, PaceRule
from trayapp.domain.records.frames import Frame
from trayapp.language.catalogue import _
from trayapp.settings.records import Settings

_SLOWEST_SECONDS = 30.0


class SamplingPace:
    """The interval in force and why. The sampler thread; its properties any thread."""

    def __init__(self, settings: Settings, interval_seconds: float | None = None) -> None:
        """Begin as set; `interval_seconds` overrules the settings."""
        self._interval_override = interval_seconds
        self._keeper = PaceKeeper(self._rule(settings))
        self._movement = MovementGauge()
        self._budget = BudgetKeeper(budget_of(settings), self._keeper.rule.interval_seconds)
        self.verdict = BudgetVerdict()
        """Whether Memtray is within its own budget."""

    @property
    def interval_seconds(self) -> float:
        return min(_SLOWEST_SECONDS, self._keeper.interval_seconds * self.verdict.stretch)

    @property
    def reason(self) -> str:
        """Why this interval, in a few words; above all whether Memtray's own budget is why."""
        if not self.verdict.reason:
            return self._keeper.reason
        if self._keeper.interval_seconds == self._keeper.rule.interval_seconds:
            return self.verdict.reason
        return _("; ").join((self._keeper.reason, self.verdict.reason))

    def follow_settings(self, settings: Settings) -> None:
        """Adopt interval and budget."""
        self._keeper.set_rule(self._rule(settings))
        self._budget.set_budget(budget_of(settings), self._keeper.rule.interval_seconds)

    def judge_cost(self, now: float, frame: Frame) -> BudgetVerdict:
        """Judge by a sample what Memtray itself costs."""
        self.verdict = self._budget.judge(now, frame.app)
        return self.verdict

    def adapt(self, now: float, frame: Frame, outcome: Outcome) -> None:
        """Adapt the interval to how the machine and its targets move."""
        sizes = {target.name: target.rss_bytes for target in outcome.view.targets}
        moved = self._movement.update({"": frame.system.used_bytes} | sizes)
        self._keeper.update(now, frame.system, moved, frame.on_battery)

    def _rule(self, settings: Settings) -> PaceRule:
        if self._interval_override is not None:
            # Who names an interval for this one run wants that one.
            return PaceRule(interval_seconds=self._interval_override, adaptive=False)
        sampling = settings.sampling
        return PaceRule(interval_seconds=sampling.interval_seconds, adaptive=sampling.adaptive)
