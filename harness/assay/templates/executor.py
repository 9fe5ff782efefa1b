"""An executor for Assay; put your own engine in the place of this loop."""

from collections.abc import Callable, Iterable, Iterator

import assay

assay_hooks = 3  # the version of the hooks that this is written for
Answers = Iterator[assay.TaskResult]


class Loop:
    label = "a loop"

    def __init__(self, config: assay.ExecutorConfig) -> None:
        self.asked = config

    def map(self, function: Callable[[str], str], tasks: Iterable[str]) -> Answers:
        for place, task in enumerate(tasks):
            yield assay.TaskResult(place=place, result=function(task))

    def close(self) -> None:
        pass


@assay.hookimpl
def assay_executors() -> Iterator[assay.ExecutorPlugin]:
    name, says = "$name", "one task after the other"
    yield assay.ExecutorPlugin(name=name, summary=says, license="MIT", open=Loop)
