"""The parts of a program that know how large they are, such as a model, an index or a pool."""

from __future__ import annotations

from collections.abc import Callable

from trayapp.probe.naming import Registry, cut, size_told

_components = Registry[Callable[[], int]]()


def register_component(name: str, measure: Callable[[], int]) -> None:
    """Have `measure` asked for its bytes when somebody looks inside. Any thread; never raises.

    `measure` runs in a thread of the probe's, every few seconds while a window shows it, and
    should be quick; if it raises, or returns anything but a size, the size is unknown. A name that
    is registered already is replaced; beyond a thousand, more are not taken.
    """
    _components.put(name, measure)


def unregister_component(name: str) -> None:
    """Tell of that one no more; harmless where there is none. Any thread."""
    _components.drop(name)


def component_sizes() -> list[dict[str, object]]:
    """Name and size of each; a size that is not known is None."""
    return [{"name": cut(name), "bytes": size_told(part)} for name, part in _components.all()]
