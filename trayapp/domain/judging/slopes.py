"""What a run's curve consists of: slopes, joined until each does one thing and none is trifling."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from trayapp.dataclass import NamedTuple

MOST_SLOPES = 12
"""Of more, the smallest changes are joined with their neighbours."""
_LIKE = 3.0
"""Growth that follows growth is the same while the one is at most so many times as fast."""
_STEPS, _UNEVEN, _FLAT = 4, 3.0, 1.5
"""A staircase has so many steps, the largest and longest so many times as large as the least; what
is flat at its ends is at most so many pauses long."""
_PAUSE_SHARE = 0.25
_SHORTEST_SHARE, _ENDS = 0.01, 2.5
"""What is shorter than this share of the run is no slope of its own; at its ends it must be so many
times longer."""


class Slope(NamedTuple):
    """A straight line from one moment and size to another."""

    start: float
    end: float
    low: float
    high: float

    @property
    def change(self) -> float:
        return self.high - self.low

    @property
    def seconds(self) -> float:
        return self.end - self.start


def direction_of(slope: Slope, least: float) -> int:
    """Return 1 for growth of `least` or more, -1 for release, 0 for what is steady."""
    return 0 if abs(slope.change) < least else 1 if slope.change > 0 else -1


def together(*slopes: Slope) -> Slope:
    """Return one slope from the beginning of the first to the end of the last."""
    return Slope(slopes[0].start, slopes[-1].end, slopes[0].low, slopes[-1].high)


def join_slopes(slopes: list[Slope], least: float) -> list[Slope]:
    """Return fewer slopes: no two neighbours that do the same, and at most MOST_SLOPES."""
    shortest = _SHORTEST_SHARE * (slopes[-1].end - slopes[0].start)
    while True:
        count = len(slopes)
        slopes = _merged(slopes, lambda one, other: _is_alike(one, other, least, _ENDS * shortest))
        slopes = _without_brief(slopes, least, shortest)
        slopes = _without_steps(slopes, least)
        if len(slopes) == count:
            # What is left of small changes one way makes a large one.
            slopes = _merged(slopes, lambda one, other: _are_steady(one, other, least))
        if len(slopes) > MOST_SLOPES and len(slopes) == count:
            slopes = _without_smallest(slopes)
        if len(slopes) == count:
            return slopes


def _merged(slopes: Sequence[Slope], is_alike: Callable[[Slope, Slope], bool]) -> list[Slope]:
    found = [slopes[0]]
    for slope in slopes[1:]:
        if is_alike(found[-1], slope):
            found[-1] = together(found[-1], slope)
        else:
            found.append(slope)
    return found


def _is_alike(one: Slope, other: Slope, least: float, brief: float) -> bool:
    """Return whether two neighbours are one phase."""
    if _are_steady(one, other, least) and abs(other.high - one.low) < least:
        return True
    slow, fast = sorted((each.change / each.seconds for each in (one, other)), key=abs)
    if slow * fast > 0 and max(one.seconds, other.seconds) < brief:
        # Too few points for two rates.
        return True
    return slow * fast > 0 and abs(fast) <= _LIKE * abs(slow)


def _are_steady(one: Slope, other: Slope, least: float) -> bool:
    return not direction_of(one, least) and not direction_of(other, least)


def _without_brief(slopes: list[Slope], least: float, shortest: float) -> list[Slope]:
    """Join what is steady for a moment only, or comes back at once, with what is beside it."""
    for at, slope in enumerate(slopes):
        following = slopes[at + 1] if at + 1 < len(slopes) else None
        is_steady = not direction_of(slope, least)
        if following is None or not at:
            # At the ends there is least to go by.
            if len(slopes) > 1 and is_steady and slope.seconds < _ENDS * shortest:
                first = max(0, at - 1)
                return [*slopes[:first], together(*slopes[first : first + 2]), *slopes[first + 2 :]]
        elif is_steady and slope.seconds < shortest:
            return [*slopes[: at - 1], together(slopes[at - 1], slope), *slopes[at + 1 :]]
        elif slope.seconds + following.seconds < shortest:
            excursion = together(slope, following)
            if not direction_of(excursion, least):
                return [*slopes[: at - 1], together(slopes[at - 1], excursion), *slopes[at + 2 :]]
    return slopes


def _without_steps(slopes: list[Slope], least: float) -> list[Slope]:
    """Join steps in one direction with what is steady between them to one slope.

    These are many alike, or two and a pause that is far shorter than the longer one.
    """
    directions = [direction_of(slope, least) for slope in slopes]
    for first, direction in enumerate(directions):
        last = first
        while direction and directions[last + 1 : last + 3] == [0, direction]:
            following = slopes[first : last + 3]
            if last > first and not _is_even(following[1::2], following[::2]):
                break
            last += 2
        if last - first >= 2 * (_STEPS - 1):
            # What is flat before and after is half a step each.
            longest = _FLAT * max(slope.seconds for slope in slopes[first + 1 : last : 2])
            if first and not directions[first - 1] and slopes[first - 1].seconds <= longest:
                first -= 1
            if directions[last + 1 : last + 2] == [0] and slopes[last + 1].seconds <= longest:
                last += 1
            return [*slopes[:first], together(*slopes[first : last + 1]), *slopes[last + 1 :]]
    for at, (one, pause, other) in enumerate(zip(slopes, slopes[1:], slopes[2:], strict=False)):
        is_pause = directions[at] == directions[at + 2] != 0 == directions[at + 1]
        if is_pause and pause.seconds < _PAUSE_SHARE * max(one.seconds, other.seconds):
            return [*slopes[:at], together(one, pause, other), *slopes[at + 3 :]]
    return slopes


def _is_even(pauses: Sequence[Slope], steps: Sequence[Slope]) -> bool:
    """Return whether these are steps of one staircase."""
    seconds = [pause.seconds for pause in pauses]
    changes = [abs(step.change) for step in steps]
    return max(seconds) <= _UNEVEN * min(seconds) and max(changes) <= _UNEVEN * min(changes)


def _without_smallest(slopes: list[Slope]) -> list[Slope]:
    """Join the slope that changes least with its neighbours."""
    at = min(range(len(slopes)), key=lambda place: abs(slopes[place].change))
    first, last = max(0, at - 1), min(len(slopes) - 1, at + 1)
    return [*slopes[:first], together(*slopes[first : last + 1]), *slopes[last + 1 :]]
