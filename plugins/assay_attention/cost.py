"""What the implementations allocate and execute at level `core`, foretold from a workload.

A function `..._bytes` gives what torch's tensors hold at the peak of one call, its output and what its build made
included and its inputs not; one `..._flop` the operations executed, two for a multiply-add. Each gives None where it
does not know.
"""

from __future__ import annotations

from dataclasses import replace

import assay
from assay_attention.blocking import CHUNK, block_bounds, local_shape

ITEM = {"f32": 4, "bf16": 2, "f16": 2}
# How the flash kernel of a CPU cuts queries and keys: aten/src/ATen/native/cpu/FlashAttentionKernel.cpp.
ROWS_FROM = ((768, 256), (192, 64), (0, 32))
KEYS_AT_ONCE = 512


def square_flop(workload: assay.Workload) -> int | None:
    """Two products over all pairs, seen or not; four more backward."""
    pairs = workload.batch * workload.q_heads * workload.q_len * workload.kv_len
    forward = 2 * pairs * (workload.d_qk + workload.d_v)
    return _core(workload, {"fwd": forward, "bwd": 2 * forward, "fwd_bwd": 3 * forward}[workload.phase])


def weightless_bytes(workload: assay.Workload) -> int | None:
    """Scores and their softmax."""
    return _forward(workload, 2 * _scores(workload))


def naive_bytes(workload: assay.Workload) -> int | None:
    """Scores and what the next operation makes of them; backward one square more, on a GPU two, and what is saved."""
    scores, output, repeated = _scores(workload), _output(workload), _repeated(workload)
    held = _hidden(workload) + _bias(workload)
    if workload.phase == "fwd":
        return _core(workload, max(2 * scores, scores + output) + repeated + _turned(workload) + held)
    rope = workload.semantics.bias == "rope"
    saved = _heads(workload, workload.kv_len, workload.d_qk) if repeated or rope else 0
    saved += _heads(workload, workload.q_len, workload.d_qk) if rope else 0
    squares = 3 if workload.device == "cpu" else 4
    return _core(workload, squares * scores + output + _heads(workload, workload.kv_len, workload.d_v) + saved + held)


def math_bytes(workload: assay.Workload) -> int | None:
    """Scores, their softmax, and a byte for each that says whether it is hidden; scaled queries, and a mask.

    All of it is float32 in every dtype; queries, keys and values of half precision are copied to float32 before.
    Backward there are three squares of scores, beside the gradients and scaled queries.
    """
    wide = replace(workload, dtype="f32")
    hidden = workload.batch * workload.q_heads * workload.q_len * workload.kv_len
    queries = _heads(wide, workload.q_len, workload.d_qk)
    raised = 0
    if workload.dtype != "f32":
        rows = workload.kv_heads * workload.kv_len * (workload.d_qk + workload.d_v)
        raised = queries + workload.batch * rows * ITEM["f32"]
    held = 0 if _own_mask(workload) else _hidden(workload)
    if workload.phase != "fwd":
        grouped = _repeated(wide) // 2
        known = workload.dtype == "f32" and workload.device == "cpu" and workload.semantics.bias == "none"
        return _core(workload, 3 * _scores(wide) + 4 * queries + grouped + held) if known else None
    made = _mask(wide) + _repeated(wide) + raised + _turned(workload)
    return _forward(workload, 2 * _scores(wide) + hidden + queries + made + held)


def sdpa_bytes(workload: assay.Workload) -> int | None:
    """The flash kernel's, or on a CPU the plain products' where the value width differs and it cannot serve."""
    served = workload.d_qk == workload.d_v or workload.device != "cpu"
    return flash_bytes(workload) if served else math_bytes(workload)


def flash_bytes(workload: assay.Workload) -> int | None:
    """The kernel's, and a mask where lengths differ: its own causal one is for equal lengths."""
    return _kernel(workload, 0 if _own_mask(workload) else _mask(workload) + _hidden(workload))


def mask_bytes(workload: assay.Workload) -> int | None:
    """The kernel's, and its booleans as numbers; biases are numbers from the start, and made anew of padding."""
    if workload.semantics.bias != "alibi":
        return _kernel(workload, _mask(workload) + _hidden(workload))
    padded = _scores(workload) if workload.semantics.mask == "padding" else 0
    return _kernel(workload, _bias(workload) + padded)


def repeat_bytes(workload: assay.Workload) -> int | None:
    """The kernel's, and the repeated keys and values."""
    flash = flash_bytes(workload)
    return None if flash is None else flash + _repeated(workload)


def fold_bytes(workload: assay.Workload) -> int | None:
    """The kernel's for longer heads, and its mask once for each head of a group."""
    group = workload.q_heads // workload.kv_heads
    return _kernel(workload, group * (_mask(workload) + _hidden(workload)), group)


def row_block_bytes(workload: assay.Workload) -> int | None:
    """Two strips of scores, beside a block of queries, its output and all outputs before; or the output twice.

    Backward the weights of all strips, the gradients and, of a pass that is kept, what it scaled and gave; beside these
    two strips of scores, or one and two copies of all keys.
    """
    row = workload.batch * workload.q_heads * ITEM[workload.dtype]
    if workload.phase != "fwd":
        strips = [row * (block.stop - block.start) * (seen.stop - seen.start) for block, seen in block_bounds(workload)]
        queries, output = _heads(workload, workload.q_len, workload.d_qk), _output(workload)
        share = workload.kv_heads / workload.q_heads
        keys, values = (int(share * _heads(workload, workload.kv_len, d)) for d in (workload.d_qk, workload.d_v))
        kept = queries + output + values + (queries + keys if workload.phase == "bwd" else 0)
        copies = 2 * max(keys, values) + (queries // 2 if workload.phase == "fwd_bwd" else 0)
        return _core(workload, sum(strips) + kept + max(strips) + max(max(strips), copies))
    peak = 2 * _output(workload)
    for block, span in block_bounds(workload):
        rows, width = block.stop - block.start, span.stop - span.start
        peak = max(peak, row * (block.stop * workload.d_v + rows * (workload.d_qk + 2 * width)))
    return _forward(workload, peak)


def row_block_flop(workload: assay.Workload) -> int | None:
    """Two products over all pairs of each block."""
    pairs = sum((rows.stop - rows.start) * (keys.stop - keys.start) for rows, keys in block_bounds(workload))
    return _forward(workload, 2 * workload.batch * workload.q_heads * pairs * (workload.d_qk + workload.d_v))


def local_bytes(workload: assay.Workload) -> int | None:
    """Padded queries, keys and values; with them the kernel's output, sums and mask, or a copy of the output."""
    if not _on_flash(workload):
        return None
    shape = local_shape(workload)
    queries = shape.number * shape.block
    item = workload.batch * workload.q_heads * ITEM[workload.dtype]
    widths = workload.d_qk + workload.d_v
    padded = item * (queries * workload.d_qk + (queries + shape.span - shape.block) * widths)
    output = item * queries * workload.d_v
    mask = queries * shape.span * ITEM[workload.dtype]
    copied = output if queries == workload.q_len else output + _output(workload)
    kernel = output + item * queries + _scratch(workload, shape.block, shape.span) + mask
    return padded + max(kernel, copied)


def local_flop(workload: assay.Workload) -> int | None:
    """Two products over all pairs of a block and its span."""
    shape = local_shape(workload)
    pairs = shape.number * shape.block * shape.span
    return _forward(workload, 2 * workload.batch * workload.q_heads * pairs * (workload.d_qk + workload.d_v))


def linear_bytes(workload: assay.Workload) -> int | None:
    """φ of queries and keys, values with their ones, states, and numerators with denominators; all in float32."""
    queries, keys, wide = _linear_sizes(workload)
    mapped = queries * workload.d_qk + keys * (workload.d_qk + wide)
    state = workload.batch * workload.kv_heads * workload.d_qk * wide
    if workload.semantics.mask == "none":
        return _forward(workload, 4 * (mapped + state + queries * (wide + workload.d_v)))
    chunks = -(-workload.q_len // CHUNK)
    whole = workload.batch * chunks * CHUNK
    padded = 0
    if workload.q_len % CHUNK:
        padded = whole * (workload.q_heads * workload.d_qk + workload.kv_heads * (workload.d_qk + wide))
    states = chunks * state
    folded = whole * workload.q_heads * workload.d_qk if workload.q_heads > workload.kv_heads else 0
    within, sums = whole * workload.q_heads * CHUNK, whole * workload.q_heads * wide
    later = states + folded + max(2 * within, within + 2 * sums)
    return _forward(workload, 4 * (mapped + padded + state + max(2 * states, later)))


def linear_flop(workload: assay.Workload) -> int | None:
    """Writing and reading the states, the column of ones included; causal also the pairs within each chunk."""
    queries, keys, wide = _linear_sizes(workload)
    if workload.semantics.mask == "none":
        return _forward(workload, 2 * (queries + keys) * workload.d_qk * wide)
    whole = -(-workload.q_len // CHUNK) * CHUNK
    read, before = workload.batch * workload.q_heads * whole, workload.kv_len - workload.q_len
    written = workload.batch * workload.kv_heads * (before + whole)
    return _forward(workload, 2 * ((read + written) * workload.d_qk * wide + read * CHUNK * (workload.d_qk + wide)))


def _linear_sizes(workload: assay.Workload) -> tuple[int, int, int]:
    """Rows of queries, rows of keys, and the width of values with their ones."""
    queries = workload.batch * workload.q_heads * workload.q_len
    return queries, workload.batch * workload.kv_heads * workload.kv_len, workload.d_v + 1


def _core(workload: assay.Workload, number: int) -> int | None:
    return number if workload.level == "core" and not workload.semantics.dropout else None


def _forward(workload: assay.Workload, number: int) -> int | None:
    return _core(workload, number) if workload.phase == "fwd" else None


def _on_flash(workload: assay.Workload) -> bool:
    plain = workload.device == "cpu" and workload.dtype == "f32" and workload.d_qk == workload.d_v
    return plain and _forward(workload, 1) is not None


def _kernel(workload: assay.Workload, mask: int, group: int = 1) -> int | None:
    """The output, the logarithm of each row's sum, a thread's scratch, turned inputs and a mask of numbers."""
    if not _on_flash(workload):
        return None
    sums = 4 * workload.batch * workload.q_heads * workload.q_len
    scratch = _scratch(workload, group * workload.q_len, workload.kv_len)
    return _output(workload) + sums + scratch + _turned(workload) + mask


def _scratch(workload: assay.Workload, q_len: int, kv_len: int) -> int:
    """Each thread of the CPU's flash kernel holds a tile of scores, two sums a row, and the rows of its output."""
    rows = min(q_len, next(size for length, size in ROWS_FROM if q_len >= length))
    return 4 * workload.threads * rows * (min(kv_len, KEYS_AT_ONCE) + 2 + workload.d_v)


def _heads(workload: assay.Workload, length: int, width: int) -> int:
    return workload.batch * workload.q_heads * length * width * ITEM[workload.dtype]


def _scores(workload: assay.Workload) -> int:
    return _heads(workload, workload.q_len, workload.kv_len)


def _output(workload: assay.Workload) -> int:
    return _heads(workload, workload.q_len, workload.d_v)


def _repeated(workload: assay.Workload) -> int:
    grouped = workload.q_heads != workload.kv_heads
    return _heads(workload, workload.kv_len, workload.d_qk + workload.d_v) if grouped else 0


def _turned(workload: assay.Workload) -> int:
    """Queries and keys once more, where positions turn them."""
    if workload.semantics.bias != "rope":
        return 0
    rows = workload.q_heads * workload.q_len + workload.kv_heads * workload.kv_len
    return workload.batch * rows * workload.d_qk * ITEM[workload.dtype]


def _own_mask(workload: assay.Workload) -> bool:
    """Whether the kernel's own causal mask serves, which is for equal lengths."""
    return workload.q_len == workload.kv_len and workload.semantics.mask == "causal"


def _bias(workload: assay.Workload) -> int:
    """Biases of all heads, which are made once."""
    square = workload.q_heads * workload.q_len * workload.kv_len * ITEM[workload.dtype]
    return square if workload.semantics.bias == "alibi" else 0


def _hidden(workload: assay.Workload) -> int:
    """A byte for each pair that is made once; none for padding or where every key is seen."""
    pairs = workload.q_len * workload.kv_len
    if workload.semantics.mask == "padding" or workload.semantics.pairs(workload.q_len, workload.kv_len) == pairs:
        return 0
    return pairs


def _mask(workload: assay.Workload) -> int:
    """A mask as numbers: one row an item for padding, else one square for all; none where every key is seen."""
    if workload.semantics.mask == "padding":
        return workload.batch * workload.kv_len * ITEM[workload.dtype]
    if workload.semantics.pairs(workload.q_len, workload.kv_len) == workload.q_len * workload.kv_len:
        return 0
    return workload.q_len * workload.kv_len * ITEM[workload.dtype]
