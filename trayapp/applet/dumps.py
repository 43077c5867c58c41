"""Memory dumps that are written automatically, by `memtray dump` in a child process."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from trayapp.applet.children import memtray_command, package_parent
from trayapp.errors import ControlError
from trayapp.language.catalogue import _

DUMP_SECONDS = 5400.0
"""`memtray dump` itself gives up after an hour."""


def write_dump(config_file: Path, target: str) -> list[str]:
    """Dump the largest process of a target that allows it, and return the files' paths.

    Blocks until they are written. Raises: ControlError with the reason, a sentence.
    """
    command = [*memtray_command(), "dump", "--config", str(config_file), "--yes", "--json"]
    try:
        done = subprocess.run(
            [*command, "--", target],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=DUMP_SECONDS,
            cwd=package_parent(),
            check=False,
        )
        if done.returncode == 0:
            return [str(each["file"]) for each in json.loads(done.stdout)["files"]]
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError) as error:
        raise ControlError(f"{error}.") from error
    said = done.stderr.decode(errors="replace").strip().splitlines()
    if not said:
        raise ControlError(_("exit code {code}").format(code=done.returncode))
    raise ControlError(said[-1].removeprefix("memtray: "))
