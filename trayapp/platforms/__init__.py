"""The parts that differ between Linux, macOS and Windows, behind one Protocol."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from trayapp.platforms.platform import Platform


def current_platform(env: Mapping[str, str] | None = None, system: str = sys.platform) -> Platform:
    """Return the platform this runs on; `env` is by default this process's environment."""
    environment = os.environ if env is None else env
    if system == "win32":
        from trayapp.platforms.windows import WindowsPlatform

        return WindowsPlatform(environment)
    if system == "darwin":
        from trayapp.platforms.macos import MacPlatform

        return MacPlatform(environment)
    from trayapp.platforms.linux import LinuxPlatform

    return LinuxPlatform(environment)
