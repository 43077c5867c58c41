"""Short ways to build what advice goes by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.domain.building import MIB
from trayapp.domain.judging.advice.case import Case, InsideLately, Machine
from trayapp.domain.judging.advice.records import Act, Advice
from trayapp.domain.judging.leaks import Verdict
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.samples import ProcessKey, SystemSample

WALL = 1_700_000_000.0
GIB = 1024 * MIB
SYSTEM = SystemSample(total_bytes=16 * GIB, available_bytes=9 * GIB, swap_used_bytes=0)
CALM = Machine(system=SYSTEM, wall_seconds=WALL)
SHORT = Machine(system=replace(SYSTEM, available_bytes=1 * GIB), wall_seconds=WALL)


def target(name: str = "web", size_mib: float = 400.0, **changes: Any) -> TargetView:
    return TargetView(
        name=name,
        pids=(100,),
        keys=(ProcessKey(100, 5),),
        rss_bytes=round(size_mib * MIB),
        **changes,
    )


def case(view: TargetView | None = None, **changes: Any) -> Case:
    view = view or target()
    return Case(f"target:{view.name}", view, **changes)


def inside(
    rss_mib: float = 400.0,
    retained_mib: float | None = 4.0,
    pinned_mib: float | None = 4.0,
    **changes: Any,
) -> InsideLately:
    """Three looks at a program, all alike."""
    retained = None if retained_mib is None else round(retained_mib * MIB)
    pinned = None if pinned_mib is None else round(pinned_mib * MIB)
    return InsideLately(
        rss_bytes=round(rss_mib * MIB),
        retained_bytes=retained,
        least_retained_bytes=retained,
        pinned_bytes=pinned,
        least_pinned_bytes=pinned,
        held_seconds=120.0,
        looks=3,
    )._replace(**changes)


def leaking(grown_mib: float = 200.0) -> Verdict:
    return Verdict(
        level="leaking", shape="climb", score=0.95, growth_bytes=grown_mib * MIB, grown_seconds=3600
    )


def advice(about: str = "target:web", kind: str = "trim", **changes: Any) -> Advice:
    made = Advice(
        kind=kind,
        about=about,
        name=about.partition(":")[2],
        title="Free memory",
        evidence="Evidence.",
        acts=(Act("Do it", "free"),),
        offered_bytes=200 * MIB,
        kept_bytes=400 * MIB,
        confidence=0.8,
    )
    return replace(made, **changes)
