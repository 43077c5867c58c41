"""The languages that the person prefers, as the system has them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping

_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*")
_ANSWER_SECONDS = 2.0
_ENGLISH = 0x0409
_WINDOWS_TAGS = {
    0x04: "zh", 0x07: "de", 0x09: "en", 0x0A: "es", 0x0C: "fr", 0x11: "ja",
}  # fmt: skip
"""By the low ten bits of a language identifier, those that a catalogue may be there for."""
_TRADITIONAL = (0x0404, 0x0C04, 0x1404)
"""Taiwan, Hong Kong, Macau."""


def wanted_languages(
    env: Mapping[str, str],
    system: str = sys.platform,
    *,
    ask_mac: Callable[[], str] | None = None,
    ask_windows: Callable[[], int] | None = None,
) -> list[str]:
    """Return tags such as "de_AT.UTF-8" or "zh-Hans-CN", the best first; empty if nothing is set.

    The environment first, as gettext reads it: `LANGUAGE` is a list, and counts for nothing where
    the locale is "C"; then what macOS and Windows are set to. `ask_mac` returns what
    `defaults read -g AppleLanguages` prints, `ask_windows` a language identifier; by default, the
    system is asked.
    """
    locale = next((env[name] for name in _VARIABLES if env.get(name)), "")
    if locale in ("C", "POSIX"):
        return [locale]
    if language := env.get("LANGUAGE"):
        return language.split(":")
    if locale:
        return [locale]
    if system == "darwin":
        return _TAG.findall((ask_mac or _ask_mac)())
    if system == "win32":
        return [_windows_tag((ask_windows or _ask_windows)())]
    return []


def _windows_tag(identifier: int) -> str:
    tag = _WINDOWS_TAGS.get(identifier & 0x3FF, "en")
    return f"{tag}-Hant" if identifier in _TRADITIONAL else tag


def _ask_mac() -> str:
    import subprocess

    try:
        done = subprocess.run(
            ("defaults", "read", "-g", "AppleLanguages"),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ANSWER_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _ask_windows() -> int:
    if sys.platform == "win32":
        import ctypes

        return int(ctypes.windll.kernel32.GetUserDefaultUILanguage())
    return _ENGLISH
