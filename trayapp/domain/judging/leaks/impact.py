"""Whether a leak matters, which is another question than how sure it is one."""

from __future__ import annotations

from dataclasses import dataclass

from trayapp.domain.judging.leaks.verdict import Verdict
from trayapp.domain.records.limits import SOON_SECONDS
from trayapp.language.catalogue import _, format_number
from trayapp.language.units import MIB, format_size

MUCH_BYTES = 256 * MIB
DOUBLED_BYTES = 64 * MIB
NOTABLE_BYTES = 12 * MIB
NOTABLE_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What a leak costs."""

    matters: bool
    reason: str
    """A sentence, such as "It keeps 300 MiB."; may be empty."""


def impact_of(verdict: Verdict, *, is_target: bool = False) -> Impact:
    """Weigh what a verdict says: time to exhaustion, what it keeps, and its size before.

    is_target: somebody has asked to be told of this one, so a good part of its own size will do.
    """
    grown, start = verdict.growth_bytes or 0.0, verdict.start_bytes or 0.0
    left = verdict.seconds_to_limit
    if left is not None and left <= SOON_SECONDS:
        # The evidence names the time, and the limit that it is about.
        return Impact(matters=True, reason="")
    if grown >= MUCH_BYTES:
        reason = _("It keeps {size}.").format(size=format_size(grown))
        return Impact(matters=True, reason=reason)
    if grown >= DOUBLED_BYTES and grown >= start:
        if start < MIB:
            # A share of next to nothing says nothing.
            reason = _("It keeps {size}.").format(size=format_size(grown))
        else:
            times = format_number(1 + grown / start, 1)
            reason = _("It has grown to {n} times its size.").format(n=times)
        return Impact(matters=True, reason=reason)
    if is_target and grown >= NOTABLE_BYTES and grown >= NOTABLE_SHARE * start:
        return Impact(matters=True, reason="")
    return Impact(matters=False, reason="")
