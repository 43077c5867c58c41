"""Real programs with a known memory disease, for the benchmark of advice."""

from __future__ import annotations

import os
import random
import shutil
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
        assert self.child.stdout.readline() == "ready\n", self.name
        self.ready_bytes = self.rss_bytes()

    @property
    def key(self) -> ProcessKey:
        assert self.child is not None
        stat = Path(f"/proc/{self.child.pid}/stat").read_text()
        return ProcessKey(self.child.pid, int(stat.rpartition(")")[2].split()[19]))

    def rss_bytes(self) -> int:
        assert self.child is not None
        pages = int(Path(f"/proc/{self.child.pid}/statm").read_text().split()[1])
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
        subprocess.run(["gcc", "-O1", "-o", path / "server", path / "server.c"], check=True)
        yield path


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
    """Return 32 programs: 18 that retain, pinned ones, and leaks in four languages."""
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
    return found


def settle(programs: Sequence[Program], seconds: float) -> None:
    """Let them run; nothing is measured meanwhile."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(1.0)
        for program in programs:
            assert program.child is not None
            assert program.child.poll() is None, program.name
