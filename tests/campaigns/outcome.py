"""How a campaign is asked for and how it tells its result: tries, failures, seed."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable


def run_campaign(
    name: str, attempt: Callable[[random.Random], str | None], *, tries: int, seconds: float
) -> int:
    """Make so many attempts, for so long at most; return an exit code.

    `attempt` returns how it failed, or None. Each has a seed of its own, so that one failure can be
    repeated alone.
    """
    parser = argparse.ArgumentParser(prog=f"python -m tests.campaigns.{name}")
    parser.add_argument("--tries", type=int, default=tries)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=seconds)
    options = parser.parse_args()
    began = time.monotonic()
    done = failures = 0
    for number in range(options.seed, options.seed + options.tries):
        if time.monotonic() - began > options.seconds:
            break
        done += 1
        failure = attempt(random.Random(number))
        if failure is not None:
            failures += 1
            print(f"seed {number}: {failure}", file=sys.stderr)
    took = time.monotonic() - began
    print(f"{name}: {done} tries, {failures} failures, seed {options.seed}, {took:.0f} s")
    return 1 if failures else 0
