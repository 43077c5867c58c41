"""Twelve caches that fill for most of an hour and are read, and twelve leaks of the same rates.

Each is found by its name, `live-NAME`, in its command line. Caches are bounded at some 250 MiB.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.benchmarks.live.servers import (
    Ask,
    ask_http,
    ask_memcached,
    ask_names,
    ask_redis,
    free_port,
    serve_names,
    serve_origin,
)


@dataclass(frozen=True, slots=True)
class Program:
    """One program under test."""

    name: str
    leaks: bool | None
    """None: a cache that nobody reads, as useless as a leak: neither answer would be wrong."""
    command: tuple[str, ...]
    match: str
    connect: Callable[[], Ask] | None = None
    new: int = 2
    again: int = 30
    """Questions in each of five rounds a second; see `drive`."""


# Python, once for each way of holding: `grow(i)` keeps about 90 kB, `read()` uses what is kept.
_PYTHON = """
import random, sys, time, collections
luck = random.Random(3)
def anyone(n):
    return int(n * luck.random() ** (1 if luck.random() < 0.4 else 6))
{setup}
i = 0
while True:
    grow(i)
    i += 1
    for _ in range({reads}):
        read(i)
    time.sleep(1)
"""
_PYTHON_KINDS = {
    # Caches.
    "lru": (40, "cache = collections.OrderedDict()\n"
        "def grow(i):\n for j in range(9):\n  cache[i*9+j] = bytearray(b'r' * 10_000)\n"
        "  if len(cache) > 25_000: cache.popitem(False)\n"
        "def read(n):\n k = anyone(len(cache)); value = cache.get(k)\n"
        " if value is not None: cache.move_to_end(k); sum(value[::512])"),
    "even": (120, "cache = {}\n"
        "def grow(i):\n for j in range(60):\n  cache[(i*60+j) % 150_000] = str(i) * 300\n"
        "def read(n):\n hash(cache[luck.randrange(len(cache))] + 'x')"),
    "sqlite": (60, "import sqlite3, tempfile\n"
        "folder = tempfile.TemporaryDirectory()\n"
        "db = sqlite3.connect(folder.name + '/a.db'); db.execute('pragma cache_size = -250000')\n"
        "db.execute('create table t (k integer primary key, v blob)')\n"
        "def grow(i):\n with db:\n  db.executemany('insert into t values (?, ?)',"
        " [(i*9+j, b's'*10_000) for j in range(9)])\n"
        "def read(n):\n db.execute('select v from t where k = ?', (anyone(n*9),)).fetchone()"),
    # Leaks.
    "list": (0, "kept = []\ndef grow(i):\n kept.extend(bytes(10_000) for _ in range(9))"),
    "sessions": (40, "hot = [bytearray(b'h' * 10_000) for _ in range(2000)]; sessions = {}\n"
        "def grow(i):\n for j in range(9):\n"
        "  sessions[i*9+j] = {'id': str(i), 'form': 'f' * 9_000}\n"
        "def read(n):\n sum(hot[luck.randrange(2000)][::512])"),
    "shm": (0, "import mmap, os\nkept = []\n"
        "def grow(i):\n fd = os.memfd_create('frames'); os.ftruncate(fd, 90_000)\n"
        " held = mmap.mmap(fd, 90_000); os.close(fd)\n"
        " held.write(b'z' * 90_000); kept.append(held)"),
    "slices": (20, "kept = []\n"
        "def grow(i):\n big = 'y' * 900_000\n kept.append(big[:90_000])\n"
        "def read(n):\n sum(range(1000))"),
}  # fmt: skip
_NODE = """
const kept = new Map(); let n = 0;
const anyone = () => Math.floor(n * Math.random() ** (Math.random() < 0.4 ? 1 : 6));
let touched = 0;
setInterval(() => {
  for (let j = 0; j < 9; j++) kept.set(n++, Buffer.alloc(10000, 1));
  if (BOUNDED) {
    while (kept.size > 25000) kept.delete(kept.keys().next().value);
    for (let j = 0; j < 150; j++) {
      const found = kept.get(anyone());
      if (found) for (let at = 0; at < found.length; at += 512) touched += found[at];
    }
  }
}, 1000);
"""
_JAVA = """
import java.util.*;
public class Live {
  static volatile long touched;  // Else the compiler takes the reading out.
  public static void main(String[] args) throws Exception {
    boolean bounded = args[0].equals("live-java-cache");
    Map<Integer, byte[]> kept = new LinkedHashMap<>(16, 0.75f, bounded) {
      protected boolean removeEldestEntry(Map.Entry<Integer, byte[]> e) {
        return bounded && size() > 20000;
      }
    };
    Random luck = new Random(3); int n = 0;
    while (true) {
      for (int j = 0; j < 9; j++) kept.put(n++, new byte[10000]);
      for (int j = 0; bounded && j < 150; j++) {
        double power = luck.nextDouble() < 0.4 ? 1 : 6;
        byte[] found = kept.get((int) (n * Math.pow(luck.nextDouble(), power)));
        if (found != null) for (int at = 0; at < found.length; at += 512) touched += found[at];
      }
      Thread.sleep(1000);
    }
  }
}
"""
_C = """
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(void) {
  for (;;) { for (int j = 0; j < 9; j++) memset(malloc(10000), 1, 10000); sleep(1); }
}
"""
_PERL_CACHE = (
    "my %c; my $n = 0; while (1) { for (1..9) { $c{$n % 25000} = 'p' x 10000; $n++ }"
    " for (1..60) { my $k = int($n * rand() ** (rand() < .4 ? 1 : 6)) % 25000;"
    " my $s = reverse $c{$k} if $c{$k}; } sleep 1 }"
)
_PERL_LEAK = (
    "while (1) { for (1..9) { my $a = {v => 'q' x 10000}; my $b = {a => $a}; $a->{b} = $b; }"
    " sleep 1 }"
)
_RUBY_LEAK = "$kept = []; loop { 9.times { $kept << 'u' * 10_000 }; sleep 1 }"
_PHP_LEAK = (
    "$k = []; while (1) { for ($j = 0; $j < 9; $j++) $k[] = str_repeat('w', 10000); sleep(1); }"
)
_AWK_LEAK = (
    'BEGIN { s = "v"; while (length(s) < 9000) s = s s;'
    ' while (1) { for (j = 0; j < 9; j++) { n++; kept[n] = s n }; system("sleep 1") } }'
)
_SCROLL_SECONDS = 240.0
_SCROLL = "i=0; while :; do i=$((i+1)); head -c 9000 /dev/urandom | base64 -w 150; sleep 1; done"


def programs(folder: Path, python: str) -> list[Program]:
    """All of them, with their files in `folder`; javac and cc must have made `Live` and `leak`."""
    found: list[Program] = []
    for kind, (reads, setup) in _PYTHON_KINDS.items():
        leaks = kind in ("list", "sessions", "shm", "slices")
        if not reads:
            setup += "\ndef read(n): pass"
        code = _PYTHON.format(setup=setup, reads=reads)
        found.append(_plain(f"py-{kind}", (python, "-c", code), leaks=leaks))
    for kind in ("cache", "leak"):
        code = _NODE.replace("BOUNDED", "true" if kind == "cache" else "false")
        found.append(_plain(f"node-{kind}", ("node", "-e", code, "--"), leaks=kind == "leak"))
        found.append(
            _plain(
                f"java-{kind}",
                ("java", "-Xmx600m", "-XX:+UseSerialGC", "-cp", str(folder), "Live"),
                leaks=kind == "leak",
            )
        )
    found += [
        _plain("perl-cache", ("perl", "-e", _PERL_CACHE), leaks=False),
        _plain("perl-leak", ("perl", "-e", _PERL_LEAK), leaks=True),
        _plain("ruby-leak", ("ruby", "-e", _RUBY_LEAK), leaks=True),
        _plain("awk-leak", ("awk", _AWK_LEAK), leaks=True),
        _plain("php-leak", ("php", "-r", _PHP_LEAK, "--"), leaks=True),
        _plain("c-leak", (str(folder / "leak"),), leaks=True),
    ]
    return found + _servers(folder)


def _plain(name: str, command: tuple[str, ...], *, leaks: bool) -> Program:
    return Program(name, leaks, (*command, f"live-{name}"), f"live-{name}")


def _servers(folder: Path) -> list[Program]:
    origin, names = serve_origin(), serve_names()
    redis, abandoned, memcached, squid, varnish, unbound = (free_port() for _ in range(6))
    place = folder / "live-squid"
    place.mkdir()
    (place / "squid.conf").write_text(
        f"http_port 127.0.0.1:{squid}\nhttp_access allow all\ncache_mem 250 MB\n"
        "maximum_object_size_in_memory 64 KB\nmemory_cache_mode always\n"
        "shutdown_lifetime 0 seconds\n"
        f"pid_filename {place}/pid\naccess_log none\ncache_log /dev/null\nnetdb_filename none\n"
    )
    resolver = folder / "live-unbound.conf"
    resolver.write_text(
        f'server:\n interface: 127.0.0.1\n port: {unbound}\n chroot: ""\n username: ""\n'
        " do-daemonize: no\n use-syslog: no\n do-not-query-localhost: no\n num-threads: 1\n"
        ' msg-cache-size: 120m\n rrset-cache-size: 250m\n pidfile: ""\n module-config: "iterator"\n'
        " edns-buffer-size: 4096\n max-udp-size: 4096\n"
        f'forward-zone:\n name: "."\n forward-addr: 127.0.0.1@{names}\n'
    )
    quiet = ("--save", "", "--appendonly", "no", "--set-proc-title", "no", "--bind", "127.0.0.1")
    return [
        Program(
            "redis", False,
            ("redis-server", "--port", str(redis), "--maxmemory", "250mb", "--maxmemory-policy",
             "allkeys-lru", *quiet, "--dir", str(_made(folder / "live-redis-cache"))),
            "live-redis-cache", lambda: ask_redis(redis),
        ),
        Program(
            "redis-abandoned", True,
            ("redis-server", "--port", str(abandoned), *quiet,
             "--dir", str(_made(folder / "live-redis-abandoned"))),
            "live-redis-abandoned", lambda: ask_redis(abandoned, reads=False),
        ),
        Program(
            "memcached", False,
            ("memcached", "-l", "127.0.0.1", "-p", str(memcached), "-m", "250", "-u", "nobody",
             "-P", str(folder / "live-memcached")),
            "live-memcached", lambda: ask_memcached(memcached),
        ),
        Program(
            "squid", False, ("squid", "-N", "-f", str(place / "squid.conf")), "live-squid",
            lambda: ask_http(squid, f"http://127.0.0.1:{origin}"),
        ),
        Program(
            "varnish", False,
            ("varnishd", "-F", "-n", str(folder / "live-varnish"), "-a", f"127.0.0.1:{varnish}",
             "-b", f"127.0.0.1:{origin}", "-s", "malloc,250m"),
            "live-varnish", lambda: ask_http(varnish),
        ),
        Program(
            "unbound", False, ("unbound", "-d", "-c", str(resolver)), "live-unbound",
            lambda: ask_names(unbound), new=8, again=40,
        ),
        *(
            Program(
                name, None if name == "tmux-unread" else False,
                ("tmux", "-L", f"live-{name}", "-f", str(settings), "-D"), f"live-{name}",
                partial(_watch_tmux, f"live-{name}", scrolls=name == "tmux-read"), 0, 1,
            )
            for settings in (_tmux(folder),)
            for name in ("tmux-read", "tmux-unread")
        ),
    ]  # fmt: skip


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _tmux(folder: Path) -> Path:
    """A terminal whose scrollback is full after a while."""
    settings = folder / "live-tmux.conf"
    settings.write_text(
        "set -g exit-empty off\nset -g history-limit 100000\n"
        f"new-session -d -x 160 -y 50 'sh {folder}/scroll.sh'\n"
    )
    (folder / "scroll.sh").write_text(_SCROLL)
    return settings


def _watch_tmux(name: str, *, scrolls: bool) -> Ask:
    """Be the user of a terminal: scroll to the beginning every four minutes, or never."""

    def tell(*words: str) -> None:
        subprocess.run(("tmux", "-L", name, *words), check=False, capture_output=True)

    # In the foreground, tmux 3.3a starts its panes with its first client.
    tell("ls")
    scrolled = time.monotonic()

    def ask(_: int) -> None:
        nonlocal scrolled
        if scrolls and time.monotonic() - scrolled >= _SCROLL_SECONDS:
            scrolled = time.monotonic()
            tell("copy-mode", ";", "send-keys", "-X", "history-top")
            tell("send-keys", "-X", "cancel")

    return ask


def write_sources(folder: Path) -> None:
    """Write what javac and cc are to compile."""
    (folder / "Live.java").write_text(_JAVA)
    (folder / "leak.c").write_text(_C)
