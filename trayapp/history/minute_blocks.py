"""An hour of one curve as a few bytes: a mean and a maximum of each minute, in KiB.

First eight bytes in which a bit stands for each minute that is known, then of each of those how its
mean differs from the one before, and how far above it its maximum is: numbers of as many bytes as
they need, seven bits in each. An hour of a program that hardly changes takes 130 bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

Minutes = dict[int, tuple[int, int]]
"""Mean and maximum in KiB, by the number of the minute in its hour, 0 to 59."""

_MASK_BYTES = 8
_COUNT = 60


def encode_minutes(minutes: Mapping[int, tuple[int, int]]) -> bytes:
    """Return what `decode_minutes` reads; of a maximum below its mean, the mean."""
    mask = 0
    found = bytearray()
    before = 0
    for place in sorted(minutes):
        mean, maximum = minutes[place]
        mask |= 1 << place
        change = mean - before
        _append(found, 2 * change if change >= 0 else -2 * change - 1)
        _append(found, max(0, maximum - mean))
        before = mean
    return mask.to_bytes(_MASK_BYTES, "little") + bytes(found)


def decode_minutes(block: bytes) -> Minutes:
    """Return what `encode_minutes` was given. Raises: ValueError if the block is damaged."""
    mask = int.from_bytes(block[:_MASK_BYTES], "little")
    if len(block) < _MASK_BYTES or mask >> _COUNT:
        raise ValueError(len(block))
    numbers = _numbers(block)
    minutes: Minutes = {}
    mean = 0
    try:
        for place in range(_COUNT):
            if mask >> place & 1:
                change = next(numbers)
                mean += change // 2 if change % 2 == 0 else -(change + 1) // 2
                minutes[place] = mean, mean + next(numbers)
    except StopIteration:
        raise ValueError(len(block)) from None
    return minutes


def _append(found: bytearray, number: int) -> None:
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)


def _numbers(block: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in block[_MASK_BYTES:]:
        number |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            yield number
            number = shift = 0
