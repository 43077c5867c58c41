"""The choice whom a recording follows, by pid: whoever comes first, as long as there is room."""

from __future__ import annotations

from collections.abc import Callable, Iterable

MOST_PROCESSES = 10
"""Followed at one time."""
MOST_LIVES = 250
"""In one recording: each is a column of its own, and a build starts thousands."""


class Kin:
    """Chooses whom to follow: at most so many at a time, first come, first served."""

    def __init__(
        self,
        pids: Iterable[int],
        has_ended: Callable[[int], bool],
        children: Callable[[int], Iterable[int]] | None = None,
    ) -> None:
        """`has_ended` may be asked of any pid; zombies have.

        `children` tells the pids of a process's children; None: they are not wanted.
        """
        self._first = list(pids)
        self._has_ended = has_ended
        self._children = children
        self._lives = len(self._first)
        self.most_processes = MOST_PROCESSES
        """At one time."""
        self.most_lives: float = MOST_LIVES
        """In all, from the first call on."""
        self.left_out: set[int] = set()
        """Pids of children for whom there was no room so far."""

    def choose(self, followed: Iterable[int]) -> set[int]:
        """Return whom to follow from now on: who is left of those `followed`, and who has come."""
        chosen = self._first + [pid for pid in followed if not self._has_ended(pid)]
        # Never again by pid: one that is free will be given to somebody else.
        self._first = []
        if self._children is not None:
            for pid in chosen:  # grows meanwhile: children of children
                for child in self._children(pid):
                    # A parent that does not ask for exit codes keeps zombies as children.
                    if child not in chosen and not self._has_ended(child):
                        self._add_child(child, chosen)
        return set(chosen)

    def _add_child(self, child: int, chosen: list[int]) -> None:
        if len(chosen) < self.most_processes and self._lives < self.most_lives:
            chosen.append(child)
            self._lives += 1
            self.left_out.discard(child)
        elif len(self.left_out) < 100_000:
            self.left_out.add(child)
