"""Putting together what was measured in each step of time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain, groupby
from typing import Any

from trayapp.history.columns import Column, Columns, Piece, picker, side_by_side


class StepMerger:
    """Merges columns by steps, across the lists in which they come."""

    def __init__(self, step_seconds: float, whole: Collection[int] | None = None) -> None:
        """step_seconds: 0: only what is of the same moment. whole: as for `Source.columns`."""
        self._step_ms = max(1, round(step_seconds * 1000))
        self._whole = whole
        self._held: list[Columns] = []
        """The last step, which may go on."""

    def add(self, together: Sequence[Columns]) -> list[Columns]:
        """Take in what follows; return what is complete by now."""
        found = self._merged([*self._held, *together])
        self._held = []
        if self._step_ms > 1:
            last = max(one.starts_ms[-1] for one in found)
            found, self._held = _without(found, last)
        return found

    def finish(self) -> list[Columns]:
        """Return the rest."""
        held, self._held = self._held, []
        return held

    def _merged(self, together: Sequence[Columns]) -> list[Columns]:
        width = self._step_ms
        numbers = [[start // width for start in one.starts_ms] for one in together]
        if len(set(chain.from_iterable(numbers))) == sum(map(len, numbers)):
            # There is nothing to put together.
            return [
                one._replace(starts_ms=[number * width for number in own])
                for one, own in zip(together, numbers, strict=True)
            ]
        stretches: dict[int, int] = {}
        owners: dict[int, list[tuple[int, int]]] = {}
        for index, (one, own) in enumerate(zip(together, numbers, strict=True)):
            for number in own:
                stretches[number] = max(one.stretch_seconds, stretches.get(number, 0))
            for at, place in enumerate(one.places):
                owners.setdefault(place, []).append((index, at))
        values: list[Any] = [one[3:] for one in together]
        runs: dict[tuple[int, ...], _Runs] = {}
        pieces = []
        for place, found in owners.items():
            key = tuple(index for index, _at in found)
            if key not in runs:
                starts = list(chain.from_iterable(together[index].starts_ms for index in key))
                runs[key] = _Runs(starts, width)
            parts: list[Any] = [
                list(chain.from_iterable(values[index][field][at] for index, at in found))
                for field in range(4)
            ]
            is_whole = self._whole is None or place in self._whole
            pieces.append(runs[key].merged(place, *parts, is_whole=is_whole))
        merged = []
        for steps, alike in side_by_side(pieces, stretches.__getitem__):
            places, _starts, *columns = zip(*alike, strict=True)
            starts_ms = [step * width for step in steps]
            merged.append(Columns(stretches[steps[0]], starts_ms, places, *columns))
        return merged


class _Runs:
    """Which values of a column are in which step."""

    def __init__(self, starts_ms: Sequence[int], width_ms: int) -> None:
        """starts_ms: of several columns one after the other."""
        # Those of one moment stay as they came.
        order = sorted(range(len(starts_ms)), key=starts_ms.__getitem__)
        self._pick = None if order == list(range(len(order))) else picker(order)
        self._steps: list[int] = []
        self._spans: list[tuple[int, int]] = []
        begin = 0
        for step, group in groupby(order, key=lambda at: starts_ms[at] // width_ms):
            end = begin + len(list(group))
            self._steps.append(step)
            self._spans.append((begin, end))
            begin = end

    def merged(
        self,
        place: int,
        counts: Sequence[int],
        minima: Column,
        means: Column,
        maxima: Column,
        *,
        is_whole: bool,
    ) -> Piece:
        if self._pick is not None:
            counts, minima, means, maxima = map(self._pick, (counts, minima, means, maxima))  # type: ignore[assignment]
        steps, spans = tuple(self._steps), self._spans
        greatest = [max(maxima[begin:end]) for begin, end in spans]
        if not is_whole:
            return Piece(place, steps, (1,) * len(steps), greatest, greatest, greatest)
        least = [min(minima[begin:end]) for begin, end in spans]
        middle, totals = [], []
        for begin, end in spans:
            mean, total = means[begin], counts[begin]
            for value, count in zip(means[begin + 1 : end], counts[begin + 1 : end], strict=True):
                total += count
                mean += (value - mean) * count / total
            middle.append(mean)
            totals.append(total)
        return Piece(place, steps, totals, least, middle, greatest)


def _without(found: Sequence[Columns], start_ms: int) -> tuple[list[Columns], list[Columns]]:
    """Part what begins at the last moment of all from the rest."""
    rest, last = [], []
    for one in found:
        if one.starts_ms[-1] < start_ms:
            rest.append(one)
            continue
        last.append(_part(one, slice(-1, None)))
        if len(one.starts_ms) > 1:
            rest.append(_part(one, slice(-1)))
    return rest, last


def _part(one: Columns, moments: slice) -> Columns:
    columns: list[Any] = [[column[moments] for column in each] for each in one[3:]]
    return Columns(one.stretch_seconds, one.starts_ms[moments], one.places, *columns)
