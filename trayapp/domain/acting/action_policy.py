"""What the settings ask Memtray to do by itself, and what of it was added late."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from trayapp.dataclass import NamedTuple, dataclass, field
from trayapp.domain.grouping.captures import base_name
from trayapp.domain.judging.alerting import Incident
from trayapp.domain.judging.judges import TARGET_INCIDENTS
from trayapp.domain.records.levels import Level

SNAPSHOT, DUMP, COLLECT, CLEANUP, RESTART, TERMINATE = (
    "snapshot", "dump", "collect", "cleanup", "restart", "terminate"
)  # fmt: skip
# What shows how it was comes first, what ends it last, however the settings put them.
ORDER = (SNAPSHOT, DUMP, COLLECT, CLEANUP, RESTART, TERMINATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionPolicy:
    """What may be done; by default, nothing."""

    actions: Mapping[str, Mapping[Level, tuple[str, ...]]] = field(default_factory=dict)
    """By target and level: the names above."""
    per_hour: int = 4
    """Most often of each action on each target."""
    may_terminate: bool = False

    def wanted(self, target: str) -> Mapping[Level, tuple[str, ...]]:
        """Return what is asked for about a target, by level."""
        return self.actions.get(base_name(target), self.actions.get(target, {}))


class Added(NamedTuple):
    """An action that is asked for only now, of an open incident that is at its level already."""

    target: str
    incident: str
    level: Level
    action: str


def added_actions(
    before: ActionPolicy,
    policy: ActionPolicy,
    incidents: Iterable[Incident],
    transition_keys: Collection[str] = (),
) -> Iterator[Added]:
    """Yield what a policy asks for that the one before did not, for `ActionKeeper.catch_up`.

    transition_keys: the incidents that `ActionKeeper.decide` gets in the same tick, left out.
    """
    for incident in incidents:
        kind, _colon, name = incident.key.partition(":")
        is_of_target = kind in TARGET_INCIDENTS and name == incident.subject
        if incident.phase != "active" or not is_of_target or incident.key in transition_keys:
            continue
        known = before.wanted(name)
        for level, actions in sorted(policy.wanted(name).items()):
            if level <= incident.level:
                new = {*actions}.difference(known.get(level, ()))
                yield from (
                    Added(name, incident.key, level, action) for action in ORDER if action in new
                )
