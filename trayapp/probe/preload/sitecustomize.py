"""Python runs this before a program that `memtray run` starts: it begins the probe in it.

`memtray attach` has it run in a program that runs already.

It leaves no trace in the path and the environment, so that what the program starts has no probe,
unless that was asked for; and it runs the `sitecustomize` that it stands before. It must be
understood by every Python 3, since nobody knows which one the program has.
"""

import os
import sys

OLDEST = (3, 11)
CHILDREN_VARIABLE = "MEMTRAY_PROBE_CHILDREN"
_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  (pathlib takes 10 ms)
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(_HERE)))  # noqa: PTH120


def _is_here(entry: str) -> bool:
    return os.path.abspath(entry) == _HERE  # noqa: PTH100


def _leave_environment() -> None:
    """Take this folder out of what the program's children get."""
    kept = [
        entry
        for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep)
        if entry and not _is_here(entry)
    ]
    if kept:
        os.environ["PYTHONPATH"] = os.pathsep.join(kept)
    else:
        os.environ.pop("PYTHONPATH", None)


def _run_next() -> None:
    """Run the program's own `sitecustomize`, or the system's; Python reports what it raises."""
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is None or spec.loader is None:
        return
    from importlib.util import module_from_spec

    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


def _find_memtray() -> None:
    """Make the probe importable; Memtray's other packages stay out of the program's path."""
    from importlib.util import find_spec, module_from_spec, spec_from_file_location

    if find_spec("trayapp") is not None:  # the program has its own
        return
    folder = os.path.join(_ROOT, "trayapp")  # noqa: PTH118
    spec = spec_from_file_location(
        "trayapp",
        os.path.join(folder, "__init__.py"),  # noqa: PTH118
        submodule_search_locations=[folder],
    )
    if spec is None or spec.loader is None:
        raise ImportError(folder)
    module = module_from_spec(spec)
    sys.modules["trayapp"] = module
    spec.loader.exec_module(module)


def _start(folder: "str | None" = None, *, with_children: bool = False) -> None:
    try:
        if sys.version_info < OLDEST:
            raise ImportError("it needs Python %d.%d or later" % OLDEST)  # noqa: UP031
        _find_memtray()
        import trayapp.probe

        if folder is None:
            trayapp.probe.start()
        else:
            from pathlib import Path

            trayapp.probe.start(Path(folder))
        if with_children and hasattr(os, "register_at_fork"):
            # A forked child has no probe otherwise, and it runs no `sitecustomize`.
            os.register_at_fork(after_in_child=trayapp.probe.start)
    except Exception as error:  # noqa: BLE001  (whatever it is, the program goes on without)
        if sys.stderr is not None:
            sys.stderr.write("memtray: no probe in this program: %s\n" % error)  # noqa: UP031


def _load() -> None:
    with_children = bool(os.environ.get(CHILDREN_VARIABLE))
    sys.path[:] = [entry for entry in sys.path if not _is_here(entry)]
    sys.path_importer_cache.pop(_HERE, None)
    if not with_children:
        _leave_environment()
    _start(with_children=with_children)
    _run_next()


if __name__ == "memtray_attach":  # in a program that runs already
    _start(globals().get("folder"))
else:
    _load()
