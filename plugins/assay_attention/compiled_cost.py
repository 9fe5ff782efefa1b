"""What compiled attention allocates on a CPU, and FlexAttention compiled or not: bytes at the peak of one call.

Each function gives None where it does not know. Scores, sums of rows and what is summed are float32 in every dtype.
"""

from __future__ import annotations

import assay
from assay_attention import cost
from assay_attention.cost import ITEM

BLOCK = 128
SCORE = 4


def flex_eager_bytes(workload: assay.Workload) -> int | None:
    """Three squares of scores and a byte for each that is hidden, keys and values once more, ten bytes a row."""
    if not _forward(workload):
        return None
    rows = workload.batch * workload.q_heads * workload.q_len
    width = workload.d_qk + workload.d_v
    copies = workload.batch * workload.q_heads * workload.kv_len * width * ITEM[workload.dtype]
    return rows * (workload.kv_len * (3 * SCORE + 1) + 10) + copies


def flex_bytes(workload: assay.Workload) -> int | None:
    """The output, keys and values once more, and what each thread holds of one block.

    From PyTorch's torch/_inductor/codegen/cpp_flex_attention_template.py; without a mask all is one block, and a
    single query takes another way.
    """
    if not _forward(workload) or workload.q_len == 1:
        return None
    item, d_qk, d_v = ITEM[workload.dtype], workload.d_qk, workload.d_v
    masked = workload.semantics.mask != "none"
    rows, keys = (min(BLOCK, length) if masked else length for length in (workload.q_len, workload.kv_len))
    thread = rows * (keys + 2 + d_v) * SCORE + (rows * keys + keys * d_qk + rows * d_qk) * item
    copies = workload.batch * workload.kv_heads * workload.kv_len * (d_qk + d_v) * item
    output = workload.batch * workload.q_heads * workload.q_len * d_v * item
    return output + copies + workload.threads * thread


def naive_compiled_bytes(workload: assay.Workload) -> int | None:
    """Scores that become weights where they lie, then the output; two squares for a single head or half precision.

    Without a mask the compiler finds that this is attention, and calls PyTorch's kernel.
    """
    grouped, mask, bias = workload.q_heads != workload.kv_heads, workload.semantics.mask, workload.semantics.bias
    if not _forward(workload) or bias != "none" or mask == "padding":
        return None
    if mask == "none":
        return None if grouped else cost.flash_bytes(workload)
    heads, hidden = workload.batch * workload.q_heads, workload.q_len * workload.kv_len
    square, sums = heads * workload.q_len * workload.kv_len * SCORE, 2 * heads * workload.q_len * SCORE
    if heads == 1 or workload.dtype != "f32":
        return None if grouped else 2 * square + sums + hidden
    values = heads * workload.kv_len * workload.d_v * SCORE if grouped else 0
    return square + max(heads * workload.q_len * workload.d_v * SCORE, sums) + values + hidden


def _forward(workload: assay.Workload) -> bool:
    plain = workload.level == "core" and workload.phase == "fwd" and not workload.semantics.dropout
    return plain and workload.device == "cpu"
