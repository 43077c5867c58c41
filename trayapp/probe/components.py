"""The parts of a program that measure themselves, such as a model, an index or a pool."""

from __future__ import annotations

from collections.abc import Callable

from trayapp.probe.registry import Registry, cut, measured_bytes

_components = Registry[Callable[[], int]]()


def register_component(name: str, measure: Callable[[], int]) -> None:
    """Have `measure` asked for its bytes when somebody looks inside. Any thread; never raises.

    `measure` runs in a thread of the probe's, every few seconds while a window shows it, and
    should be quick; if it raises, or returns anything but a size, the size is unknown. A name that
    is registered already is replaced; beyond a thousand, more are not taken.
    """
    _components.put(name, measure)


def unregister_component(name: str) -> None:
    """Forget a component; harmless where there is none. Any thread."""
    _components.drop(name)


def component_sizes() -> list[dict[str, object]]:
    """Return name and size of each component; None is a size that is not known."""
    return [{"name": cut(name), "bytes": measured_bytes(part)} for name, part in _components.all()]
