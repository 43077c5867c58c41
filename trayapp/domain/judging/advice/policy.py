"""What of its own advice Memtray may follow automatically: off unless the person wants it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from trayapp.dataclass import dataclass
from trayapp.domain.judging.advice.book import AdviceBook
from trayapp.domain.judging.advice.records import COLLECT, EMPTY, FREE, SET_LIMIT, Advice

APPLY_CHOICES = ("never", "low risk")
AGGRESSIVENESS = ("conservative", "moderate", "aggressive")
HOUR_SECONDS = 3600.0
_ALLOWED: Mapping[str, Collection[str]] = {
    "conservative": (FREE,),
    "moderate": (FREE, COLLECT),
    "aggressive": (FREE, COLLECT, EMPTY, SET_LIMIT),
}
"""What counts as low risk. A restart never does: it loses what was not saved."""
_SURE: Mapping[str, float] = {"conservative": 0.85, "moderate": 0.7, "aggressive": 0.5}
"""How sure it must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvicePolicy:
    """What the person allows."""

    apply: str = "never"
    """One of APPLY_CHOICES."""
    aggressiveness: str = "conservative"
    per_hour: int = 5
    dry_run: bool = False


class AdviceChooser:
    """Chooses what is followed next. Not thread-safe; remembers what was tried in the last hour."""

    def __init__(self) -> None:
        self._tried: dict[str, float] = {}
        """When which advice was chosen last, whatever came of it; wall seconds."""

    def choose(
        self, book: AdviceBook, policy: AdvicePolicy, now: float, busy: Collection[str] = ()
    ) -> Advice | None:
        """Return the advice to follow now; None: none, or no more this hour.

        busy: programs about which something is being done. Each is chosen once an hour at most.
        """
        if policy.apply == "never":
            return None
        self._tried = {key: at for key, at in self._tried.items() if 0 <= now - at < HOUR_SECONDS}
        automatic = [
            deed.wall_seconds
            for deed in book.deeds
            if deed.is_automatic and 0 <= now - deed.wall_seconds < HOUR_SECONDS
        ]
        if max(len(automatic), len(self._tried)) >= policy.per_hour:
            return None
        for advice in book.advice:
            is_free = advice.id not in self._tried and advice.about not in busy
            if is_free and is_allowed(advice, policy):
                self._tried[advice.id] = now
                return advice
        return None


def is_allowed(advice: Advice, policy: AdvicePolicy) -> bool:
    """Return whether the person allows this to be done automatically."""
    act = advice.automatic
    return (
        act is not None
        and act.does in _ALLOWED[policy.aggressiveness]
        and advice.confidence >= _SURE[policy.aggressiveness]
    )
