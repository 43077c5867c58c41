"""The sizes of the largest applications, as exactly as a few milliseconds allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from trayapp.dataclass import replace
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.domain.records.sizes import Size
from trayapp.language.units import MIB
from trayapp.readers.footprint import BUDGET_SECONDS
from trayapp.readers.own_shared import OwnShared
from trayapp.readers.proportions import ProportionReader

MOST_APPLICATIONS = 8
"""So many of the largest are read; more than the menu shows."""
MOST_PROCESSES = 64
"""One with more would use up the turns of all others."""
LEAST_SHARED_BYTES = 32 * MIB
"""What one shares with others, or maps several times, must be worth the reading."""


class SharedUses:
    """Follows the applications that share much. All calls from one thread.

    Costs five milliseconds each time that everything is read, however many processes there are;
    less where most of them stand still.
    """

    def __init__(self) -> None:
        # They wait for their turn, and would seem to have grown by what is found then.
        own_shared = OwnShared(only_growth=True)
        self._proportions = ProportionReader[ApplicationKey](
            own_shared=own_shared, first_budget_seconds=BUDGET_SECONDS, spares_still=True
        )
        self._sizes: dict[ApplicationKey, Size] = {}

    def read(
        self,
        uses: Sequence[ApplicationUse],
        readings: Mapping[ProcessKey, MemoryReading],
        now: float,
    ) -> tuple[list[ApplicationUse], Mapping[ProcessKey, MemoryReading]]:
        """Return the applications, largest first, and the readings, both as well as is known.

        Of what is not followed they are the same records.

        uses: all applications, largest first; readings: of every process; now: monotonic seconds.
        """
        groups = {use.key: use.processes for use in uses if _is_worth_it(use, readings)}
        groups = dict(list(groups.items())[:MOST_APPLICATIONS])
        followed = {key: readings[key] for keys in groups.values() for key in keys}
        sizes = self._proportions.read(groups, followed, now)
        own = self._proportions.with_own_shared(followed, now)
        self._sizes = {
            key: told.size
            for key, told in sizes.items()
            if told.size is not None and told.size.kind in ("proportional", "estimated")
        }
        moved = {key: reading for key, reading in own.items() if reading is not readings[key]}
        # Of those that are followed more is known each time: never the record of before.
        fresh = [replace(use) if use.key in groups else use for use in uses]
        return self.with_known(fresh), {**readings, **moved} if moved else readings

    def with_known(self, uses: Iterable[ApplicationUse]) -> list[ApplicationUse]:
        """Return the applications with the sizes that are known from the latest `read`."""
        if not self._sizes:
            return list(uses)
        better = [
            replace(use, size=self._sizes[use.key]) if use.key in self._sizes else use
            for use in uses
        ]
        return sorted(better, key=lambda use: (-use.size_bytes, use.key))


def _is_worth_it(use: ApplicationUse, readings: Mapping[ProcessKey, MemoryReading]) -> bool:
    """Return whether its processes share much, as forks do, or one maps much as shared."""
    if len(use.processes) > MOST_PROCESSES or use.rss_bytes < LEAST_SHARED_BYTES:
        return False
    if len(use.processes) > 1:
        return True
    reading = readings[use.processes[0]]
    return reading.rss_bytes - (reading.anon_bytes or 0) >= LEAST_SHARED_BYTES
