"""All advice that stands now, what was said against it, and what came of following it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from trayapp.domain.judging.advice.case import Case, Machine
from trayapp.domain.judging.advice.deeds import Deed, Look
from trayapp.domain.judging.advice.harmless import Acknowledged
from trayapp.domain.judging.advice.ranking import order, ranked
from trayapp.domain.judging.advice.records import Advice
from trayapp.domain.judging.advice.savings import Measured, saving_of

MOST_DEEDS = 100
MOST_WORDS = 500
NOT_NOW_SECONDS = 86_400.0
BACK_OFF_SECONDS = 3600.0
"""After an action that did not hold; doubled each time."""
LONGEST_BACK_OFF_SECONDS = 30 * 86_400.0
QUIET_SECONDS = 600.0
"""After it was followed, while it is not known yet what came of it."""
NEVER = float("inf")


class AdviceBook:
    """Keeps advice, deeds and dismissals. Not thread-safe."""

    def __init__(self) -> None:
        self.advice: tuple[Advice, ...] = ()
        """What stands now, the most pressing first; replaced, never changed."""
        self.deeds: deque[Deed] = deque(maxlen=MOST_DEEDS)
        """Oldest first."""
        self.silent_until: dict[str, float] = {}
        """Identities of advice that is not to be given, and until when; NEVER: for good."""
        self.delays: dict[str, int] = {}
        """How often it was put off."""
        self.acknowledged: dict[str, Acknowledged] = {}
        """Alerts that the person knew of, by the key that their incidents share."""

    def update(
        self, found: Iterable[tuple[Advice, Case | None]], machine: Machine
    ) -> tuple[Advice, ...]:
        """Take in what all kinds have found now; return what was not there before."""
        now = machine.wall_seconds
        known = {each.id for each in self.advice}
        measured = self.measured()
        advice = []
        for each, case in found:
            if self.is_silent(each.id, now):
                continue
            saving, record = saving_of(each, measured), self.record_of(each.kind, each.about)
            advice.append(ranked(each, case, machine, saving, record))
        self.advice = tuple(sorted(advice, key=order))
        return tuple(each for each in self.advice if each.id not in known)

    def is_silent(self, identity: str, now: float) -> bool:
        return self.silent_until.get(identity, 0.0) > now

    def find(self, wanted: str) -> list[Advice]:
        """Return what a person may mean: by identity, else by a part of it."""
        part = wanted.strip().casefold()
        return [each for each in self.advice if each.id == wanted] or [
            each for each in self.advice if part and part in each.id.casefold()
        ]

    def dismiss(self, identity: str, now: float, *, for_good: bool = False) -> None:
        """Do not give it for a day, twice as long each time; or never again."""
        times = self.delays.get(identity, 0)
        until = (
            NEVER if for_good else now + min(LONGEST_BACK_OFF_SECONDS, NOT_NOW_SECONDS * 2**times)
        )
        self.delays[identity] = times + 1
        self._silence(identity, until)

    def note(self, deed: Deed) -> None:
        """Take in what was done; its advice rests until it is known what came of that."""
        self.deeds.append(deed)
        self._silence(deed.id, deed.wall_seconds + QUIET_SECONDS)

    def follow_up(self, now: float, look: Callable[[str], Look]) -> list[Deed]:
        """Look again at what is due; `look` tells how a program stands, by its key."""
        news = []
        for deed in self.deeds:
            if not deed.is_open or not deed.is_due(now):
                continue
            before = deed.held
            control = look(deed.control_about).size_bytes if deed.control_about else None
            if deed.follow_up(now, look(deed.about), control):
                news.append(deed)
            if deed.held is False and before is not False:
                self._back_off(deed, now)
        return news

    def record_of(self, kind: str, about: str) -> tuple[int, int]:
        """Return how often following it has held for this program, and how often it is known."""
        known = [
            deed.held
            for deed in self.deeds
            if deed.kind == kind and deed.about == about and deed.held is not None
        ]
        return sum(map(bool, known)), len(known)

    def success_of(self, kind: str) -> tuple[int, int]:
        """The same for all programs."""
        known = [deed.held for deed in self.deeds if deed.kind == kind and deed.held is not None]
        return sum(map(bool, known)), len(known)

    def measured(self) -> list[Measured]:
        return [found for deed in self.deeds if (found := deed.measured) is not None]

    def last_deed(self, wanted: str) -> Deed | None:
        """Return the latest deed by its identity, or a part of it."""
        part = wanted.strip().casefold()
        for deed in reversed(self.deeds):
            if deed.id == wanted or (part and part in deed.id.casefold()):
                return deed
        return None

    def forget_past(self, now: float) -> None:
        """Drop silences that are over."""
        self.silent_until = {
            identity: until for identity, until in self.silent_until.items() if until > now
        }

    def _back_off(self, deed: Deed, now: float) -> None:
        failures = sum(each.held is False and each.id == deed.id for each in self.deeds)
        seconds = min(LONGEST_BACK_OFF_SECONDS, BACK_OFF_SECONDS * 2**failures)
        self._silence(deed.id, max(now + seconds, self.silent_until.get(deed.id, 0.0)))

    def _silence(self, identity: str, until: float) -> None:
        self.silent_until[identity] = until
        self.advice = tuple(each for each in self.advice if each.id != identity)
        while len(self.silent_until) > MOST_WORDS:
            self.silent_until.pop(next(iter(self.silent_until)))
