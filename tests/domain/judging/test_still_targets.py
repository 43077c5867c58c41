"""A target that stands still is told by the same record, and is judged as if it were looked at."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.domain.building import HASTY, MIB, frame
from trayapp.dataclass import replace
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Quiet
from trayapp.domain.judging.growth_tracker import SpikeRule
from trayapp.domain.judging.monitor import Monitor, Outcome
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.records.frames import Frame, TargetSample
from trayapp.domain.records.limits import Limit
from trayapp.domain.records.samples import Footprint, MemoryReading, Particulars, ProcessKey

NAMES = ("still", "moody", "leaky", "limited", "absent")


def copied(sample: TargetSample) -> TargetSample:
    """Make an equal record of other objects, so that nothing can be known by its identity."""
    readings = tuple((ProcessKey(*key), MemoryReading(*each)) for key, each in sample.readings)
    return replace(sample, readings=readings)


def life(seed: int, count: int = 400) -> Iterator[Frame]:
    """Yield frames of targets that mostly stand still, with the same records while they do."""
    chance = random.Random(seed)
    pids = {name: 100 * (at + 1) for at, name in enumerate(NAMES)}
    sizes = dict.fromkeys(NAMES, 100 * MIB)
    samples = {name: TargetSample(name=name) for name in NAMES}
    second = 0.0
    for at in range(count):
        second += chance.choice((1.0, 1.0, 1.0, 2.5, 20.0 if at % 50 == 49 else 1.0))
        for name in NAMES:
            moves = {"still": 0.01, "moody": 0.3, "leaky": 0.9, "limited": 0.1, "absent": 0.02}
            if at and chance.random() >= moves[name]:
                continue
            if chance.random() < 0.05:
                pids[name] += 1
            growth = 200_000 if name == "leaky" else chance.choice((0, 4096, -8192, 60 * MIB))
            sizes[name] = max(MIB, (sizes[name] + growth) % (900 * MIB))
            key = ProcessKey(pids[name], pids[name])
            reading = MemoryReading(sizes[name] + 5 * MIB, sizes[name])
            limit = Limit(limit_bytes=1000 * MIB, source="cgroup", used_bytes=sizes[name])
            samples[name] = TargetSample(
                name=name,
                readings=() if name == "absent" and chance.random() < 0.5 else ((key, reading),),
                footprint=Footprint(sizes[name], sizes[name] + MIB, chance.choice((None, 0))),
                particulars=Particulars(cpu_percent=chance.choice((None, 1.0))),
                limits=(limit,) if name == "limited" else (),
            )
        used_share = 0.5 + 0.2 * chance.random()
        shown = tuple(samples[name] for name in NAMES if name != "absent" or at % 7)
        yield frame(second, *shown, used_share=used_share)


def rules_at(at: int) -> MonitorRules:
    """The rules in force at a frame: a person changes them twice."""
    limit_bytes = 300 * MIB if at >= 150 else None
    rules = [TargetRule(name=name, limit_bytes=limit_bytes) for name in NAMES]
    amount = SpikeRule(amount_bytes=0) if at >= 300 else SpikeRule()
    return MonitorRules(targets=tuple(rules), leaks=HASTY, spike=amount)


def outcomes(seed: int, *, copies: bool) -> Iterator[Outcome]:
    monitor = Monitor(rules_at(0))
    for at, each in enumerate(life(seed)):
        if at in (150, 300):
            monitor.set_rules(rules_at(at))
        if copies:
            each = replace(each, targets=tuple(map(copied, each.targets)))
        yield monitor.judge_frame(each, Quiet())


def test_still_targets_are_judged_as_if_looked_at() -> None:
    """Whether the same record comes again or an equal one, the outcome is the same to the digit."""
    for seed in range(3):
        alerts = 0
        pairs = zip(outcomes(seed, copies=False), outcomes(seed, copies=True), strict=True)
        for known, looked_at in pairs:
            assert known == looked_at
            assert repr(known.view.targets) == repr(looked_at.view.targets)
            alerts += len(known.events)
        assert alerts > 3
