"""Has a hook with an argument that the host does not give."""

import assay


@assay.hookimpl
def assay_tokenizers(config):
    return []
