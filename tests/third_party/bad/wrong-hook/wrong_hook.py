"""Has a hook with another spelling."""

import assay


@assay.hookimpl
def assay_tokenisers():
    return []
