"""Whether advice that was followed did what it was to do: measured at once and later.

What counts is the size against what it would have been: the size before and the trend before it,
or the course of a program of the same kind that was left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from trayapp.dataclass import NamedTuple, dataclass, field
from trayapp.domain.judging.advice.records import EXCEPT, RESTART, Advice, Source
from trayapp.domain.judging.advice.savings import Measured
from trayapp.domain.records.samples import ProcessKey
from trayapp.language.catalogue import N_, _, paragraph
from trayapp.language.units import MIB, format_size

Stage = Literal["after_1min", "after_10min", "after_1h", "after_1day"]
STAGES: tuple[tuple[Stage, float], ...] = (
    ("after_1min", 60.0),
    ("after_10min", 600.0),
    ("after_1h", 3600.0),
    ("after_1day", 86_400.0),
)
Regret = Literal["", "restarted", "gone", "slower", "grew back"]
REGRET_SECONDS = 600.0
LATE_SECONDS = 2 * 3600.0
"""A look that comes later than that after its time says nothing of it: Memtray did not run."""
HELD_SHARE, BACK_SHARE = 0.5, 0.25
LEAST_BYTES = 4 * MIB
SLOWER = 1.5
MOST_PROCESSES = 64
_REGRETS: Mapping[str, str] = {
    "restarted": N_("It restarted within ten minutes."),
    "gone": N_("It exited within ten minutes."),
    "slower": N_("Its tasks have taken longer since."),
    "grew back": N_("It used the memory again within ten minutes."),
}
_STAGES_SAID: Mapping[Stage, str] = {
    "after_1min": N_("after 1 min: {size}"),
    "after_10min": N_("after 10 min: {size}"),
    "after_1h": N_("after 1 h: {size}"),
    "after_1day": N_("after 1 day: {size}"),
}


class Look(NamedTuple):
    """How a program stands now."""

    size_bytes: int | None
    """None: it does not run."""
    keys: frozenset[ProcessKey] = frozenset()
    seconds_of_a_task: float | None = None
    """The median time of its tasks lately; None: it tells of none."""


@dataclass(slots=True)
class Deed:
    """One piece of advice that was followed."""

    id: str
    """That of the advice."""
    kind: str
    about: str
    name: str
    title: str
    does: str
    wall_seconds: float
    before_bytes: int | None
    saved_bytes: int | None
    """The fall of its size at once; None: that was not measured."""
    offered_bytes: int = 0
    expected: tuple[int, int] | None = None
    source: Source | None = None
    rate_bytes_per_second: float = 0.0
    """How fast it grew before."""
    control_about: str = ""
    """Who of its kind was left alone; "": there is nobody."""
    control_bytes: int | None = None
    """The size of that one then."""
    task_seconds: float | None = None
    is_automatic: bool = False
    text: str = ""
    """What came of it at once, for people."""
    undo_bytes: int | None = None
    """Of a changed limit: what it was; None: there is nothing to undo."""
    set_bytes: int | None = None
    """Of a changed limit: what it was changed to."""
    undo_entry: str = ""
    """Of an exception: its entry in the settings."""
    is_undone: bool = False
    keys: frozenset[ProcessKey] = frozenset()
    """Its processes right after it; empty: it was restarted, so the first look tells."""
    later: dict[Stage, int] = field(default_factory=dict)
    """What was still saved, by stage."""
    passed: set[Stage] = field(default_factory=set)
    """Stages that were looked at, or missed."""
    regret: Regret = ""

    @property
    def can_be_undone(self) -> bool:
        return (self.undo_bytes is not None or bool(self.undo_entry)) and not self.is_undone

    @property
    def is_open(self) -> bool:
        """Whether there is a look to come."""
        return len(self.passed) < len(STAGES)

    @property
    def lasting_bytes(self) -> int | None:
        """What it saved by the latest look; None: not known."""
        for stage, _seconds in reversed(STAGES):
            if stage in self.later:
                return self.later[stage]
        return self.saved_bytes

    @property
    def held(self) -> bool | None:
        """Whether it did what it was to do; None: it is too soon to tell, or nobody could look."""
        if self.regret:
            return False
        if not self.later or self.saved_bytes is None:
            return None
        lasting = self.lasting_bytes or 0
        return lasting >= max(LEAST_BYTES, HELD_SHARE * self.saved_bytes)

    @property
    def measured(self) -> Measured | None:
        """What later ranges are made of."""
        saved = self.later.get("after_1min", self.saved_bytes)
        if saved is None or not self.offered_bytes:
            return None
        return Measured(self.kind, self.about, self.offered_bytes, saved)

    def is_due(self, wall_seconds: float) -> bool:
        """Return whether there is something to look at now."""
        passed = wall_seconds - self.wall_seconds
        return any(stage not in self.passed and passed >= seconds for stage, seconds in STAGES)

    def follow_up(self, wall_seconds: float, look: Look, control_bytes: int | None = None) -> bool:
        """Look at it again; return whether anything new is known."""
        passed = wall_seconds - self.wall_seconds
        is_new = False
        for stage, seconds in STAGES:
            if stage in self.passed or passed < seconds:
                continue
            self.passed.add(stage)
            is_new = True
            if passed - seconds > max(LATE_SECONDS, seconds) or look.size_bytes is None:
                continue
            saved = self._saved(passed, look.size_bytes, control_bytes)
            if saved is not None:
                self.later[stage] = saved
        if passed <= 2 * REGRET_SECONDS and is_new and not self.regret:
            self.regret = self._regret(look)
        if is_new and not self.keys:
            self.keys = frozenset(list(look.keys)[:MOST_PROCESSES])
        return is_new

    def sentence(self) -> str:
        """What it came to, for people."""
        if self.saved_bytes is None:
            return self.text
        parts = [_("Saved {size} at once").format(size=format_size(max(0, self.saved_bytes)))]
        parts += [
            _(_STAGES_SAID[stage]).format(size=format_size(max(0, self.later[stage])))
            for stage, _seconds in STAGES
            if stage in self.later
        ]
        verdict = {None: "", True: _("It held."), False: _("It did not last.")}[self.held]
        if self.regret:
            verdict = _(_REGRETS[self.regret])
        # Translators: joins "Saved 200 MiB at once" and "after 1 min: 190 MiB".
        return paragraph(_(", ").join(parts) + _("."), verdict)

    def _saved(self, passed: float, now_bytes: int, control_bytes: int | None) -> int | None:
        """Return by how much it is smaller than it would have been."""
        if self.before_bytes is None:
            return None
        expected = self.before_bytes + max(0.0, self.rate_bytes_per_second) * passed
        if self.control_bytes and control_bytes:
            expected = self.before_bytes * control_bytes / self.control_bytes
        return round(expected) - now_bytes

    def _regret(self, look: Look) -> Regret:
        if look.size_bytes is None:
            return "gone"
        if self.keys and look.keys and not self.keys & look.keys:
            return "restarted"
        before, now = self.task_seconds, look.seconds_of_a_task
        if before and now and now >= SLOWER * before:
            return "slower"
        kept = self.later.get("after_10min", self.later.get("after_1min"))
        saved = self.saved_bytes or 0
        if kept is not None and saved >= LEAST_BYTES and kept < BACK_SHARE * saved:
            return "grew back"
        return ""


def deed_of(advice: Advice, does: str, wall_seconds: float, look: Look) -> Deed:
    """Return the record of following a piece of advice now; what it saved is yet to be measured."""
    saving = advice.saving
    # An exception changes no program.
    look = Look(None) if does == EXCEPT else look
    return Deed(
        id=advice.id,
        kind=advice.kind,
        about=advice.about,
        name=advice.name,
        title=advice.title,
        does=does,
        wall_seconds=wall_seconds,
        before_bytes=look.size_bytes,
        saved_bytes=None,
        offered_bytes=advice.offered_bytes,
        expected=(saving.low_bytes, saving.high_bytes) if saving else None,
        source=saving.source if saving else None,
        task_seconds=look.seconds_of_a_task,
        keys=frozenset() if does == RESTART else frozenset(list(look.keys)[:MOST_PROCESSES]),
        passed={stage for stage, _seconds in STAGES} if does == EXCEPT else set(),
    )
