"""What the red team announces: each module adds its plugins here, and `plugins.py` hands them over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

import assay
from assay import AttentionPlugin, Supports, Weights, Workload

Step = Callable[..., Tensor]
Build = Callable[[Workload, Weights | None], Any]

FORWARD = Supports(levels=("core",), phases=("fwd",), dropout=False)
SEMANTICS: dict[str, Any] = {
    "levels": ("core",),
    "masks": ("none", "causal", "window", "prefix", "padding"),
    "biases": ("none", "alibi", "rope"),
    "grouped": True,
    "rectangular": True,
}
ANY = Supports(**SEMANTICS, phases=("fwd", "bwd", "fwd_bwd"))
SQUARE = Supports(**SEMANTICS | {"rectangular": False}, phases=("fwd", "bwd", "fwd_bwd"))
GRADIENTS = Supports(
    levels=("core",),
    masks=("none", "causal", "window"),
    phases=("fwd", "bwd", "fwd_bwd"),
    dropout=False,
    grouped=True,
    rectangular=True,
)
DECODING = Supports(
    levels=("decode",), masks=("none", "causal", "window"), biases=("none", "rope"), dropout=False, grouped=True
)
DROPPING = Supports(levels=("core",), masks=("none", "causal"), phases=("fwd",))

PLUGINS: dict[str, AttentionPlugin] = {}


def announce(name: str, supports: Supports = ANY, summary: str = "", **claims: Any) -> Callable[[Build], Build]:
    """Announce a plugin by what its `build` does; its docstring is the summary where none is given."""

    def add(build: Build) -> Build:
        assert name not in PLUGINS, f"two plugins are called {name}"
        PLUGINS[name] = assay.AttentionPlugin(
            name=name,
            summary=summary or (build.__doc__ or "").strip().rstrip("."),
            license="MIT",
            requires=("torch>=2.6",),
            build=build,
            unsupported=supports,
            **claims,
        )
        return build

    return add


def announce_each(steps: Sequence[tuple[str, str, Callable[[Workload], Step]]], supports: Supports = ANY) -> None:
    """Announce plugins that need no weights, each as a name, a summary and what makes its step."""
    for name, summary, make in steps:
        announce(name, supports, summary)(lambda workload, weights, make=make: make(workload))
