"""Which processes make up one application, as a person would name it.

Every process belongs to exactly one application. The first rule that fits decides:

| rule | a process | belongs to |
| --- | --- | --- |
| 1 | of the kernel | "kernel" |
| 2 | in a container, unless Memtray runs in that one itself | the container |
| 3 | in a systemd unit that its parent is not in, or whose parent is not known | the unit |
| 4 | that is a boundary (shell, terminal, init, sshd, tmux, desktop …) or a browser | itself |
| 5 | started by a boundary | itself |
| 6 | started by any other process | the application of its parent |
| 7 | of which nothing of this is known | itself |

Units that hold what has nothing in common (sessions, `cron.service`) count as none. `containers.py`
says how containers and units are recognised, `roles.py` what is a boundary. A process stays where
it is when its parent ends.

A container is called after its oldest program and its id; a service after its unit; anything else
after its oldest program, with launchers like `sudo` and `npm` passed over. What is called the same
is one application: two windows of one editor, thirty shells, the nginx of the system and one
started by hand. Containers are told apart by their ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet

from trayapp.domain.grouping.application_uses import ApplicationUses, use_of
from trayapp.domain.grouping.containers import Place, place_of
from trayapp.domain.grouping.families import Family, Member, age
from trayapp.domain.grouping.roles import Role, role_of
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.names import short_name
from trayapp.domain.records.samples import MemoryReading, ProcessFacts, ProcessKey

_KTHREADD_PID = 2
_KERNEL = ApplicationKey("kernel", "kernel")


class ApplicationTracker:
    """Follows the process list and tells applications and what they use; see the rules above.

    The work per call is that of the changes, not of the whole list, and nothing is kept of
    processes that have ended. Not thread-safe.
    """

    def __init__(self, app_pid: int) -> None:
        """Make it; `app_pid` is Memtray's own pid."""
        self._app_pid = app_pid
        self._home: tuple[str, ...] = ()
        """The containers that Memtray itself is in: to those inside, they are the machine."""
        self._members: dict[int, Member] = {}
        self._waiting: dict[int, set[Member]] = {}
        """Processes whose parent is not known, by the pid of that parent."""
        self._shared: dict[object, Family] = {}
        """Families of containers, units and the kernel."""
        self._uses = ApplicationUses()

    def apply(
        self,
        appeared: Iterable[ProcessFacts] = (),
        changed: Iterable[ProcessFacts] = (),
        gone: Iterable[ProcessKey] = (),
    ) -> None:
        """Update with how the process list changed since the last call; `gone` goes first."""
        for key in gone:
            member = self._members.get(key.pid)
            if member is not None and member.facts.key == key:
                self._bury(member)
        # Parents before children, so that nobody is sorted twice.
        for facts in sorted(appeared, key=age):
            former = self._members.get(facts.key.pid)
            if former is not None:
                self._bury(former)
            self._meet(facts)
        for facts in changed:
            member = self._members.get(facts.key.pid)
            if member is not None and member.facts.key == facts.key:
                self._change(member, facts)

    def application_of(self, key: ProcessKey) -> ApplicationKey | None:
        """The application of a living process; None: there is no such process."""
        member = self._members.get(key.pid)
        return member.family.key() if member is not None and member.facts.key == key else None

    def totals(
        self,
        rss_bytes: Mapping[ProcessKey, int],
        excluded: Callable[[ProcessKey], bool] = lambda _: False,
        readings: Mapping[ProcessKey, MemoryReading] | None = None,
    ) -> list[ApplicationUse]:
        """Applications by the memory they use, largest first.

        With the `readings` of the same processes, what several share counts once in their size.

        Each process in `rss_bytes` counts once, unless it is `excluded` (a target holds it, say)
        or not known here. Applications that are left without a process are not told.
        """
        by_family: dict[Family, list[tuple[int, ProcessFacts]]] = {}
        for key, size in rss_bytes.items():
            member = self._members.get(key.pid)
            if member is None or member.facts.key != key or excluded(key):
                continue
            uses = by_family.get(member.family)
            if uses is None:
                by_family[member.family] = [(size, member.facts)]
            else:
                uses.append((size, member.facts))
        found: dict[ApplicationKey, tuple[str, list[tuple[int, ProcessFacts]]]] = {}
        for family, uses in by_family.items():
            found.setdefault(family.key(), (family.name(), []))[1].extend(uses)
        applications = [use_of(key, name, uses, readings) for key, (name, uses) in found.items()]
        return sorted(applications, key=lambda use: (-use.size_bytes, use.key))

    def uses(
        self, readings: Mapping[ProcessKey, MemoryReading], held: AbstractSet[ProcessKey]
    ) -> list[ApplicationUse]:
        """What `totals` tells, at the cost of what has changed since the last call.

        readings: kept until the next call, and not to be changed; held: processes that do not
        count. Of an application in which nothing has changed the answer is the same record.
        """
        return self._uses.read(self._members, readings, held)

    # -- the process list

    def _meet(self, facts: ProcessFacts) -> None:
        member = Member(facts, role_of(facts), place_of(facts.cgroup), Family(facts.key))
        self._join(member, member.family)
        self._members[facts.key.pid] = member
        self._find_parent(member)
        for child in tuple(self._waiting.get(facts.key.pid, ())):
            if _may_be_parent(facts, child.facts):
                self._stop_waiting(child)
                _adopt(child, member)
        self._settle(member)
        self._look_home(member)

    def _change(self, member: Member, facts: ProcessFacts) -> None:
        # Who once had a parent keeps it: only those that wait for one look for another.
        is_waiting = self._stop_waiting(member)
        place_before = member.place
        member.facts, member.role, member.place = facts, role_of(facts), place_of(facts.cgroup)
        if is_waiting:
            self._find_parent(member)
        if member.parent is None and member.place != place_before:
            member.has_parent_inside = False
        member.family.forget_name()
        self._uses.expect_change(member.family)
        self._settle(member)
        self._look_home(member)

    def _bury(self, member: Member) -> None:
        del self._members[member.facts.key.pid]
        self._stop_waiting(member)
        if member.parent is not None and member.parent.children is not None:
            member.parent.children.discard(member)
            member.parent.children = member.parent.children or None
        for child in member.children or ():
            child.parent = None
        self._leave(member)

    def _find_parent(self, member: Member) -> None:
        pid = member.facts.parent_pid
        parent = self._members.get(pid)
        if parent is not None and _may_be_parent(parent.facts, member.facts):
            _adopt(member, parent)
        elif pid > 0:
            self._waiting.setdefault(pid, set()).add(member)

    def _stop_waiting(self, member: Member) -> bool:
        """Return whether it was waiting."""
        pid = member.facts.parent_pid
        waiting = self._waiting.get(pid)
        if waiting is None or member not in waiting:
            return False
        waiting.remove(member)
        if not waiting:
            del self._waiting[pid]
        return True

    def _look_home(self, member: Member) -> None:
        containers = member.place.containers
        if member.facts.key.pid == self._app_pid and containers != self._home:
            self._home = containers
            for each in sorted(self._members.values(), key=lambda each: age(each.facts)):
                self._settle(each)

    # -- families

    def _settle(self, member: Member) -> None:
        """Sort a process into its family, and its descendants as far as that matters to them."""
        waiting = [member]
        while waiting:
            each = waiting.pop()
            family = self._family_for(each)
            if family is not each.family:
                self._leave(each)
                self._join(each, family)
            elif each is not member:
                continue
            waiting.extend(each.children or ())

    def _family_for(self, member: Member) -> Family:
        """The rules, in their order."""
        place, parent = member.place, member.parent
        if _is_of_kernel(member.facts):
            return self._shared_family(_KERNEL, _KERNEL)
        container = self._container(place)
        if container is not None:
            key = ApplicationKey("container", container)
            return self._shared_family(key, key)
        if parent is not None:
            is_same_unit = place.unit is None or place.unit == parent.place.unit
            member.has_parent_inside = is_same_unit and self._container(parent.place) is None
            hands_on = member.has_parent_inside and parent.role is not Role.BOUNDARY
            member.heritage = parent.family if hands_on else None
        if place.unit is not None and not member.has_parent_inside:
            name = place.unit_name
            called = ApplicationKey("program", short_name(name)) if name else None
            return self._shared_family(("unit", place.unit), called)
        if member.role in (Role.BOUNDARY, Role.APART) or member.heritage is None:
            founded_it = member.family.origin == member.facts.key
            return member.family if founded_it else Family(member.facts.key)
        return member.heritage

    def _container(self, place: Place) -> str | None:
        containers = place.containers
        if self._home and containers[: len(self._home)] == self._home:
            containers = containers[len(self._home) :]
        return containers[0] if containers else None

    def _shared_family(self, origin: object, key: ApplicationKey | None) -> Family:
        family = self._shared.get(origin)
        if family is None:
            family = self._shared[origin] = Family(origin, key)
        return family

    def _join(self, member: Member, family: Family) -> None:
        member.family = family
        family.add(member)
        self._uses.expect_change(family)

    def _leave(self, member: Member) -> None:
        family = member.family
        family.remove(member)
        self._uses.expect_change(family)
        if not family.members and self._shared.get(family.origin) is family:
            del self._shared[family.origin]


def _adopt(child: Member, parent: Member) -> None:
    child.parent = parent
    if parent.children is None:
        parent.children = set()
    parent.children.add(child)


def _may_be_parent(parent: ProcessFacts, child: ProcessFacts) -> bool:
    """Return whether a pid still means the parent: a parent is the older one."""
    return parent.key.started <= child.key.started and parent.key != child.key


def _is_of_kernel(facts: ProcessFacts) -> bool:
    return not facts.arguments and _KTHREADD_PID in (facts.key.pid, facts.parent_pid)
