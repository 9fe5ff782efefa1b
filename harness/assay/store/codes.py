"""The code of plugins in the store: which ran, in every part of a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, insert, select

from assay.records.plugin_code import PluginCode
from assay.store.schema import plugins


def add_codes(connection: Connection, run: str, codes: Sequence[PluginCode]) -> None:
    """Add codes to those of a run, within the transaction of the caller; what is recorded already stays."""
    keys = plugins.c.kind, plugins.c.name, plugins.c.sha256
    known = {tuple(row) for row in connection.execute(select(*keys).where(plugins.c.run == run))}
    rows: dict[tuple[str, str, str], dict[str, object]] = {}
    for code in codes:
        key = (code.kind, code.name, code.sha256 or "")
        if key not in known:
            direct_url = None if code.direct_url is None else json.dumps(dict(code.direct_url))
            fields = {"sha256": code.sha256 or "", "direct_url": direct_url}
            rows[key] = {"run": run, "position": len(known) + len(rows)} | asdict(code) | fields
    if rows:
        connection.execute(insert(plugins), list(rows.values()))


def read_codes(connection: Connection, run: str) -> tuple[PluginCode, ...]:
    """Read the codes of a run, in the order in which they were recorded."""
    found = []
    for row in connection.execute(select(plugins).where(plugins.c.run == run).order_by(plugins.c.position)):
        fields = dict(row._mapping)
        del fields["run"], fields["position"]
        direct_url = None if row.direct_url is None else json.loads(row.direct_url)
        found.append(PluginCode(**fields | {"sha256": row.sha256 or None, "direct_url": direct_url}))
    return tuple(found)
