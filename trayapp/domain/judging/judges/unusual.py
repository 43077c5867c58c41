"""A target that has more memory than is usual for it at this hour of the week."""

from __future__ import annotations

from trayapp.domain.judging.alerting import Condition
from trayapp.domain.judging.judges.protocol import TargetCase, TargetJudge
from trayapp.domain.records.levels import Level
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import _
from trayapp.language.units import MIB, format_size

BEYOND_SHARE, BEYOND_BYTES = 1.25, 32 * MIB
"""So far above what is usual it must be, by both."""
HOLD_SECONDS = 300.0


class Unusual(TargetJudge):
    """Only where the person wants it (`learned`), and where enough was learned."""

    key = "unusual"
    news = "unusual"

    def __init__(self) -> None:
        self._since: float | None = None
        """When it went beyond; monotonic."""

    def judge(self, case: TargetCase) -> Condition | None:
        usual, size, now = case.usual, case.view.size_bytes, case.frame.monotonic_seconds
        if usual is None or size is None or "leak" in case.found or "limit" in case.found:
            self._since = None
            return None
        beyond = max(BEYOND_SHARE * usual.high_bytes, usual.high_bytes + BEYOND_BYTES)
        if size < (usual.high_bytes if case.is_told(self.key) else beyond):
            self._since = None
            return None
        if self._since is None:
            self._since = now
        if now - self._since < HOLD_SECONDS and not case.is_told(self.key):
            return None
        text = unusual_text(case.view.name, size, usual.low_bytes, usual.high_bytes)
        return case.condition(self.key, Level.WARNING, text, float(size))


def unusual_text(
    name: str, size_bytes: float, low_bytes: float, high_bytes: float
) -> tuple[str, str]:
    """Title and body about a target that is larger than usual: low to high, at this hour."""
    title = _("{name}: more memory than usual").format(name=shown_name(name))
    body = _("Using {size}; at this hour of the week usually {low} to {high}.").format(
        size=format_size(size_bytes), low=format_size(low_bytes), high=format_size(high_bytes)
    )
    return title, body
