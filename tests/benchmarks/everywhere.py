"""Where the Python probe works: `python -m tests.benchmarks.everywhere [PYTHON [WORD]]`.

Runs it in real servers, pools, loops and odd surroundings, asks every process that has a probe for
a report, and prints a line for each. What is not installed for that Python is said to be missing.
Prints; asserts nothing. The packages: gunicorn uwsgi celery gevent eventlet uvloop.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from trayapp.control.client import call
from trayapp.control.process_endpoints import PROBE, find_names
from trayapp.errors import MemtrayError

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 30.0

START = "import pathlib, os, sys, time\nimport trayapp.probe\nF = pathlib.Path(os.environ['F'])\n"
ASKED = START + "assert trayapp.probe.start(F{options})\n"
WSGI = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
"""
CELERY = """
import celery
app = celery.Celery("work", broker="memory://", backend="cache+memory://")
"""
CHILDREN = """
import multiprocessing
def work():
    time.sleep(600)
if __name__ == "__main__":
    context = multiprocessing.get_context("{method}")
    for _ in range(2):
        context.Process(target=work, daemon=True).start()
    time.sleep(600)
"""
INSIDE_CHILD = CHILDREN.replace("def work():\n", "def work():\n    trayapp.probe.start(F)\n")


class Case(NamedTuple):
    """One surrounding."""

    name: str
    code: str
    processes: int
    """How many are to answer; 0: none, but the program goes on."""
    command: tuple[str, ...] = ("{python}", "{file}")
    package: str = ""
    """What has to be installed."""


CASES = (
    Case("a plain program", ASKED.format(options="") + "time.sleep(600)", 1),
    Case(
        "gunicorn, 2 workers, program loaded before they fork",
        ASKED.format(options=", in_forks=True") + WSGI,
        3,
        ("{python}", "-m", "gunicorn", "-b", "127.0.0.1:{port}", "-w", "2", "--preload",
         "program:application"),
        "gunicorn",
    ),
    Case(
        "gunicorn, 2 workers, each loads the program",
        ASKED.format(options="") + WSGI,
        2,
        ("{python}", "-m", "gunicorn", "-b", "127.0.0.1:{port}", "-w", "2",
         "program:application"),
        "gunicorn",
    ),
    Case(
        "gunicorn with gevent workers",
        ASKED.format(options="") + WSGI,
        2,
        ("{python}", "-m", "gunicorn", "-b", "127.0.0.1:{port}", "-w", "2", "-k", "gevent",
         "program:application"),
        "gevent",
    ),
    Case(
        "uWSGI with --enable-threads, 2 workers that fork after loading, start() by @postfork",
        START + "from uwsgidecorators import postfork\npostfork(lambda: trayapp.probe.start(F))\n"
        + WSGI,
        2,
        ("{bin}/uwsgi", "--http-socket", "127.0.0.1:{port}", "--processes", "2", "--master",
         "--enable-threads", "--wsgi-file", "{file}"),
        "uwsgi",
    ),
    Case(
        "uWSGI with --lazy-apps --enable-threads, 2 workers",
        ASKED.format(options="") + WSGI,
        2,
        ("{bin}/uwsgi", "--http-socket", "127.0.0.1:{port}", "--processes", "2", "--master",
         "--enable-threads", "--lazy-apps", "--wsgi-file", "{file}"),
        "uwsgi",
    ),
    Case(
        "uWSGI with --enable-threads, 2 workers that fork after start(in_forks=True): the master",
        ASKED.format(options=", in_forks=True") + WSGI,
        1,
        ("{bin}/uwsgi", "--http-socket", "127.0.0.1:{port}", "--processes", "2", "--master",
         "--enable-threads", "--wsgi-file", "{file}"),
        "uwsgi",
    ),
    Case(
        "uWSGI with --lazy-apps, 2 workers",
        ASKED.format(options="") + WSGI,
        2,
        ("{bin}/uwsgi", "--http-socket", "127.0.0.1:{port}", "--processes", "2", "--master",
         "--lazy-apps", "--wsgi-file", "{file}"),
        "uwsgi",
    ),
    Case(
        "celery, 2 prefork workers",
        ASKED.format(options=", in_forks=True") + CELERY,
        3,
        ("{python}", "-m", "celery", "-A", "program", "worker", "-c", "2", "-P", "prefork"),
        "celery",
    ),
    *(
        Case(
            f"multiprocessing, {method}, in_forks=True in the parent",
            ASKED.format(options=", in_forks=True") + CHILDREN.format(method=method),
            3,
        )
        for method in ("fork", "forkserver", "spawn")
    ),
    *(
        Case(
            f"multiprocessing, {method}, start() in the child",
            START + INSIDE_CHILD.format(method=method),
            2,
        )
        for method in ("fork", "forkserver", "spawn")
    ),
    Case(
        "gevent, monkey-patched before",
        "from gevent import monkey; monkey.patch_all()\n"
        + ASKED.format(options="") + "time.sleep(600)",
        1,
        package="gevent",
    ),
    Case(
        "gevent, monkey-patched after",
        ASKED.format(options="")
        + "from gevent import monkey; monkey.patch_all()\ntime.sleep(600)",
        1,
        package="gevent",
    ),
    Case(
        "eventlet, monkey-patched before",
        "import eventlet; eventlet.monkey_patch()\n"
        + ASKED.format(options="") + "eventlet.sleep(600)",
        1,
        package="eventlet",
    ),
    Case(
        "eventlet, monkey-patched after",
        ASKED.format(options="")
        + "import eventlet; eventlet.monkey_patch()\neventlet.sleep(600)",
        1,
        package="eventlet",
    ),
    Case(
        "asyncio",
        ASKED.format(options="") + "import asyncio; asyncio.run(asyncio.sleep(600))",
        1,
    ),
    Case(
        "uvloop",
        ASKED.format(options="") + "import asyncio, uvloop; uvloop.run(asyncio.sleep(600))",
        1,
        package="uvloop",
    ),
    Case(
        "a thread that goes on at the program's end",
        ASKED.format(options="")
        + "import threading\nthreading.Thread(target=time.sleep, args=(600,)).start()",
        1,
    ),
    Case(
        "a sub-interpreter beside the main one",
        START
        + "assert trayapp.probe.start(F)\n"
        + "try:\n    import _interpreters as s\nexcept ImportError:\n"
        + "    import _xxsubinterpreters as s\n"
        + "s.run_string(s.create(), 'import os, pathlib, trayapp.probe; '\n"
        + "    'trayapp.probe.start(pathlib.Path(os.environ[\"F\"]))')\ntime.sleep(600)",
        1,
    ),
    Case(
        "a sub-interpreter alone",
        START
        + "try:\n    import _interpreters as s\nexcept ImportError:\n"
        + "    import _xxsubinterpreters as s\n"
        + "s.run_string(s.create(), 'import os, pathlib, trayapp.probe; '\n"
        + "    'trayapp.probe.start(pathlib.Path(os.environ[\"F\"]))')\ntime.sleep(600)",
        0,
    ),
    Case(
        "python -X dev -W error",
        ASKED.format(options="") + "time.sleep(600)",
        1,
        ("{python}", "-X", "dev", "-W", "error", "{file}"),
    ),
    Case(
        "python -I -S",
        f"import sys; sys.path.insert(0, {str(REPOSITORY)!r})\n"
        + ASKED.format(options="") + "time.sleep(600)",
        1,
        ("{python}", "-I", "-S", "{file}"),
    ),
    Case(
        "no descriptor left",
        START
        + "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))\n"
        + "assert not trayapp.probe.start(F)\ntime.sleep(600)",
        0,
    ),
    Case(
        "all descriptors closed after it, start() again",
        ASKED.format(options="")
        + "os.closerange(3, 100); time.sleep(0.5)\n"
        + "assert trayapp.probe.start(F)\ntime.sleep(600)",
        1,
    ),
    Case(
        "a folder that cannot be written",
        START + "assert not trayapp.probe.start(pathlib.Path('/proc/none'))\ntime.sleep(600)",
        0,
    ),
)  # fmt: skip


def main() -> None:
    """Run all of them, or those whose name has a word, with this Python or another."""
    python = sys.argv[1] if len(sys.argv) > 1 else sys.executable
    word = sys.argv[2] if len(sys.argv) > 2 else ""
    version = _output(python, "import sys; print('.'.join(map(str, sys.version_info[:3])))")
    print(f"Python {version}")
    for case in (each for each in CASES if word in each.name):
        package = ""
        if case.package:
            code = f"import importlib.metadata as m; print(m.version({case.package!r}))"
            package = _output(python, code)
            if not package:
                print(f"–     {case.name}: {case.package} is not installed")
                continue
            package = f" ({case.package} {package})"
        print(f"{run_case(python, case)}  {case.name}{package}", flush=True)


def _output(python: str, code: str) -> str:
    done = subprocess.run([python, "-c", code], capture_output=True, text=True)
    return done.stdout.strip()


def run_case(python: str, case: Case) -> str:
    """Run one, and return whether it works: "works", "none ", or how it fails."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "run").mkdir(mode=0o700)
        file = folder / "program.py"
        file.write_text(case.code)
        # Not the folder of the checkout: other packages in it would be found as well.
        (folder / "lib").mkdir()
        (folder / "lib" / "trayapp").symlink_to(REPOSITORY / "trayapp")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        words = {
            "python": python, "file": str(file), "port": str(port), "bin": str(Path(python).parent)
        }  # fmt: skip
        environment = {**os.environ, "F": str(folder / "run"), "PYTHONPATH": str(folder / "lib")}
        with (folder / "errors").open("wb") as errors:
            process = subprocess.Popen(
                [word.format(**words) for word in case.command],
                cwd=folder, env=environment, stdout=errors, stderr=errors, start_new_session=True,
            )  # fmt: skip
            try:
                found = _await(lambda: _answering(folder / "run"), case.processes, process)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        # A fork server that has loaded the program itself has a probe, too (Python 3.14).
        if found == case.processes or (case.processes and found > case.processes):
            return "works" if found else "none "
        text = (folder / "errors").read_text(errors="replace")[-600:]
        return f"FAILS ({found} of {case.processes})\n{text}\n     "


def _await(count: Callable[[], int], wanted: int, process: subprocess.Popen[bytes]) -> int:
    """Return how many answer, as soon as these are as many as they should be."""
    deadline = time.monotonic() + (PATIENCE_SECONDS if wanted else 5.0)
    found = 0
    while time.monotonic() < deadline:
        found = count()
        if wanted and found >= wanted:
            break
        if process.poll() is not None:
            return -1
        time.sleep(0.2)
    return found


def _answering(folder: Path) -> int:
    found = 0
    for name in find_names(folder, PROBE):
        with suppress(MemtrayError):
            told = call(folder, "report", {}, 5.0, name=name)
            heap = told.get("heap")
            found += isinstance(heap, dict) and "arena_bytes" in heap
    return found


if __name__ == "__main__":
    main()
