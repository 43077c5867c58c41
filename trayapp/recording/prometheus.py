"""What Prometheus answers to `/api/v1/query_range`: process-exporter's figures, and others.

Of process-exporter's `namedprocess_namegroup_memory_bytes` the resident size of each group is
taken (the proportional one where that was not asked for), and from `…_num_procs` how many
processes it was. Of any other query every series is taken whose name says memory, or that has none
because it was summed up; values are bytes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from trayapp.domain.language import _
from trayapp.errors import RecordingError
from trayapp.recording.csv_reading import is_memory_name
from trayapp.recording.gathering import Gathering, number_of
from trayapp.recording.records import Recording

MOST_TEXT_BYTES = 512 * 1024**2
"""A longer answer would need too much memory to be read."""
_GROUP_METRIC = "namedprocess_namegroup_memory_bytes"
_COUNT_METRIC = "namedprocess_namegroup_num_procs"
_KINDS = ("resident", "proportionalResident")
_WHERE = ("instance", "job")
_Labels = dict[str, str]


def read_json(path: Path, file: BinaryIO) -> Any:
    """The whole text, parsed.

    Raises: RecordingError if it is none, or too long.
    """
    text = file.read(MOST_TEXT_BYTES + 1)
    if len(text) > MOST_TEXT_BYTES:
        raise RecordingError(
            _("{path} is too long to be read; ask for less, or by wider steps").format(path=path)
        )
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordingError(
            _("{path} is no complete JSON: {error}").format(path=path, error=error)
        ) from error


def read_prometheus(path: Path, answer: Mapping[str, Any] | list[Any]) -> Recording:
    """Read an answer, or the bare list that `promtool query range -o json` prints.

    Raises: RecordingError if it is of another kind, an error, or without memory.
    """
    found = Gathering(path)
    everything = list(_series(path, answer))
    groups = [(labels, values) for labels, values in everything if _is_group(labels)]
    chosen = list(_resident(groups)) or [
        (labels, values) for labels, values in everything if _is_memory(labels)
    ]
    if everything and not chosen:
        raise RecordingError(
            _("{path} has no memory in it; query {metric} or another size in bytes").format(
                path=path, metric=_GROUP_METRIC
            )
        )
    counts = {
        _place(labels): dict(_samples(values))
        for labels, values in everything
        if labels.get("__name__") == _COUNT_METRIC
    }
    names = _names([labels for labels, _ in chosen])
    for number, (labels, values) in enumerate(chosen):
        found.meet(number, names[number])
        processes = counts.get(_place(labels), {})
        for moment, value in _samples(values):
            # process-exporter tells 0 of a group of which nothing runs.
            size = value or math.nan
            found.add(number, moment, size, children=processes.get(moment, math.nan))
    return found.result()


def _series(path: Path, answer: Mapping[str, Any] | list[Any]) -> Iterator[tuple[_Labels, Any]]:
    data: Any = answer
    if isinstance(answer, Mapping):
        if answer.get("status") == "error":
            error = str(answer.get("error"))[:200]
            raise RecordingError(
                _("{path} is an error of Prometheus: {error}").format(path=path, error=error)
            )
        data = answer.get("data")
        kind = data.get("resultType") if isinstance(data, Mapping) else None
        if kind != "matrix":
            raise RecordingError(
                _(
                    "{path} is no answer to a range query; ask /api/v1/query_range, which gives a"
                    " matrix"
                ).format(path=path)
            )
        data = data.get("result")
    for one in data if isinstance(data, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("metric"), Mapping):
            yield {str(key): str(value) for key, value in one["metric"].items()}, one.get("values")


def _samples(values: Any) -> Iterator[tuple[float, float]]:
    for pair in values if isinstance(values, list) else ():
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], (int, float)):
            yield number_of(pair[0]), number_of(str(pair[1]))


def _is_group(labels: _Labels) -> bool:
    return labels.get("memtype") is not None and (
        labels.get("__name__", _GROUP_METRIC) == _GROUP_METRIC
    )


def _resident(
    groups: list[tuple[_Labels, Any]],
) -> Iterator[tuple[_Labels, Any]]:
    """Of each group the best size that was asked for."""
    places: dict[tuple[tuple[str, str], ...], dict[str, tuple[_Labels, Any]]] = {}
    for labels, values in groups:
        places.setdefault(_place(labels), {})[labels["memtype"]] = labels, values
    for kinds in places.values():
        best = next((kinds[kind] for kind in _KINDS if kind in kinds), None)
        if best is not None:
            yield best


def _is_memory(labels: _Labels) -> bool:
    name = labels.get("__name__")
    # What was summed up has lost its name.
    return labels.get("memtype") is None and (name is None or is_memory_name(name))


def _place(labels: _Labels) -> tuple[tuple[str, str], ...]:
    """Which group on which machine."""
    return tuple(sorted((k, v) for k, v in labels.items() if k not in ("memtype", "__name__")))


def _names(everyone: list[_Labels]) -> list[str]:
    """The group, or the metric, with whatever labels tell it from the others."""
    telling = {
        label
        for labels in everyone
        for label in labels
        if label not in ("__name__", "groupname", "memtype")
        and len({other.get(label) for other in everyone}) > 1
    }
    names = []
    for labels in everyone:
        name = labels.get("groupname") or labels.get("__name__") or ""
        order = sorted(telling & labels.keys(), key=lambda label: (label in _WHERE, label))
        details = ", ".join(labels[label] for label in order)
        names.append(f"{name} {details}".strip() or "memory")
    return names
