"""What applications use, added up again only where something has changed."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from trayapp.domain.grouping.families import Counted, Family, Member
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.samples import MemoryReading, ProcessFacts, ProcessKey, ProcessUse
from trayapp.domain.records.sizes import Part, size_of


class ApplicationUses:
    """Knows what each application used at the last look. Not thread-safe."""

    def __init__(self) -> None:
        self._unsorted: dict[Family, None] = {}
        """Those of which it is to be found out anew what they count for."""
        self._applications: dict[ApplicationKey, Counted] = {}
        self._readings: Mapping[ProcessKey, MemoryReading] = {}
        self._held: AbstractSet[ProcessKey] = frozenset()

    def expect_change(self, family: Family) -> None:
        """Note that a family has other members, or may go by another name."""
        if family.members or family.counted is not None:
            self._unsorted[family] = None
        else:
            self._unsorted.pop(family, None)

    def read(
        self,
        members: Mapping[int, Member],
        readings: Mapping[ProcessKey, MemoryReading],
        held: AbstractSet[ProcessKey],
    ) -> list[ApplicationUse]:
        """Return the applications, largest first, at the cost of what has changed.

        members: the living, by pid; readings: of them, kept until the next call and not to be
        changed; held: processes that do not count. Of an application in which nothing has changed
        the answer is the same record.
        """
        self._find_changed(members, readings, held)
        self._sort_families()
        changed = [each for each in self._applications.values() if each.is_changed]
        found: dict[Counted, tuple[str, list[tuple[int, ProcessFacts]]]] = {}
        for member in members.values() if changed else ():
            counted, facts = member.family.counted, member.facts
            if counted is None or not counted.is_changed or facts.key in held:
                continue
            reading = readings.get(facts.key)
            if reading is not None:
                if counted not in found:
                    found[counted] = (member.family.name(), [])
                found[counted][1].append((reading.rss_bytes, facts))
        for each in changed:
            each.is_changed = False
            each.use = use_of(each.key, *found[each], readings) if each in found else None
        told = [each.use for each in self._applications.values() if each.use is not None]
        return sorted(told, key=lambda use: (-use.size_bytes, use.key))

    def _find_changed(
        self,
        members: Mapping[int, Member],
        readings: Mapping[ProcessKey, MemoryReading],
        held: AbstractSet[ProcessKey],
    ) -> None:
        before, held_before = self._readings, self._held
        self._readings, self._held = readings, held
        moved = [key for key, reading in readings.items() if before.get(key) is not reading]
        for key in (*moved, *(before.keys() - readings.keys()), *(held ^ held_before)):
            member = members.get(key.pid)
            if member is not None and member.family.counted is not None:
                member.family.counted.is_changed = True

    def _sort_families(self) -> None:
        for family in self._unsorted:
            counted = family.counted
            if counted is not None:
                counted.is_changed = True
                counted.family_count -= 1
                if not counted.family_count:
                    del self._applications[counted.key]
                family.counted = None
            if family.members:
                key = family.key()
                counted = self._applications.get(key)
                if counted is None:
                    counted = self._applications[key] = Counted(key)
                if family.fixed_key is None:
                    family.label = counted.key.identity  # one text for all that are called so
                counted.family_count += 1
                counted.is_changed = True
                family.counted = counted
        self._unsorted = {}  # an emptied one keeps the room that it once needed


def use_of(
    key: ApplicationKey,
    name: str,
    uses: list[tuple[int, ProcessFacts]],
    readings: Mapping[ProcessKey, MemoryReading] | None,
) -> ApplicationUse:
    """Return what one application uses: its processes, each with its resident set."""
    uses.sort(key=lambda use: (-use[0], use[1].key))
    size, facts = uses[0]
    return ApplicationUse(
        key=key,
        name=name,
        processes=tuple(each.key for _, each in uses),
        rss_bytes=sum(each for each, _ in uses),
        size=size_of(Part(readings[facts.key]) for _, facts in uses) if readings else None,
        largest=ProcessUse(facts=facts, rss_bytes=size),
    )
