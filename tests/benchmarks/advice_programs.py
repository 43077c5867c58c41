"""Real programs with a known memory disease, for the benchmark of advice."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trayapp.control.client import call
from trayapp.control.process_endpoints import PROBE, endpoint_name
from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import MemtrayError

PYTHON = """
import json, random, sys, threading, time
want = json.loads(sys.argv[1])
import trayapp.probe
trayapp.probe.start()
rng, kept = random.Random(want["seed"]), []
def blocks(mib, size):
    return [bytes(rng.randrange(size // 2, 3 * size // 2)) for _ in range(int(mib * 2**20 / size))]
def small(mib):
    made = {
        "tuples": lambda i: (i, -i), "texts": lambda i: f"number {i}",
        "dicts": lambda i: {i: -i}, "floats": lambda i: [i + 0.5],
    }[want["shape"]]
    return [made(i) for i in range(int(mib * 2**20 / want["each"]))]
def work(mib):
    return blocks(mib, want["block"]) if want["kind"] in ("retained", "again") else small(mib)
class Cache(dict):
    pass
pages = Cache()
if want["kind"] == "cache":
    trayapp.probe.register_cache("pages", pages.clear, lambda: sum(map(len, pages.values())))
if want["kind"] == "leak":
    kept.append(blocks(want["mib"], 20_000))
elif want["kind"] in ("retained", "again", "pinned"):
    made = work(want["mib"])
    kept.append(made[:: want["every"]])
    del made
elif want["kind"] == "healthy":
    kept.append(blocks(want["mib"], 20_000))
print("ready", flush=True)
began, number = time.monotonic(), 0
while True:
    time.sleep(1.0)
    number += 1
    passing = blocks(1, 5000)
    if want["kind"] == "again" and number % want["period"] == 0:
        made = work(want["mib"] * want["part"])
        time.sleep(0.2)
        del made
    if want["kind"] == "leak":
        kept.append(blocks(want["mib"] * want["rate"], 20_000))
    if want["kind"] == "cache":
        pages[number] = bytes(int(want["mib"] * 2**20 / 40))
        if want.get("most") and len(pages) > want["most"]:
            del pages[next(iter(pages))]
"""
JAVA = """
import java.util.*;
public class App { public static void main(String[] a) throws Exception {
 int mib = Integer.parseInt(a[0]); double rate = Double.parseDouble(a[1]);
 List<byte[]> kept = new ArrayList<>();
 for (int i = 0; i < mib * 4; i++) { byte[] b = new byte[256 << 10]; b[0] = 1; kept.add(b); }
 System.out.println("ready");
 double due = 0;
 while (true) { Thread.sleep(1000); byte[] passing = new byte[1 << 20];
  for (int i = 0; i < 30; i++) passing = new byte[1 << 20];
  due += rate * mib * 4; while (due >= 1) { kept.add(new byte[256 << 10]); due -= 1; } } } }
"""
NODE = """
const [mib, rate] = process.argv.slice(2).map(Number), kept = [];
for (let i = 0; i < mib * 4; i++) kept.push(Buffer.alloc(256 << 10, 1));
console.log('ready'); let due = 0;
setInterval(() => { due += rate * mib * 4; while (due >= 1) { kept.push(Buffer.alloc(256 << 10, 1));
 due -= 1; } }, 1000);
"""
C_SERVER = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int n, char **a) { int mib = atoi(a[1]); double rate = atof(a[2]), due = 0;
 for (int i = 0; i < mib * 64; i++) memset(malloc(16384), 1, 16384);
 puts("ready"); fflush(stdout);
 for (;;) { sleep(1); due += rate * mib * 64;
  while (due >= 1) { memset(malloc(16384), 1, 16384); due -= 1; } } }
"""
SESSION = """
\\pset tuples_only on
\\pset format unaligned
SELECT set_config('it.count', :'count', false), set_config('it.each_second', :'each_second', false);
SELECT 'pid ' || pg_backend_pid();
DO $$ BEGIN FOR i IN 1..current_setting('it.count')::int LOOP
 EXECUTE format('PREPARE p%s(text) AS SELECT c.relname FROM pg_class c JOIN pg_attribute a '
  'ON a.attrelid = c.oid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = $1', i);
 EXECUTE format('EXECUTE p%s(''x'')', i); END LOOP; END $$;
SELECT 'ready';
DO $$ DECLARE due float := 0; i int := 0; BEGIN LOOP PERFORM pg_sleep(1);
 due := due + current_setting('it.each_second')::float;
 WHILE due >= 1 LOOP due := due - 1; i := i + 1;
 EXECUTE format('PREPARE q%s(text) AS SELECT c.relname FROM pg_class c JOIN pg_attribute a '
  'ON a.attrelid = c.oid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = $1', i);
 EXECUTE format('EXECUTE q%s(''x'')', i); END LOOP; END LOOP; END $$;
"""
"""A connection that prepares statements and never drops one, as some programs' libraries do."""
STATEMENT_BYTES = 48 * 1024
"""What one of those takes (PostgreSQL 15)."""
REPOSITORY = str(Path(__file__).parents[2])


@dataclass(slots=True)
class Program:
    """One that runs."""

    name: str
    command: Sequence[str]
    fresh: Sequence[str]
    """The command with which it is started again: without what it had gathered."""
    offered_kind: str
    runtime: Path
    child: subprocess.Popen[str] | None = None
    ready_bytes: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    server_pid: int | None = None
    """Of a server's process that works for it alone."""

    def start(self, command: Sequence[str]) -> None:
        self.child = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"MEMTRAY_HOME": str(self.runtime.parent), "PYTHONPATH": REPOSITORY},
        )

    def wait(self) -> None:
        """Wait until it has gathered what it begins with."""
        assert self.child is not None
        assert self.child.stdout is not None
        while (line := self.child.stdout.readline()) != "ready\n":
            assert line, self.name
            if line.startswith("pid "):
                self.server_pid = int(line.split()[1])
        self.ready_bytes = self.rss_bytes()

    @property
    def pid(self) -> int:
        assert self.child is not None
        return self.server_pid or self.child.pid

    @property
    def key(self) -> ProcessKey:
        assert self.child is not None
        stat = Path(f"/proc/{self.pid}/stat").read_text()
        return ProcessKey(self.pid, int(stat.rpartition(")")[2].split()[19]))

    def rss_bytes(self) -> int:
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def ask(self, verb: str, **arguments: object) -> dict[str, Any] | None:
        """Return what its probe answers; None: it has none."""
        name = endpoint_name(PROBE, *self.key)
        try:
            return call(self.runtime, verb, arguments, 60.0, name=name, answer_limit_bytes=1 << 20)
        except MemtrayError:
            return None

    def restart(self) -> None:
        self.end()
        self.start(self.fresh)
        self.wait()

    def end(self) -> None:
        if self.child is not None:
            self.child.kill()
            self.child.communicate()


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder with the C server and the Java program, built."""
    with tempfile.TemporaryDirectory(prefix="memtray-advice-") as name:
        path = Path(name)
        (path / "run").mkdir()
        (path / "server.c").write_text(C_SERVER)
        (path / "App.java").write_text(JAVA)
        (path / "app.js").write_text(NODE)
        (path / "service.py").write_text(PYTHON)
        (path / "session.sql").write_text(SESSION)
        subprocess.run(["gcc", "-O1", "-o", path / "server", path / "server.c"], check=True)
        with postgres(path):
            yield path


@contextmanager
def postgres(path: Path) -> Iterator[None]:
    """Run a server of PostgreSQL, whose socket is in `path`, if it is installed."""
    if (found := postgres_folder()) is None:
        yield
        return
    path.chmod(0o711)
    data = path / "cluster"
    data.mkdir()
    shutil.chown(data, "nobody")
    as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    initdb = [*as_nobody, str(found / "initdb"), "--no-sync", "-A", "trust", "-U", "postgres"]
    subprocess.run([*initdb, "-D", str(data / "data")], check=True, stdout=subprocess.DEVNULL)
    server = subprocess.Popen(
        [*as_nobody, str(found / "postgres"), "-D", str(data / "data"), "-k", str(data), "-h", ""],
        stderr=subprocess.DEVNULL,
    )
    try:
        ready = [str(found / "pg_isready"), "-q", "-h", str(data)]
        while subprocess.run(ready, check=False).returncode:
            if server.poll() is not None:
                raise RuntimeError(f"PostgreSQL ended with {server.returncode} at its start")
            time.sleep(0.2)
        yield
    finally:
        server.send_signal(signal.SIGINT)  # at once; SIGTERM waits for who is connected
        server.wait()


def postgres_folder() -> Path | None:
    """Return where Debian has its programs; None: it is not installed, or this is not root."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders and os.geteuid() == 0 else None


def session(path: Path, mib: int, rate: float) -> Program | None:
    """Return a connection to PostgreSQL that gathers statements; None: there is no server."""
    if (found := postgres_folder()) is None:
        return None
    count = mib * 2**20 // STATEMENT_BYTES

    def command(first: int) -> list[str]:
        psql = [str(found / "psql"), "-X", "-q", "-h", str(path / "cluster"), "-U", "postgres"]
        variables = ["-v", f"count={first}", "-v", f"each_second={rate * count:.6f}"]
        return [*psql, *variables, "-f", str(path / "session.sql")]

    return Program(
        "postgres leak",
        command(count),
        command(20),
        "restart",
        path / "run",
        facts={"kind": "leak", "mib": mib, "rate": rate},
    )


def python(path: Path, name: str, **want: Any) -> Program:
    import json

    want = (
        dict[str, Any]({"shape": "tuples", "each": 64, "block": 2000, "every": 50, "rate": 0.0})
        | want
    )
    script = [sys.executable, str(path / "service.py")]
    fresh = want | {"kind": "healthy", "mib": 1}
    if want["kind"] == "leak":
        fresh = want | {"mib": 1, "rate": want["rate"] * want["mib"]}
    return Program(
        f"{name} {want['kind']}",
        [*script, json.dumps(want)],
        [*script, json.dumps(fresh)],
        {"retained": "trim", "again": "trim", "cache": "empty_cache"}.get(want["kind"], "restart"),
        path / "run",
        facts=want,
    )


def foreign(path: Path, kind: str, mib: int, rate: float) -> Program | None:
    """Return a Java, Node or C program that leaks; None: it cannot be run here."""
    before = {
        "java": ["java", "-Xmx1g", str(path / "App.java")],
        "node": ["node", str(path / "app.js")],
        "server": [str(path / "server")],
    }[kind]
    if kind != "server" and shutil.which(before[0]) is None:
        return None
    grown = f"{rate * mib:.6f}"
    return Program(
        f"{kind} leak",
        [*before, str(mib), f"{rate:.6f}"],
        [*before, "1", grown],
        "restart",
        path / "run",
        facts={"kind": "leak", "mib": mib, "rate": rate},
    )


def many(path: Path, seed: int) -> list[Program]:
    """Return 36 programs: some that retain, pinned ones, and leaks in five languages."""
    rng = random.Random(seed)
    found = [
        python(
            path,
            f"retained-{number}",
            kind="retained" if number % 3 else "again",
            seed=rng.randrange(10**6),
            mib=rng.randrange(50, 160),
            block=rng.choice((700, 1500, 4000, 20_000)),
            every=rng.choice((20, 50, 200, 1000)),
            period=rng.choice((60, 120, 300)),
            part=rng.choice((0.1, 0.2)),
        )
        for number in range(14)
    ]
    for number in range(8):
        shape = ("tuples", "texts", "dicts", "floats")[number % 4]
        found.append(
            python(
                path,
                f"pinned-{number}",
                kind="pinned",
                seed=rng.randrange(10**6),
                mib=rng.randrange(80, 160),
                shape=shape,
                each={"tuples": 120, "texts": 70, "dicts": 264, "floats": 90}[shape],
                every=rng.choice((300, 1000)),
            )
        )
    for number in range(4):
        rate = rng.choice((1e-5, 5e-5, 2e-4))
        found.append(
            python(
                path, f"leak-{number}", kind="leak", seed=number, mib=rng.randrange(50, 120),
                rate=rate,
            )
        )  # fmt: skip
    for kind in ("java", "node", "server") * 2:
        program = foreign(path, kind, rng.randrange(50, 120), rng.choice((5e-5, 2e-4)))
        if program is not None:
            found.append(program)
    for _ in range(4):
        program = session(path, rng.randrange(50, 120), rng.choice((5e-5, 2e-4)))
        if program is not None:
            found.append(program)
    return found


def settle(programs: Sequence[Program], seconds: float) -> None:
    """Let them run; nothing is measured meanwhile."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(1.0)
        for program in programs:
            assert program.child is not None
            assert program.child.poll() is None, program.name
