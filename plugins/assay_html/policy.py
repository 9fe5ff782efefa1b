"""The content-security policy of a page: nothing is fetched, and only what was written here is run or styled."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence


def policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    """Return the policy for a page with these inline scripts and styles, by their hashes (CSP level 3, section 8.4)."""
    run = " ".join(map(_hash, scripts)) or "'none'"
    drawn = " ".join(map(_hash, styles)) or "'none'"
    return f"default-src 'none'; script-src {run}; style-src {drawn}; base-uri 'none'; form-action 'none'"


def _hash(source: str) -> str:
    digest = hashlib.sha256(source.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
