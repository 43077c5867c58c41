"""What is outside of programs, and which of it grows without end."""

from __future__ import annotations

from collections.abc import Mapping

from trayapp.dataclass import dataclass
from trayapp.domain.judging.leaks import LeakDetector, LeakSettings, Verdict
from trayapp.domain.records.frames import Frame
from trayapp.domain.records.outside import SLAB, TMPFS, LargestFile
from trayapp.language.units import MIB

WORTH_JUDGING_BYTES = 4 * MIB
"""What has not grown by this much since it was lowest keeps one number, not a detector."""
MOST_DETECTORS = 12
"""100 KiB of them; those of the healthy go when there are more."""


@dataclass(frozen=True, slots=True)
class OutsideFinding:
    """What is said of something outside of programs."""

    key: str
    """As in `OutsideSample.sizes`."""
    verdict: Verdict
    largest: LargestFile | None = None
    """Of files in memory, once it has been read."""


class OutsideFollower:
    """Folds the looks at what is outside of programs; most of them at most times cost a number."""

    def __init__(self, settings: LeakSettings) -> None:
        self.sizes: Mapping[str, int] = {}
        """As of the latest look."""
        self._settings = settings
        self._known: dict[str, int | LeakDetector] = {}
        """The detector of each, or its lowest size while it has none."""
        self._largest: dict[str, LargestFile] = {}

    def set_settings(self, settings: LeakSettings) -> None:
        """Judge by other thresholds from the next look on."""
        self._settings = settings
        for known in self._known.values():
            if isinstance(known, LeakDetector):
                known.set_settings(settings)

    @property
    def wanted(self) -> tuple[str, ...]:
        """Files in memory that grow: who the largest belongs to is to be read next time."""
        return tuple(
            key
            for key, known in self._known.items()
            if key.startswith(TMPFS)
            and isinstance(known, LeakDetector)
            and known.verdict.level != "healthy"
        )

    def add_frame(self, frame: Frame) -> tuple[OutsideFinding, ...] | None:
        """Return all that seems to leak; None: nobody looked this time."""
        sample = frame.outside
        if sample is None:
            return None
        self.sizes = sample.sizes
        self._largest = {**self._largest, **sample.largest}
        before, self._known = self._known, {}
        for key, size_bytes in sample.sizes.items():
            known = self._follow(before.get(key), size_bytes)
            self._known[key] = known
            if isinstance(known, LeakDetector):
                known.fold(
                    frame.monotonic_seconds, size_bytes, room_bytes=frame.system.available_bytes
                )
        self._drop_the_healthy()
        leaking = {
            key: known.verdict
            for key, known in self._known.items()
            if isinstance(known, LeakDetector) and known.verdict.level == "leaking"
        }
        self._largest = {key: each for key, each in self._largest.items() if key in self.wanted}
        return tuple(
            OutsideFinding(key, verdict, self._largest.get(key))
            for key, verdict in leaking.items()
            if not _is_told_by_a_part(key, leaking)
        )

    def _follow(self, known: int | LeakDetector | None, size_bytes: int) -> int | LeakDetector:
        if isinstance(known, LeakDetector):
            return known
        if known is not None and size_bytes - known >= WORTH_JUDGING_BYTES:
            return LeakDetector(signal="memory outside programs", settings=self._settings)
        return size_bytes if known is None else min(known, size_bytes)

    def _drop_the_healthy(self) -> None:
        detectors = [key for key, each in self._known.items() if isinstance(each, LeakDetector)]
        for key in detectors[MOST_DETECTORS:]:
            known = self._known[key]
            if isinstance(known, LeakDetector) and known.verdict.level == "healthy":
                # To be met anew; should it grow again, it gets another.
                del self._known[key]


def _is_told_by_a_part(key: str, leaking: Mapping[str, Verdict]) -> bool:
    """Return whether something more exact is said of the same memory."""
    kind = {"shared": TMPFS, "slab_unreclaimable": SLAB}.get(key)
    return kind is not None and any(each.startswith(kind) for each in leaking)
