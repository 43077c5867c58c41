"""Processes that belong together, as `applications` sorts them: a family, and its members."""

from __future__ import annotations

from trayapp.dataclass import dataclass
from trayapp.domain.grouping.containers import Place
from trayapp.domain.grouping.roles import Role
from trayapp.domain.records.application_use import ApplicationKey, ApplicationUse
from trayapp.domain.records.names import process_label, short_name
from trayapp.domain.records.samples import ProcessFacts

_UNNAMED = "unknown"


@dataclass(slots=True, eq=False, repr=False)
class Family:
    """Processes that belong together: a container, a unit, or a process with its helpers."""

    origin: object
    """What it is found by: a container or unit; for others the process that founded it."""
    fixed_key: ApplicationKey | None = None
    """None: it is called after its oldest program."""
    members: set[Member] | Member | None = None
    """The only one itself: most processes of a machine are families of their own."""
    namesake: Member | None = None
    """The oldest program, once it was looked for; it gives `label`."""
    label: str = ""
    counted: Counted | None = None
    """What it counts for, as of the last look."""

    def add(self, member: Member) -> None:
        if self.members is None:
            self.members = member
        elif isinstance(self.members, Member):
            self.members = {self.members, member}
        else:
            self.members.add(member)
        if self.namesake is not None and rank(member) < rank(self.namesake):
            self.forget_name()

    def remove(self, member: Member) -> None:
        if self.members is member:
            self.members = None
        elif isinstance(self.members, set):
            self.members.discard(member)
        if self.namesake is member:
            self.forget_name()

    def forget_name(self) -> None:
        """Find out anew what it is called, when somebody asks."""
        self.namesake, self.label = None, ""

    def called(self) -> str:
        if self.namesake is None:
            members = self.members
            self.namesake = min(members, key=rank) if isinstance(members, set) else members
        if self.namesake is None:
            return _UNNAMED
        if not self.label:
            facts = self.namesake.facts
            self.label = process_label(facts.arguments, facts.name) or _UNNAMED
        return self.label

    def key(self) -> ApplicationKey:
        return self.fixed_key or ApplicationKey("program", self.called())

    def name(self) -> str:
        key = self.fixed_key
        if key is None or key.kind != "container":
            return self.called() if key is None else key.identity
        called = self.called()
        facts = self.namesake.facts if self.namesake else None
        # The runtime's name, where it tells one: an ID is another after each update.
        names = facts.container_names if facts else ()
        named = (each.name for each in names if each.identity.startswith(key.identity))
        return f"{called} ({short_name(next(named, key.identity))})"


@dataclass(slots=True, eq=False, repr=False)
class Counted:
    """What is called the same, with what it used at the last look."""

    key: ApplicationKey
    family_count: int = 0
    use: ApplicationUse | None = None
    """None: none of its processes counts."""
    is_changed: bool = True
    """Whether `use` has to be made anew."""


@dataclass(slots=True, eq=False, repr=False)
class Member:
    """One living process."""

    facts: ProcessFacts
    role: Role
    place: Place
    family: Family
    parent: Member | None = None
    """The living process that started it."""
    children: set[Member] | None = None
    has_parent_inside: bool = False
    """Whether it came from a process of the same unit; remembered when that has ended."""
    heritage: Family | None = None
    """The family its parent hands on, remembered when that has ended; None: a boundary's child."""


def rank(member: Member) -> tuple[bool, int, int]:
    """Sort the process that gives the name first: the oldest, launchers and shells last."""
    return (member.role in (Role.LAUNCHER, Role.BOUNDARY), *age(member.facts))


def age(facts: ProcessFacts) -> tuple[int, int]:
    """Sort the older process first."""
    return facts.key.started, facts.key.pid
