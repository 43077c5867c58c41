"""How much following a piece of advice gives back: a range from what it gave back before.

Of what the evidence offers (so much is free inside, so much has leaked), a share really comes
back. How large that share is was measured: at this target, else at others by the same kind of
advice, else at the recorded programs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt

from trayapp.dataclass import NamedTuple
from trayapp.domain.judging.advice.records import Advice, Saving, Source

ENOUGH_OWN, ENOUGH_OF_KIND = 2, 3
WIDENING = 0.4
"""By so much of its ends a range is wider, over the root of the number of measurements."""
MOST_SHARE = 4.0


class Measured(NamedTuple):
    """What one deed gave back."""

    kind: str
    about: str
    offered_bytes: int
    saved_bytes: int
    """A minute later where that is known, else at once."""


class Recorded(NamedTuple):
    """The share of what was offered that came back, of recorded programs."""

    low_share: float
    high_share: float
    samples: int


RECORDED: Mapping[str, Recorded] = {
    "trim": Recorded(0.64, 1.07, 14),
    "restart": Recorded(0.59, 1.18, 18),
}
"""By kind; taken with `python -m tests.benchmarks.advice savings`, ten minutes later, and widened
as ranges of so many measurements are."""


def saving_of(advice: Advice, measured: Iterable[Measured]) -> Saving | None:
    """Return the range of what it will give back; None: nobody has measured anything like it."""
    if advice.offered_bytes <= 0:
        return None
    same = [each for each in measured if each.kind == advice.kind and each.offered_bytes > 0]
    own = [each for each in same if each.about == advice.about]
    for found, enough, source in _levels(own, same):
        if len(found) >= enough:
            shares = [each.saved_bytes / each.offered_bytes for each in found]
            return _range(advice, shares, source)
    recorded = RECORDED.get(advice.kind)
    if recorded is None:
        return None
    return Saving(
        _bounded(advice, recorded.low_share),
        _bounded(advice, recorded.high_share),
        "recorded programs",
        recorded.samples,
    )


def _levels(
    own: Sequence[Measured], same: Sequence[Measured]
) -> Iterable[tuple[Sequence[Measured], int, Source]]:
    yield own, ENOUGH_OWN, "this target"
    yield same, ENOUGH_OF_KIND, "its kind"


def _range(advice: Advice, shares: Sequence[float], source: Source) -> Saving:
    wider = WIDENING / sqrt(len(shares))
    low, high = min(shares) * (1 - wider), max(shares) * (1 + wider)
    return Saving(_bounded(advice, low), _bounded(advice, high), source, len(shares))


def _bounded(advice: Advice, share: float) -> int:
    """Return a share of what is offered; nobody gives back more than there is."""
    size = round(advice.offered_bytes * min(MOST_SHARE, max(0.0, share)))
    return size if advice.kept_bytes is None else min(size, advice.kept_bytes)
