"""Which process belongs to which target: the first rule that matches wins, children follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from trayapp.dataclass import dataclass
from trayapp.domain.grouping.captures import Captured, is_by_value, value_of
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.records.samples import ProcessFacts, ProcessKey

IsTimeLeft = Callable[[], bool]


def _always() -> bool:
    return True


@dataclass(slots=True, repr=False)
class _Member:
    facts: ProcessFacts
    parent: ProcessKey | None
    rule: int | None = None
    """Index of the rule that holds it; None: no target."""
    own: bool = False
    """Part of Memtray itself, which is never part of a target."""
    value: str | None = None
    """What the rule's named groups hold; None: it has none, or they hold nothing."""
    heritage: str | None = None
    """The target its parent passes on, remembered for when the parent has ended."""
    heritage_value: str | None = None
    is_heir_of_own: bool = False
    is_parent: bool = False
    """Whether another one has ever come from it."""

    @property
    def is_taken(self) -> bool:
        """Whether it belongs to a target, or to Memtray itself."""
        return self.own or self.rule is not None


class TargetTracker:
    """Follows the process list and tells the processes of each target.

    A process belongs to at most one target: the first rule, in order, that matches its command
    line; else the rule that holds its parent, if that rule takes children. Once adopted it stays
    when its parent ends. Memtray's own processes belong to no target: `memtray trends app.py`
    names "app.py" in its command line and yet is not it. The command that `memtray run -- COMMAND`
    or `memtray record` has started is not Memtray's own.
    """

    def __init__(self, rules: Sequence[TargetRule], app_pid: int) -> None:
        self._rules = tuple(rules)
        self._app_pid = app_pid
        self._members: dict[int, _Member] = {}
        """The living, by pid."""
        self._waiting: dict[ProcessKey, None] = {}
        """Who is to be sorted, parents before children."""
        self._sorted: dict[str, list[ProcessKey]] | None = None
        """What `members` tells, until something changes."""
        self._taken: frozenset[ProcessKey] | None = None
        """What `taken` tells, until something changes."""
        self._captured = _captured(self._rules, {})
        self._active = self._rules

    @property
    def rules(self) -> tuple[TargetRule, ...]:
        """The rules in force, in order."""
        return self._rules

    @property
    def active_rules(self) -> tuple[TargetRule, ...]:
        """One for each target that `members` tells of: of a rule by value, one for each value.

        The same tuple until that changes.
        """
        self.members()
        return self._active

    def retire(self, now: float) -> None:
        """Drop targets by value that had no process for a minute; `now`: monotonic seconds."""
        if not self._captured:
            return
        living = {name for name, keys in self.members().items() if keys}
        for captured in self._captured.values():
            if captured.retire(living, now):
                self._sorted = None

    def set_rules(self, rules: Sequence[TargetRule], is_time_left: IsTimeLeft = _always) -> None:
        """Put other rules in force and sort every known process anew, as `apply` does."""
        places = {rule.name: place for place, rule in enumerate(rules)}
        for member in self._members.values():
            # Until its turn comes it stays with the target of that name.
            held_by = None if member.rule is None else self._rules[member.rule].name
            member.rule = places.get(held_by or "")
        self._taken = None
        self._rules = tuple(rules)
        self._sorted = None
        self._captured = _captured(self._rules, self._captured)
        self._waiting = dict.fromkeys(sorted(self._keys(), key=_age))
        self._sort_waiting(is_time_left)

    def apply(
        self,
        appeared: Iterable[ProcessFacts] = (),
        changed: Iterable[ProcessFacts] = (),
        gone: Iterable[ProcessKey] = (),
        is_time_left: IsTimeLeft = _always,
    ) -> None:
        """Update with how the process list changed since the last call.

        Where no time is left, because command lines of strangers are hard for a person's regular
        expressions, processes wait for the next call; until then they stay where they are.
        """
        # Who is in no target changes nothing; but where there are too many values, whoever ends may
        # make room for another one.
        if self._captured and (gone or appeared or changed or self._waiting):
            self._sorted = None
        for key in gone:
            ended = self._find(key)
            if ended is not None:
                del self._members[key.pid]
                self._forget(ended)
            self._waiting.pop(key, None)
        # Parents before children, so that a family that came together is adopted at once.
        for facts in sorted(appeared, key=lambda facts: _age(facts.key)):
            parent = self._members.get(facts.parent_pid)
            if parent is not None:
                parent.is_parent = True
            former = self._members.get(facts.key.pid)
            if former is not None:
                self._forget(former)
            self._members[facts.key.pid] = _Member(facts, parent.facts.key if parent else None)
            self._waiting[facts.key] = None
        for facts in changed:
            known = self._find(facts.key)
            if known is not None:
                known.facts = facts
                # Behind its parent, wherever it may have waited.
                for key in self._family(facts.key):
                    self._waiting.pop(key, None)
                    self._waiting[key] = None
        self._sort_waiting(is_time_left)

    def _sort_waiting(self, is_time_left: IsTimeLeft) -> None:
        while self._waiting and is_time_left():
            key = next(iter(self._waiting))
            del self._waiting[key]
            member = self._find(key)
            if member is not None:
                self._assign(member)
        if not self._waiting:
            self._waiting = {}  # an emptied one keeps the room that it once needed

    def members(self) -> dict[str, list[ProcessKey]]:
        """The living processes of each target, by name, in rule order; oldest first.

        Not to be changed: while nothing happens the answer is the same.
        """
        if self._sorted is None:
            found: dict[str, list[ProcessKey]] = {}
            for member in self._members.values():
                if member.rule is not None:
                    name = self._name_of(member.rule, member.value)
                    found.setdefault(name, []).append(member.facts.key)
            active: list[TargetRule] = []
            for index, rule in enumerate(self._rules):
                captured = self._captured.get(index)
                if captured is None:
                    active.append(rule)
                else:
                    active += captured.rules(with_own=rule.name in found)
            self._sorted = {rule.name: found.get(rule.name, []) for rule in active}
            if not _are_the_same(active, self._active):
                self._active = tuple(active)
        return self._sorted

    def members_of_rules(self) -> dict[str, list[ProcessKey]]:
        """Return the living processes by the names of the rules, whatever the values."""
        if not self._captured:
            return self.members()
        found: dict[str, list[ProcessKey]] = {rule.name: [] for rule in self._rules}
        for member in self._members.values():
            if member.rule is not None:
                found[self._rules[member.rule].name].append(member.facts.key)
        return found

    def facts(self, key: ProcessKey) -> ProcessFacts | None:
        member = self._find(key)
        return member.facts if member else None

    def lineage(self, key: ProcessKey) -> Iterator[ProcessFacts]:
        """Yield a living process, its parent and so on, as far as they are known."""
        seen: set[ProcessKey] = set()
        here = self._find(key)
        while here is not None and here.facts.key not in seen:
            seen.add(here.facts.key)
            yield here.facts
            here = self._members.get(here.facts.parent_pid)

    def reason(self, key: ProcessKey) -> str | None:
        """Return why a living process belongs to its target, for the debug log; None: to none."""
        member = self._find(key)
        if member is None or member.rule is None:
            return None
        rule = self._rules[member.rule]
        if not rule.matches(member.facts):
            return f"its parent, {member.facts.parent_pid}"
        way, _space, value = rule.text.partition(" ")
        return f'{way} "{value}"'

    def strangers(self) -> Iterator[ProcessFacts]:
        """Every living process but Memtray's own."""
        return (member.facts for member in self._members.values() if not member.own)

    def living(self) -> Iterator[ProcessFacts]:
        """All processes that are there."""
        return (member.facts for member in self._members.values())

    def is_free(self, key: ProcessKey) -> bool:
        """Return whether the process belongs to no target and is not Memtray's own."""
        member = self._find(key)
        return member is not None and not member.is_taken

    @property
    def taken(self) -> frozenset[ProcessKey]:
        """The living processes that belong to a target, or to Memtray itself.

        The same set until that changes.
        """
        if self._taken is None:
            members = self._members.values()
            self._taken = frozenset(member.facts.key for member in members if member.is_taken)
        return self._taken

    def _find(self, key: ProcessKey) -> _Member | None:
        member = self._members.get(key.pid)
        return member if member is not None and member.facts.key == key else None

    def _keys(self) -> Iterator[ProcessKey]:
        return (member.facts.key for member in self._members.values())

    def _forget(self, member: _Member) -> None:
        """Note that one has ended."""
        if member.rule is not None:
            self._sorted = None
        if member.is_taken:
            self._taken = None

    def _assign(self, member: _Member) -> None:
        held_before, was_taken = member.rule, member.is_taken
        self._find_home(member)
        if member.is_taken is not was_taken:
            self._taken = None
        if member.rule is not None or held_before is not None:
            self._sorted = None

    def _find_home(self, member: _Member) -> None:
        parent = self._find(member.parent) if member.parent else None
        if parent is not None:
            held_by = None if parent.rule is None else self._rules[parent.rule]
            member.heritage = held_by.name if held_by and held_by.adopts else None
            member.heritage_value = parent.value
            member.is_heir_of_own = parent.own and not _runs_a_command(parent.facts.arguments)
        member.own = (
            member.facts.key.pid == self._app_pid
            or member.is_heir_of_own
            or _after_memtray(member.facts.arguments) is not None
        )
        member.rule = None if member.own else self._find_rule(member)
        member.value = None
        if member.rule in self._captured:
            rule = self._rules[member.rule]
            is_own = rule.matches(member.facts)
            member.value = value_of(rule, member.facts) if is_own else member.heritage_value

    def _name_of(self, rule: int, value: str | None) -> str:
        captured = self._captured.get(rule)
        return self._rules[rule].name if captured is None else captured.name_of(value)

    def _find_rule(self, member: _Member) -> int | None:
        inherited = None
        command_line = member.facts.command_line
        for index, rule in enumerate(self._rules):
            if rule.matches(member.facts, command_line):
                return index
            if rule.name == member.heritage:
                inherited = index
        return inherited

    def _family(self, ancestor: ProcessKey) -> list[ProcessKey]:
        """Return a process and all that come of it, oldest first."""
        family = {ancestor: None}
        if not self._members[ancestor.pid].is_parent:
            return [ancestor]
        for key in sorted(self._keys(), key=_age):
            if self._members[key.pid].parent in family:
                family[key] = None
        return list(family)


def _captured(rules: Sequence[TargetRule], before: Mapping[int, Captured]) -> dict[int, Captured]:
    """By the place of each rule by value; what is known of one that stays is kept."""
    known = {captured.rule: captured for captured in before.values()}
    return {
        index: known.get(rule) or Captured(rule)
        for index, rule in enumerate(rules)
        if is_by_value(rule)
    }


def _are_the_same(some: Sequence[TargetRule], others: Sequence[TargetRule]) -> bool:
    return len(some) == len(others) and all(
        one is other for one, other in zip(some, others, strict=True)
    )


def _age(key: ProcessKey) -> tuple[int, int]:
    return key.started, key.pid


def _runs_a_command(arguments: Sequence[str]) -> bool:
    """Return whether a command line of Memtray's starts another program."""
    after = _after_memtray(arguments)
    return after is not None and len(after) > 0 and after[0] in ("run", "record", "demo")


def _after_memtray(arguments: Sequence[str]) -> Sequence[str] | None:
    """Return the arguments after `memtray` or `python -m trayapp`; None: it is neither."""
    if not arguments:
        return None
    program = _base_name(arguments[0])
    if not program.startswith("python"):
        return arguments[1:] if program == "memtray" else None
    for index, argument in enumerate(arguments[1:], start=1):
        if argument == "-m":
            is_memtray = arguments[index + 1 : index + 2] == ("trayapp",)
            return arguments[index + 2 :] if is_memtray else None
        if not argument.startswith("-"):
            return arguments[index + 1 :] if _base_name(argument) == "memtray" else None
    return None


def _base_name(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".exe")
