"""A metric for Assay; put your own in the place of this one."""

from collections.abc import Iterator, Sequence

import assay

assay_hooks = 3  # the version of the hooks that this is written for


def measure(
    documents: Sequence[assay.Tokenized],
    tokenizer: assay.Tokenizer,
) -> float | None:
    """Tokens of a document on average; None where there is no document."""
    if not documents:
        return None
    return sum(len(document.ids) for document in documents) / len(documents)


@assay.hookimpl
def assay_metrics() -> Iterator[assay.MetricPlugin]:
    yield assay.MetricPlugin(
        name="$name",
        summary="tokens of a document on average",
        license="MIT",
        unit="tokens",
        of_tokens=measure,
    )
