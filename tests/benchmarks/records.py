"""What dataclasses and named tuples cost: `python -m tests.benchmarks.records`.

Five of Memtray's, and copies of them that the standard library makes: nanoseconds for what is done
with instances, microseconds for making the class. Prints figures; asserts nothing.
"""

from __future__ import annotations

import dataclasses
import timeit
import typing
from typing import Any

import trayapp.dataclass
from trayapp.domain.judging.leaks.verdict import Verdict
from trayapp.domain.records.frames import Frame
from trayapp.domain.records.samples import MemoryReading, ProcessFacts, SystemSample

RUNS = 20_000
REPEATS = 9


def copy_by_standard_library(kind: Any) -> Any:
    """Return a class with the same fields."""
    if issubclass(kind, tuple):
        make: Any = typing.NamedTuple
        return make(kind.__name__, [(name, int) for name in kind._fields])
    plan = kind.__record__
    by_name = plan.positional != plan.names
    fields = [(name, int) for name in plan.names]
    return dataclasses.make_dataclass(
        kind.__name__, fields, frozen=plan.frozen, slots=True, kw_only=by_name
    )


def copy_by_ours(kind: Any) -> Any:
    """Return a class with the same fields."""
    body = {"__annotations__": dict.fromkeys(kind.__match_args__, "int")}
    if issubclass(kind, tuple):
        base: Any = trayapp.dataclass.NamedTuple
        return type(base)(kind.__name__, (base,), body)
    plan = kind.__record__
    body["__annotations__"] = dict.fromkeys(plan.names, "int")
    by_name = plan.positional != plan.names
    made: Any = trayapp.dataclass.dataclass(frozen=plan.frozen, slots=True, kw_only=by_name)
    return made(type(kind.__name__, (), body))


def nanoseconds(statement: str, known: dict[str, Any], runs: int = RUNS) -> float:
    """Return the least time of several series, for one run."""
    return min(timeit.repeat(statement, globals=known, number=runs, repeat=REPEATS)) / runs * 1e9


def main() -> None:
    print("| class | fields | made, µs | created, ns | compared | hashed | replaced |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for kind in (MemoryReading, SystemSample, Frame, ProcessFacts, Verdict):
        pairs = []
        for copy, replace in (
            (copy_by_standard_library, dataclasses.replace),
            (copy_by_ours, trayapp.dataclass.replace),
        ):
            made = copy(kind)
            names = list(getattr(made, "_fields", ()) or made.__slots__)
            call = ", ".join(f"{name}={at}" for at, name in enumerate(names))
            known = {"kind": made, "replace": replace, "copy": copy, "like": kind}
            known |= {name: eval(f"kind({call})", known) for name in ("one", "other")}  # noqa: S307
            change = "one._replace" if issubclass(made, tuple) else "replace"
            first = f"({'' if issubclass(made, tuple) else 'one, '}{names[0]}=1)"
            pairs.append(
                [
                    nanoseconds("copy(like)", known, 20) / 1000,
                    *(nanoseconds(each, known) for each in (f"kind({call})", "one == other")),
                    nanoseconds("hash(one)", known) if made.__hash__ else 0.0,
                    nanoseconds(change + first, known, RUNS // 10),
                ]
            )
        cells = [f"{before:,.0f} → {after:,.0f}" for before, after in zip(*pairs, strict=True)]
        print(f"| {kind.__name__} | {len(names)} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
