"""The environment of a guarded command: what loads a probe into it, runtime by runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from trayapp.guard import node_loader, python_loader

ProbeChoice = Literal["program", "children", "off"]
"""Who has a probe: who is started first, also those that it starts, or nobody."""
PROBE_CHOICES: tuple[ProbeChoice, ...] = ("program", "children", "off")

Loader = Callable[[Mapping[str, str], bool], Mapping[str, str]]
"""Takes an environment, and whether children are to have a probe as well; returns what to set.

What it sets loads a script of `trayapp/probe`, which takes itself out of the environment of all
that the program starts, unless children are to have it.
"""

LOADERS: tuple[Loader, ...] = (python_loader.variables, node_loader.variables)


def command_environment(
    environment: Mapping[str, str],
    probe: ProbeChoice = "program",
    more: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the given environment with `more`, and with what loads the probes."""
    found = {**environment, **(more or {})}
    if probe != "off":
        for loader in LOADERS:
            found.update(loader(found, probe == "children"))
    return found
