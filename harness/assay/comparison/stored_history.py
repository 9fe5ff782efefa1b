"""The history of a metric, from where runs are stored."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from assay.comparison import history as metric_history
from assay.errors import StoreError
from assay.records.name_list import join_names
from assay.records.report_data import History
from assay.records.results import Outcome
from assay.store.baselines import FOLDER, read
from assay.store.location import RESULTS, Where, at
from assay.store.store import Store

told = logging.getLogger(__name__)


def history(
    metric: str,
    *,
    tokenizers: str | Sequence[str] = "*",
    attentions: str | Sequence[str] = "*",
    corpora: str | Sequence[str] = "*",
    store: Where = RESULTS,
) -> History:
    """Collect a metric, such as `encode_mb_per_s`, over the stored and the accepted runs, and where it stepped.

    The choices are names and patterns, as a list or with commas between them; that of corpora applies, of attentions,
    to the corpus of their text or the id of their workload. Raises `UnknownName` for a metric that there is not, and
    `StoreError` for a folder without results.
    """
    place = at(store)
    with Store(place, read_only=True) as opened:
        series = metric_history.history(
            opened,
            metric,
            tokenizers=_one_text(tokenizers),
            attentions=_one_text(attentions),
            corpora=_one_text(corpora),
            baselines=tuple(_baselines(place.folder)),
        )
    return History(metric=metric, series=series)


def _one_text(names: str | Sequence[str]) -> str:
    return names if isinstance(names, str) else join_names(names)


def _baselines(folder: Path) -> Iterator[Outcome]:
    """Yield the accepted baselines; one that cannot be read is reported, and left out."""
    for path in sorted((folder / FOLDER).glob("*.json")):
        try:
            yield read(path)
        except StoreError as error:
            told.warning("%s", error)
