"""How a run is to be measured; kept with the run, so that it can be resumed."""

from __future__ import annotations

import json
import math
import secrets
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from assay.credentials import mask_argument
from assay.errors import AssayError
from assay.records.plugin_label import plugin_label
from assay.records.tokenizer_file import TokenizerFile

if TYPE_CHECKING:
    from assay.records.metric_catalogue import Definition

RUN_SEED_BITS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of the engine.

    `plugins`, `block` and `load` say which plugins there are, as `discover` takes them; `files` are tokenizers that
    were named by their files, and `same_ids_as` has claims `A=B`: the ids of A are to be those of B. `budget_s` is the
    wall time for timing, shared among the groups. A group ends earlier when the noise within its processes leaves every
    ratio known to the share `precision`. The samples of a group come from `epochs` fresh processes for each plugin,
    one after the other; None stands for five, or one where the group has less than a quarter of a second. `timeout_s`
    bounds each step of a worker and `memory_bytes` its private memory (None takes four fifths of what is available).
    `baselines` are the plugins that others are compared with, where a group has one; else its first row is. `grid`
    times tokenizers also on lines, paragraphs and pages, and in batches. `metrics` are those of plugins that are to be
    added to the rows, and what they mean: a stored run tells it without the plugin.
    Corpora of shards are counted by `executor`, with so many `workers` (None for as many as it likes), on the cluster
    of a `scheduler` where one is named; `field` is the field of a record that holds its text. With `fresh` nothing
    that was counted before is taken. `seed` orders what is sampled, and is the same in every run; what attentions are
    checked on is drawn from `run_seed`, anew for each run where it is None.
    """

    plugins: tuple[str, ...] = ()
    block: tuple[str, ...] = ()
    load: str | None = None
    baselines: tuple[str, ...] = ()
    budget_s: float = 15.0
    epochs: int | None = None
    precision: float = 0.01
    timeout_s: float = 120.0
    memory_bytes: int | None = None
    threads: int = 1
    grid: bool = False
    seed: int = 20_479
    metrics: tuple[Definition, ...] = ()
    executor: str | None = None
    workers: int | None = None
    scheduler: str | None = None
    field: str = "text"
    fresh: bool = False
    run_seed: int | None = None
    files: tuple[TokenizerFile, ...] = ()
    same_ids_as: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        bounds = (("budget_s", 0.0), ("timeout_s", 0.0), ("epochs", 0.5), ("threads", 0.5), ("precision", -1e-9))
        for name, above in bounds:
            value = getattr(self, name)
            if value is not None and not above < value < math.inf:
                raise AssayError(f"{name} cannot be {getattr(self, name)}")

    def drawn(self) -> Settings:
        """Return the settings with a seed for this run, if there is none yet."""
        return replace(self, run_seed=secrets.randbits(RUN_SEED_BITS)) if self.run_seed is None else self

    def to_json(self) -> str:
        """Write the settings, without credentials in the address of a scheduler."""
        scheduler = None if self.scheduler is None else mask_argument(self.scheduler)
        return json.dumps(asdict(replace(self, scheduler=scheduler, plugins=tuple(map(plugin_label, self.plugins)))))

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """Read the settings."""
        from assay.records.metric_catalogue import Definition

        fields = json.loads(text)
        lists = {name: tuple(fields.get(name, ())) for name in ("plugins", "block", "baselines", "same_ids_as")}
        metrics = tuple(Definition(**each) for each in fields.get("metrics", ()))
        files = tuple(TokenizerFile(**each) for each in fields.get("files", ()))
        return cls(**fields | lists | {"metrics": metrics, "files": files})
