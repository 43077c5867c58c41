"""What the probe loads in its threads leaves no locked module to a forked child."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.control.serving import other_process
from trayapp.control.client import call
from trayapp.control.process_endpoints import PROBE, find_names

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")

WATCHED = """
import sys, threading
from pathlib import Path
main, loaded, found = threading.get_ident(), set(), []
kept = [list(range(9000 + n)) for n in range(200)]  # What tells of each of them is used often.
def watch(event, arguments):
    if event == "import" and threading.get_ident() != main:
        from trayapp.probe.importing import is_loading
        loaded.add(arguments[0])
        if not is_loading():
            found.append(arguments[0])
import trayapp.probe
trayapp.probe.register_cache("cache", {1: 1}.clear)
assert trayapp.probe.start(Path(sys.argv[1]))
sys.addaudithook(watch)
print("ready", flush=True)
sys.stdin.readline()
print(sorted(found), "ctypes" in loaded, flush=True)
sys.stdin.readline()
"""
FORKING = """
import os, signal, sys, threading
sys.path.insert(0, sys.argv[1])
begun = sys.begun = threading.Event()
from trayapp.probe.importing import load
thread = threading.Thread(target=load, args=("slowly_loaded",))
thread.start()
assert begun.wait(60)
child = os.fork()
if not child:
    signal.alarm(60)
    import slowly_loaded
    os._exit(slowly_loaded.whole)
thread.join()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
SLOWLY_LOADED = """
import sys, time
sys.begun.set()
time.sleep(0.3)
whole = 7
"""


def test_whatever_is_asked_for_loads_modules_only_where_a_fork_waits(tmp_path: Path) -> None:
    with other_process(WATCHED, str(tmp_path)) as process:
        (name,) = find_names(tmp_path, PROBE)
        for request, arguments in (
            ("report", {}),
            ("report", {"library_heaps": True}),
            ("tasks", {"after": 0}),
            ("collect", {"caches": True}),
            ("investigate", {"plan": True}),
            ("investigate", {"force": True}),
            ("dump", {"path": str(tmp_path / "dump.json")}),
            ("alert", {"level": "warning", "key": "limit:app"}),
        ):
            call(tmp_path, request, arguments, 30.0, name=name, answer_limit_bytes=1 << 22)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"[] True\n"


def test_a_fork_waits_until_a_module_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "slowly_loaded.py").write_text(SLOWLY_LOADED)
    done = subprocess.run([sys.executable, "-c", FORKING, str(tmp_path)], timeout=120)
    assert done.returncode == 7
