"""In which login session a process runs, as far as the system tells."""

from __future__ import annotations

import re

from trayapp.domain.records.samples import ProcessFacts
from trayapp.readers.procfile import read_start

_SCOPE = re.compile(r"/(session-\w+\.scope)(/|$)")
_UNSET = 0xFFFFFFFF
"""The audit system has given it none: it is the machine's."""


def login_session(facts: ProcessFacts, root: str = "") -> str | None:
    """Return what tells the session from others; None: it is in none, or that is not known.

    What the manager of a user starts serves all sessions of that user. Elsewhere than on Linux
    nothing is known.
    """
    group = facts.cgroup or ""
    scope = _SCOPE.search(group)
    if scope is not None:
        return scope[1]
    if "/user@" in group:
        return None
    try:
        number = int(read_start(f"{root}/proc/{facts.key.pid}/sessionid", 32))
    except (OSError, ValueError):
        return None
    return None if number == _UNSET else f"audit {number}"
