"""What was counted before: the answers for a shard, kept by what they depend on, for as long as nobody removes them."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

from assay.environment import cache
from assay.execute.sharded.messages import Counted, CountedPlugin, Draw
from assay.execute.sharded.partial_counts import MergeableCounts
from assay.records.temporary import temporary_folder

FOLDER = "counts"
QUICK = 1


class CountCache:
    """A folder of answers; one that cannot be read is counted again, and one that cannot be written is not kept."""

    def __init__(self, folder: Path | None = None) -> None:
        """In `counts` beside the other things that Assay keeps, unless told otherwise."""
        self.folder = folder or cache.folder().parent / FOLDER

    def get(self, subject: CountedPlugin, sha256: str, field: str, draw: Draw) -> Counted | None:
        """Return the counts of a tokenizer on a shard of this content; None where they are not known."""
        try:
            content = json.loads(gzip.decompress(self._path(subject, sha256, field, draw).read_bytes()))
            return Counted(partial=MergeableCounts.from_plain(content["partial"]), cpu_s=content["cpu_s"])
        except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def put(self, subject: CountedPlugin, sha256: str, field: str, draw: Draw, counted: Counted) -> None:
        """Keep the counts of a tokenizer; failures are not kept, since they may be fixed elsewhere."""
        if counted.partial is None:
            return
        path = self._path(subject, sha256, field, draw)
        text = json.dumps({"partial": counted.partial.to_plain(), "cpu_s": counted.cpu_s})
        content = gzip.compress(text.encode(), QUICK, mtime=0)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary_folder(self.folder) as made:
                Path(made, path.name).write_bytes(content)
                Path(made, path.name).replace(path)
        except OSError:
            return

    def _path(self, subject: CountedPlugin, sha256: str, field: str, draw: Draw) -> Path:
        known = [subject.fingerprint, sha256, field, draw.low, draw.high, draw.seed]
        key = hashlib.sha256(json.dumps(known).encode()).hexdigest()
        return self.folder / key[:2] / f"{key[2:]}.json.gz"
