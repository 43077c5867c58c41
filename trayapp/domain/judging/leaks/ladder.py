"""Blocks of time on a dyadic ladder: lowest and mean size, in a few kilobytes however long it runs.

The lowest rung has blocks of 15 s; two closed blocks of a rung make one of the next. Each rung
keeps its newest 32 blocks: 8 min on the lowest, 68 h on the highest.
"""

from __future__ import annotations

import math
from array import array
from typing import TypeVar

_Number = TypeVar("_Number", int, float)
BLOCK_SECONDS = 15.0
RUNGS = 10
BLOCKS = 32
_CODES = 16
_CONFIRM_BLOCKS = 4
_RISE_BLOCKS = 8


class Ladder:
    """About 4 KiB; O(1) amortised per block."""

    __slots__ = (
        "_falls",
        "_floors",
        "_means",
        "_units",
        "_work",
        "counts",
        "given_back",
    )

    def __init__(self) -> None:
        # Four bytes each: 64 bytes of a gigabyte are lost, which is less than a page.
        self._floors = array("f", bytes(4 * RUNGS * BLOCKS))
        self._means = array("f", bytes(4 * RUNGS * BLOCKS))
        # By logarithm: to 4 % in one byte. 0: not known.
        self._units = array("B", bytes(RUNGS * BLOCKS))
        self._work = array("B", bytes(RUNGS * BLOCKS))
        self.counts = array("q", bytes(8 * RUNGS))
        """Blocks ever closed, by rung."""
        self.given_back = array("f", bytes(4 * RUNGS))
        """The largest rise of at least eight blocks that was given back by half, by rung."""
        # By rung: low, its number, high, its number, how many blocks it has been fallen.
        self._falls = array("d", bytes(8 * RUNGS * 5))

    def push(self, floor: float, mean: float, units: float, work: float = 0.0) -> int:
        """Close a block of the lowest rung; return how many rungs have a new block.

        work: How much it did, such as percent of a core; 0: not known, or nothing.
        """
        rung = 0
        while True:
            count = self.counts[rung]
            at = rung * BLOCKS + count % BLOCKS
            self._floors[at] = floor
            self._means[at] = mean
            self._units[at] = _code(units)
            self._work[at] = _code(work)
            self.counts[rung] = count + 1
            self._fold_fall(rung, count, floor)
            rung += 1
            if count % 2 == 0 or rung == RUNGS:
                return rung
            floor, mean, units, work = self._joined(rung - 1, count, floor, mean, units, work)

    def push_held(self, blocks: int, floor: float, mean: float, units: float, work: float) -> int:
        """Close many blocks that are alike, exactly as `push` would one by one; return the same.

        Rung by rung: what two alike become is alike, too; only the first of a rung may have begun
        with a block from before. O(rungs), however many they are.
        """
        rung = 0
        first: tuple[float, float, float, float] | None = None
        while rung < RUNGS and (blocks or first is not None):
            count = self.counts[rung]
            above = None
            if first is not None:
                if count % 2:
                    above = self._joined(rung, count, *first)
                self._put(rung, count, count + 1, *first)
                count += 1
            if blocks:
                end = count + blocks
                if count % 2:
                    above = self._joined(rung, count, floor, mean, units, work)
                    blocks -= 1
                self._put(rung, count, end, floor, mean, units, work)
                blocks //= 2
                if blocks:
                    floor, mean, units, work = self._joined(rung, end, floor, mean, units, work)
            first = above
            rung += 1
        return rung

    def _put(
        self,
        rung: int,
        number: int,
        end: int,
        floor: float,
        mean: float,
        units: float,
        work: float,
    ) -> None:
        """Close the blocks from a number to before another, all alike, on one rung."""
        start, fall = rung * BLOCKS, rung * 5
        floors, means, falls = self._floors, self._means, self._falls
        units_code, work_code = _code(units) if units else 0, _code(work) if work else 0
        while number < end:
            at = start + number % BLOCKS
            floors[at], means[at] = floor, mean
            self._units[at], self._work[at] = units_code, work_code
            self.counts[rung] = number + 1
            self._fold_fall(rung, number, floor)
            number += 1
            if number < end and (
                floor >= falls[fall + 2] or floor > (falls[fall] + falls[fall + 2]) / 2
            ):
                # From here on nothing changes but the numbers, and the ring.
                for begin, length in _parts_of_ring(number, end):
                    ring = slice(start + begin, start + begin + length)
                    floors[ring] = array("f", (floor,)) * length
                    means[ring] = array("f", (mean,)) * length
                    self._units[ring] = array("B", (units_code,)) * length
                    self._work[ring] = array("B", (work_code,)) * length
                self.counts[rung] = number = end
                self._fold_fall(rung, end - 1, floor)

    def _joined(
        self, rung: int, number: int, floor: float, mean: float, units: float, work: float
    ) -> tuple[float, float, float, float]:
        """Return what a block becomes with the one before it, on the next rung."""
        before = rung * BLOCKS + (number - 1) % BLOCKS
        return (
            min(floor, self._floors[before]),
            (mean + self._means[before]) / 2,
            (units + _decode(self._units[before])) / 2,
            (work + _decode(self._work[before])) / 2,
        )

    def floors(self, rung: int) -> list[float]:
        """Of the newest blocks, oldest first."""
        return self._ring(self._floors, rung)

    def means(self, rung: int) -> list[float]:
        """Of the newest blocks, oldest first."""
        return self._ring(self._means, rung)

    def units(self, rung: int) -> list[float]:
        """Threads and children of the newest blocks, oldest first; 0 where unknown."""
        return _decode_all(self._ring(self._units, rung))

    def work(self, rung: int) -> list[float]:
        """How much it did in the newest blocks, oldest first; 0 where unknown."""
        return _decode_all(self._ring(self._work, rung))

    def newest(self, rung: int) -> float:
        """The newest floor; there is one."""
        return self._floors[rung * BLOCKS + (self.counts[rung] - 1) % BLOCKS]

    def climbed(self, rung: int) -> float:
        """From the lowest to the newest floor that a rung remembers."""
        count, start = self.counts[rung], rung * BLOCKS
        if not count:
            return 0.0
        known = self._floors[start : start + min(count, BLOCKS)]
        return self._floors[start + (count - 1) % BLOCKS] - min(known)

    def _ring(self, ring: array[_Number], rung: int) -> list[_Number]:
        count, start = self.counts[rung], rung * BLOCKS
        if count <= BLOCKS:
            return ring[start : start + count].tolist()
        at = start + count % BLOCKS
        return (ring[at : start + BLOCKS] + ring[start:at]).tolist()

    def _fold_fall(self, rung: int, number: int, floor: float) -> None:
        """Follow the rises of a rung: one is given back when half of it stays gone.

        A dip that is over within three blocks (a collector that empties its young space) is none.
        """
        falls, at = self._falls, rung * 5
        if number == 0:
            falls[at] = falls[at + 2] = floor
            return
        low, high = falls[at], falls[at + 2]
        if floor >= high:
            falls[at + 2], falls[at + 3], falls[at + 4] = floor, number, 0.0
        elif floor > (low + high) / 2:
            falls[at + 4] = 0.0
        else:
            falls[at + 4] += 1.0
            lasted = falls[at + 3] - falls[at + 1] >= _RISE_BLOCKS
            if falls[at + 4] >= _CONFIRM_BLOCKS:
                if lasted and high - low > self.given_back[rung]:
                    self.given_back[rung] = high - low
                newest = self.floors(rung)[-_CONFIRM_BLOCKS:]
                falls[at] = low = min(newest)
                falls[at + 1] = number - _CONFIRM_BLOCKS + 1 + newest.index(low)
                falls[at + 2], falls[at + 3], falls[at + 4] = floor, number, 0.0
                return
            if floor < low and not lasted:
                falls[at], falls[at + 1] = floor, number
                falls[at + 2], falls[at + 3], falls[at + 4] = floor, number, 0.0


def _parts_of_ring(number: int, end: int) -> tuple[tuple[int, int], ...]:
    """Return where blocks from one number to before another are kept: from where, how many."""
    if end - number >= BLOCKS:
        return ((0, BLOCKS),)
    begin, length = number % BLOCKS, end - number
    if begin + length <= BLOCKS:
        return ((begin, length),)
    return (begin, BLOCKS - begin), (0, begin + length - BLOCKS)


def _code(value: float) -> int:
    """By its logarithm, 16 steps to each doubling."""
    return min(255, round(_CODES * math.log2(1 + value))) if value > 0 else 0


def _decode(code: int) -> float:
    return 2.0 ** (code / _CODES) - 1 if code else 0.0


def _decode_all(codes: list[int]) -> list[float]:
    # Of most programs nothing of it is known.
    return [_decode(code) for code in codes] if any(codes) else [0.0] * len(codes)
