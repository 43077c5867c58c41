"""The parts of the running applet, for those that answer clicks and commands."""

from __future__ import annotations

from pathlib import Path

from trayapp.applet.advising import Advisor
from trayapp.applet.banners import Banners
from trayapp.applet.children import Children
from trayapp.applet.cleanups import Cleanups
from trayapp.applet.forwarding import Forwarding
from trayapp.applet.programs import Programs
from trayapp.applet.sampler import Sampler
from trayapp.applet.switches import SwitchBoard
from trayapp.applet.task_follower import TaskFollower
from trayapp.applet.trays import Trays
from trayapp.applet.watchdog import Watchdog
from trayapp.dataclass import dataclass
from trayapp.paths import Paths
from trayapp.platforms.platform import Platform
from trayapp.settings.file import SettingsFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What an `App` consists of."""

    paths: Paths
    advisor: Advisor
    config_file: Path
    settings_file: SettingsFile
    sampler: Sampler
    switches: SwitchBoard
    banners: Banners
    children: Children
    cleanups: Cleanups
    tasks: TaskFollower
    forwarding: Forwarding
    trays: Trays
    watchdog: Watchdog
    programs: Programs
    platform: Platform
