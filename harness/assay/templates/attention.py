"""An attention for Assay; put your own in the place of this one."""

from collections.abc import Iterator

import assay

assay_hooks = 3  # the version of the hooks that this is written for


def build(workload: assay.Workload, weights: assay.Weights | None) -> assay.Step:
    import torch  # here, so that nobody waits for it who only lists plugins

    def step(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        scores = q @ k.mT * workload.d_qk**-0.5
        hidden = torch.ones_like(scores, dtype=torch.bool).triu(1)
        return torch.softmax(scores.masked_fill(hidden, -torch.inf), dim=-1) @ v

    return step


@assay.hookimpl
def assay_attentions() -> Iterator[assay.AttentionPlugin]:
    yield assay.AttentionPlugin(
        name="$name",
        summary="causal attention as it is defined",
        license="MIT",
        requires=("torch>=2.6",),
        build=build,
        unsupported=assay.Supports(levels=("core",), masks=("causal",)),
    )
