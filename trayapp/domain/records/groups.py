"""Control groups by the kernel's names of them: paths, of which one may be inside another."""

from __future__ import annotations

from collections.abc import Iterable


def is_inside(path: str, group: str) -> bool:
    """Whether a path is that of the group, or of one below it."""
    return path == group or path.startswith(f"{group.rstrip('/')}/")


def topmost(paths: Iterable[str]) -> list[str]:
    """Return those of the groups that are in none of the others."""
    found: list[str] = []
    for path in sorted(set(paths)):
        if not any(is_inside(path, each) for each in found):
            found.append(path)
    return found
