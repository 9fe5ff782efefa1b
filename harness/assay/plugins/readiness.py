"""What plugins of third parties lack on this machine: each origin is asked in a child process, all at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from assay.errors import AssayError, PluginFailed, guard
from assay.plugins.isolation import Call, Misbehaved, all_isolated
from assay.plugins.supervision import Channel
from assay.plugins.types import NAMES_OF_KINDS, Missing, Provided

Readiness = Missing | AssayError | None  # an error where the plugin did not come back


def ask(groups: Iterable[tuple[str, Sequence[Provided]]], timeout_s: float) -> Mapping[int, Readiness]:
    """Return what each plugin's `missing` answers, by the `id` of the plugin.

    Each group has the name of its origin. One that ends or hangs the process costs itself: the others of its group are
    asked again.
    """
    found: dict[int, Readiness] = {}
    waiting = list(groups)
    while waiting:
        calls = [
            Call(subject=f"plugin {origin}", stage="missing", function=partial(_answers, plugins))
            for origin, plugins in waiting
        ]
        again: list[tuple[str, Sequence[Provided]]] = []
        for (origin, plugins), answer in zip(waiting, all_isolated(calls, timeout_s), strict=True):
            if not isinstance(answer, AssayError):
                found |= {id(plugin): _read(each) for plugin, each in zip(plugins, answer, strict=True)}
                continue
            stage = answer.stage if isinstance(answer, Misbehaved) else ""
            guilty = {id(each) for each in plugins if len(plugins) == 1 or _stage(each) == stage}
            found |= dict.fromkeys(guilty, answer)
            rest = [plugin for plugin in plugins if id(plugin) not in guilty]
            again += [(origin, rest)] if guilty and rest else [(origin, [plugin]) for plugin in rest]
        waiting = again
    return found


def answer_of(plugin: Provided) -> Missing | None:
    """Call a plugin's `missing` in this process. Raises `AssayError` for what it raises, and for a wrong answer."""
    with guard():
        answer: object = plugin.missing() if plugin.missing is not None else None
        if answer is None or isinstance(answer, Missing):
            return answer
    raise PluginFailed(f"{type(answer).__name__} is not a valid assay.Missing")


def _answers(plugins: Sequence[Provided], channel: Channel) -> list[list[str] | str | None]:
    return [_answer(plugin, channel) for plugin in plugins]


def _answer(plugin: Provided, channel: Channel) -> list[str] | str | None:
    channel.enter(_stage(plugin))
    try:
        answer = answer_of(plugin)
        return None if answer is None else [str(answer.what), str(answer.remedy)]
    except AssayError as error:
        return error.message


def _read(answer: list[str] | str | None) -> Readiness:
    if isinstance(answer, str):
        return PluginFailed(answer)
    return None if answer is None else Missing(*answer)


def _stage(plugin: Provided) -> str:
    noun = next(noun for kind, noun in NAMES_OF_KINDS.items() if isinstance(plugin, kind))
    return f"missing of the {noun} {plugin.name}"
