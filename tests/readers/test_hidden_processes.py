"""Where other users' processes are hidden, that is known."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trayapp.readers.hidden_processes import hides_processes

_ASK = """
import os
from trayapp.readers.hidden_processes import hides_processes
before = hides_processes()
os.setgroups([]), os.setgid(65534), os.setuid(65534)
print(before, hides_processes())
"""


def test_nothing_is_hidden_where_pid_1_is_seen_or_there_is_no_proc(tmp_path: Path) -> None:
    assert not hides_processes(str(tmp_path))
    (tmp_path / "proc/1").mkdir(parents=True)
    (tmp_path / "proc/self").touch()
    assert hides_processes(str(tmp_path))
    (tmp_path / "proc/1/stat").touch()
    assert not hides_processes(str(tmp_path))


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="mounts a /proc of its own")
@pytest.mark.parametrize("option", ["0", "1", "2"])
def test_a_real_proc_tells_whether_it_hides(option: str) -> None:
    # A new instance, as options of a remounted one would be those of the whole machine.
    script = f'mount -t proc -o hidepid={option} proc /proc && exec "$@"'
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"]
    done = subprocess.run(
        [*command, sys.executable, "-c", _ASK],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
    )
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip("no mounts may be made here")
    assert done.stdout.split() == ["False", str(option != "0")], done.stderr
