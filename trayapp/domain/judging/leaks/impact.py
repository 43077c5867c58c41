"""Whether a leak matters, which is another question than how sure it is one."""

from __future__ import annotations

from trayapp.domain.judging.leaks.verdict import Verdict
from trayapp.domain.records.limits import SOON_SECONDS
from trayapp.language.units import MIB

MUCH_BYTES = 256 * MIB
DOUBLED_BYTES = 64 * MIB
NOTABLE_BYTES = 12 * MIB
NOTABLE_SHARE = 0.2


def does_matter(verdict: Verdict, *, is_target: bool = False) -> bool:
    """Weigh what a verdict says: time to exhaustion, what it keeps, and its size before.

    is_target: somebody has asked to be told of this one, so a good part of its own size will do.
    """
    grown, start = verdict.growth_bytes or 0.0, verdict.start_bytes or 0.0
    left = verdict.seconds_to_limit
    if (left is not None and left <= SOON_SECONDS) or grown >= MUCH_BYTES:
        return True
    if grown >= DOUBLED_BYTES and grown >= start:
        return True
    return is_target and grown >= NOTABLE_BYTES and grown >= NOTABLE_SHARE * start
