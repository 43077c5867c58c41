"""Matplotlib without the help that it writes for programmers while it is imported."""

from __future__ import annotations


def leave_out_help() -> None:
    """Let matplotlib list the properties of no artist; call it before it is imported as a whole.

    It reads the documentation of all setters of 120 classes for that, a sixth of its import.
    """
    import matplotlib.artist

    # Its stubs know no function that may be replaced.
    setattr(matplotlib.artist, "kwdoc", _no_help)  # noqa: B010


def _no_help(artist: object) -> str:  # noqa: ARG001
    return ""
