"""Targets by value: a rule with named groups in its expression makes one target of each value.

"worker-(?P<queue>[a-z]+)" under the name "web" makes "web [queue=mail]" and "web [queue=sms]". The
names follow from the values alone, so that a target goes on with its history after a restart.
"""

from __future__ import annotations

from collections.abc import Collection

from trayapp.dataclass import replace
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.records.names import short_name
from trayapp.domain.records.samples import ProcessFacts

MOST_VALUES = 50
"""Of one rule; processes with further values belong to the rule's own target."""
LINGER_SECONDS = 60.0
"""So long a target stays after its last process, which may be restarted."""
_VALUE_LENGTH = 40


def is_by_value(rule: TargetRule) -> bool:
    """Return whether a rule makes one target of each value."""
    return rule.match is None and rule.regex is not None and bool(rule.regex.groupindex)


def value_of(rule: TargetRule, facts: ProcessFacts) -> str | None:
    """Return the values of a rule's named groups in a command line; None: nothing matched."""
    if not is_by_value(rule) or rule.regex is None:
        return None
    found = rule.regex.search(facts.command_line)
    if found is None:
        return None
    # In the order in which they stand in the expression.
    held = {name: text for name, text in found.groupdict().items() if text}
    parts = (f"{name}={_plain(held[name])}" for name in rule.regex.groupindex if name in held)
    return ", ".join(parts) or None


def value_name(name: str, value: str | None) -> str:
    return name if value is None else f"{name} [{value}]"


def base_name(name: str) -> str:
    """The name of the settings' target that a target by value comes from; else the name itself."""
    base, bracket, value = name.partition(" [")
    return base if bracket and "=" in value and name.endswith("]") else name


class Captured:
    """The values of one rule: which there are, and when the last process of each was gone."""

    def __init__(self, rule: TargetRule) -> None:
        self.rule = rule
        self._rules: dict[str, TargetRule] = {}
        self._gone_at: dict[str, float | None] = {}
        """None: it has processes, or nobody has looked since."""

    def name_of(self, value: str | None) -> str:
        """The target for a value; where there are too many of them, the rule's own."""
        if value is None:
            return self.rule.name
        if value not in self._rules:
            if len(self._rules) >= MOST_VALUES and not self._drop_one():
                return self.rule.name
            name = value_name(self.rule.name, value)
            self._rules[value] = replace(self.rule, name=name)
        self._gone_at[value] = None
        return self._rules[value].name

    def rules(self, *, with_own: bool) -> list[TargetRule]:
        """One for each target; `with_own`: the rule's own has processes, too."""
        own = [self.rule] if with_own or not self._rules else []
        return [*own, *self._rules.values()]

    def retire(self, living: Collection[str], now: float) -> bool:
        """Drop the targets that have had no process for a while; whether there were any.

        now: monotonic seconds.
        """
        before = len(self._rules)
        for value, rule in list(self._rules.items()):
            if rule.name in living:
                self._gone_at[value] = None
                continue
            gone_at = self._gone_at.get(value)
            if gone_at is None:
                self._gone_at[value] = now
            elif now - gone_at >= LINGER_SECONDS:
                del self._rules[value], self._gone_at[value]
        return len(self._rules) < before

    def _drop_one(self) -> bool:
        gone = {value: at for value, at in self._gone_at.items() if at is not None}
        if not gone:
            return False
        oldest = min(gone, key=gone.__getitem__)
        del self._rules[oldest], self._gone_at[oldest]
        return True


def _plain(text: str) -> str:
    return short_name(text, _VALUE_LENGTH).strip().replace("[", "(").replace("]", ")") or "–"
