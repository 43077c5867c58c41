"""Commands to copy, shown below the help of each verb; the tests parse every one."""

from __future__ import annotations

from collections.abc import Mapping

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "": (
        "memtray",
        "memtray status",
        "memtray trends web --since 2h",
        "memtray run --high 500M --critical 1G --restart -- python worker.py",
    ),
    "start": ("memtray", "memtray start --headless --interval 5s", "memtray --profile work"),
    "status": ("memtray status", "memtray status --json"),
    "health": ("memtray health", "memtray health --json"),
    "cleanup": ("memtray cleanup", "memtray cleanup web", "memtray cleanup --all"),
    "gc": ("memtray gc",),
    "end": ("memtray end web", "memtray end web --force --yes", "memtray end --pid 4711"),
    "folder": ("memtray folder web", "memtray folder --pid 4711"),
    "restart": ("memtray restart web", "memtray restart --pid 4711 --yes"),
    "trends": (
        "memtray trends",
        "memtray trends web --since 2h",
        "memtray trends run.memrec --save run.png",
    ),
    "help": ("memtray help", "memtray help settings", "memtray help record"),
    "table": ("memtray table", "memtray table --dark"),
    "details": ("memtray details web", "memtray details firefox"),
    "compact": ("memtray compact", "memtray compact --reset"),
    "windows": ("memtray windows reset",),
    "where": ("memtray where", "memtray where --json"),
    "statistics": ("memtray statistics", "memtray statistics --json"),
    "snapshot": ("memtray snapshot",),
    "pause": ("memtray pause",),
    "resume": ("memtray resume",),
    "debug": ("memtray debug on", "memtray debug show --lines 100"),
    "alerts": (
        "memtray alerts snooze 1h",
        "memtray alerts snooze 30min web",
        "memtray alerts ack growth:web",
        "memtray alerts log",
    ),
    "settings": ("memtray settings", "memtray settings --edit", "memtray settings --path"),
    "targets": ("memtray targets list", "memtray targets test --match gunicorn"),
    "targets list": ("memtray targets list", "memtray targets list --json"),
    "targets test": (
        "memtray targets test web",
        "memtray targets test --match gunicorn",
        "memtray targets test --regex 'worker-[0-9]+'",
    ),
    "targets add": (
        "memtray targets add web --match gunicorn --limit 2GiB",
        "memtray targets add nginx --unit nginx.service --first",
        "memtray targets add db --container postgres --limit 4GiB",
    ),
    "targets remove": ("memtray targets remove web",),
    "about": ("memtray about",),
    "demo": ("memtray demo", "memtray demo --for 1min --no-window"),
    "doctor": ("memtray doctor",),
    "autostart": ("memtray autostart on", "memtray autostart status"),
    "record": (
        "memtray record -o run.memrec -- python worker.py",
        "memtray record --match gunicorn --interval 100ms --for 10min -o web.csv",
    ),
    "run": ("memtray run --high 500M --critical 1G --restart -- python worker.py",),
    "dump": ("memtray dump web", "memtray dump --pid 4711 -o dumps/"),
    "investigate": ("memtray investigate web", "memtray investigate --store history.jsonl"),
    "analyze": ("memtray analyze run.memrec", "memtray analyze --json pidstat.log"),
    "day": ("memtray day", "memtray day yesterday", "memtray day 2026-03-16 web --json"),
    "log": (
        "memtray log analyze logs/",
        "memtray log analyze logs/memory_20260316.log --since 6h",
    ),
    "log analyze": (
        "memtray log analyze logs/",
        "memtray log analyze new.log --compare old.log",
    ),
    "completion": (
        "memtray completion bash",
        "memtray completion fish",
    ),
    "gallery": ("memtray gallery -o icons.png",),
    "export": ("memtray export -o memory.xlsx", "memtray export -o web.csv --since 24h web"),
    "report": (
        "memtray report -o memory.html --since 24h",
        "memtray report -o memory.pdf --private",
    ),
    "profile": ("memtray profile", "memtray profile work"),
    "quit": ("memtray quit",),
}
