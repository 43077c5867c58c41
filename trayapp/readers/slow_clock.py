"""Slow clocks: everyone has a turn once per period, and no tick has to do them all."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)
FoundT = TypeVar("FoundT")


class SlowClock(Generic[T]):
    """Tells whose turn it is. Keeps one number for each that is still there."""

    def __init__(
        self,
        period_seconds: float,
        budget_seconds: float = 0.005,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`budget_seconds`: after so much time in one go, by `clock`, the rest waits."""
        self._period_seconds = period_seconds
        self._budget_seconds = budget_seconds
        self._clock = clock
        self._turns: dict[T, float] = {}
        self._latest = float("-inf")
        """When `due` was called last."""
        self._next_turn = float("-inf")
        """Before that nobody's turn comes, unless somebody is new."""

    def set_period(self, period_seconds: float) -> None:
        """Change the period; whoever has waited for longer than the new one is due."""
        shorter_seconds = self._period_seconds - period_seconds
        self._period_seconds = period_seconds
        if shorter_seconds > 0:
            self._turns = {each: turn - shorter_seconds for each, turn in self._turns.items()}
            self._next_turn = float("-inf")

    def hasten(self, some: Iterable[T]) -> None:
        """Make these due at once, after those that have been due for longer."""
        for each in some:
            if each in self._turns:
                self._turns[each] = min(self._turns[each], self._latest)
                self._next_turn = float("-inf")

    def due(
        self, everyone: Iterable[T], now: float, budget_seconds: float | None = None
    ) -> Iterator[T]:
        """Yield those whose turn has come, longest overdue first; at least one, if there is one.

        Whoever is not among `everyone` is forgotten; who is new is due at once. What the caller
        does with each counts as time spent, so turns spread out. `budget_seconds`: in
        place of the one that was given at first.
        """
        started = self._clock()
        self._latest = now
        budget_seconds = self._budget_seconds if budget_seconds is None else budget_seconds
        turns = self._turns = {each: self._turns.get(each, now) for each in everyone}
        waiting = [each for each, turn in turns.items() if turn <= now]
        for each in sorted(waiting, key=turns.__getitem__):
            turns[each] = now + self._period_seconds
            yield each
            if self._clock() - started >= budget_seconds:
                return

    def refresh(
        self,
        found: dict[T, FoundT],
        everyone: Collection[T],
        now: float,
        read: Callable[[T, FoundT | None], FoundT | None],
        budget_seconds: float | None = None,
    ) -> dict[T, FoundT]:
        """Return what is known of `everyone`, with what `read` tells of those that are due.

        found: what this returned last, which it returns again while nobody is due, as at most
        ticks. read: called with what was found before; None: nothing is known any more.
        """
        if now < self._next_turn and list(self._turns) == list(everyone):
            self._latest = now
            return found
        fresh = dict(found)
        for each in self.due(everyone, now, budget_seconds):
            finding = read(each, fresh.pop(each, None))
            if finding is not None:
                fresh[each] = finding
        self._next_turn = min(self._turns.values(), default=float("inf"))
        return {each: fresh[each] for each in everyone if each in fresh}
