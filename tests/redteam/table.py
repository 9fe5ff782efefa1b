"""What must become of each attention of the red team: which check refuses it, on which workload, or what its row tells.

A row is easy to change: the checks are the beginnings that its reason may have, divided by `|`.
"""

from __future__ import annotations

from redteam.case import accepted, refused, told

CAUSAL = "core/fwd/causal/b1.h4.s256.d64/f32/cpu.t1"
FULL = "core/fwd/full/b2.h2.s96.d32/f32/cpu.t1"
WINDOW = "core/fwd/window32/b1.h4.s128.d32/f32/cpu.t1"
PREFIX = "core/fwd/prefix32/b1.h4.s128.d32/f32/cpu.t1"
GROUPED = "core/fwd/causal/b2.h4:2.s128.d48/f32/cpu.t1"
FEW_QUERIES = "core/fwd/causal/b1.h2.s32:128.d32/f32/cpu.t1"
ALIBI = "core/fwd/causal+alibi/b1.h12.s128.d32/f32/cpu.t1"
ROPE = "core/fwd/causal+rope/b1.h2.s192.d32/f32/cpu.t1"
PADDING = "core/fwd/padding/b2.h4.s128.d32/f32/cpu.t1"
DROPOUT = "core/fwd/causal+dropout0.1/b2.h4.s128.d32/f32/cpu.t1"
BF16 = "core/fwd/causal/b1.h4.s512.d64/bf16/cpu.t1"
F16 = "core/fwd/window64/b1.h2.s250.d64/f16/cpu.t1"
GRADIENTS = "core/fwd_bwd/causal/b1.h4.s256.d64/f32/cpu.t1"
GROUPED_GRADIENTS = "core/bwd/causal/b1.h4:2.s128.d32/f32/cpu.t1"
DECODE = "decode/fwd/causal/b1.h4.s1:256.d32.m128/f32/cpu.t1"
DECODE_ROPE = "decode/fwd/causal+rope/b1.h4:2.s1:128.d32.m128/f32/cpu.t1"
LONG = "core/fwd/causal/b1.h6.s8192.d16/f32/cpu.t1"

TIMED = "timed|a timed call"  # an answer that was given while the clock ran
SEEN = f"replay|{TIMED}|afresh|repeat|reference|inputs"
ROWS = "reference|lengths|layouts|stress"

CHEATS = (
    refused("memo-by-address", CAUSAL, SEEN),
    refused("memo-by-version", CAUSAL, SEEN, harmless=True),
    refused("memo-by-sum", CAUSAL, SEEN, harmless=True),
    refused("memo-by-few-numbers", CAUSAL, f"causality|{SEEN}"),
    refused("memo-unbounded", CAUSAL, SEEN, harmless=True),
    refused("memo-by-shape", CAUSAL, "repeat|afresh"),
    refused("replay-gc-off", CAUSAL, SEEN, harmless=True),
    refused("replay-in-timer", CAUSAL, SEEN, harmless=True),
    refused("replay-in-a-hurry", CAUSAL, SEEN, harmless=True),
    refused("replay-after-20-calls", CAUSAL, SEEN),
    refused("replay-every-other", CAUSAL, SEEN),
    refused("guess-the-inputs", CAUSAL, SEEN),
    refused("slow-clocks", CAUSAL, "it changed"),
    refused("slow-wall-clock", CAUSAL, "it changed"),
    refused("slow-cpu-clock", CAUSAL, "it changed"),
    refused("slow-bound-clocks", CAUSAL, "it changed"),
    refused("turned-clock", CAUSAL, "it changed"),
    refused("slow-clocks-unguarded", CAUSAL, "clock"),
    refused("patch-the-tolerance", CAUSAL, "reference"),
    refused("patch-the-judge", CAUSAL, "reference"),
    refused("patch-the-objects", CAUSAL, "reference"),
    refused("patch-torch", CAUSAL, "reference"),
    refused("child-of-a-pool", CAUSAL, "children|clock|it left"),
    refused("child-by-exec", CAUSAL, "children|clock|it left"),
    refused("child-daemon", CAUSAL, "children|clock|it left"),
    refused("late-thread", CAUSAL, f"{TIMED}|clock|output|reference", harmless=True),
    refused("two-cores", CAUSAL, "clock|children|cores|it changed", harmless=True),
    refused("lazy-tensor", CAUSAL, "output|timed"),
    told("claims-one-byte", CAUSAL, "mispredicted", "1 byte"),
    told("claims-one-flop", CAUSAL, "mispredicted", "1 FLOP"),
    told("claims-half-the-flop", CAUSAL, "mispredicted", "FLOP"),
    told("scratch-held", CAUSAL, "peak_bytes", least=1.2 * 2**20),
    refused("empty-rows-nan", CAUSAL, "empty-rows"),
    refused("empty-rows-mean", CAUSAL, "empty-rows"),
    refused("threads-stay", CAUSAL, "it changed"),
    refused("collector-stays-off", CAUSAL, "it changed"),
    refused("leaves-its-folder", CAUSAL, "it changed"),
    refused("scales-q-in-place", CAUSAL, "inputs"),
    refused("scales-q-and-back", CAUSAL, "inputs"),
    refused("spoils-q-when-timed", CAUSAL, f"inputs|{TIMED}", harmless=True),
    refused("spoils-v-late", CAUSAL, f"inputs|{TIMED}"),
    refused("one-output-buffer", CAUSAL, "memory|repeat"),
    refused("view-of-one-buffer", CAUSAL, "memory|repeat"),
    refused("output-in-v", CAUSAL, "inputs|memory"),
)
SCORES = (
    refused("no-maximum", CAUSAL, "stress"),
    refused("one-maximum-for-all", CAUSAL, "stress"),
    refused("epsilon-in-sum", CAUSAL, "ones|stress|reference"),
    refused("attention-sink", CAUSAL, "ones|reference"),
    refused("polynomial-exp", CAUSAL, ROWS),
    refused("drops-small-weights", CAUSAL, "ones|reference"),
    refused("soft-cap-30", BF16, "stress|reference"),
    refused("soft-cap-50", BF16, "stress"),
    refused("clamp-8", CAUSAL, "stress"),
    refused("clamp-40", CAUSAL, "stress"),
    refused("fill-10", CAUSAL, "causality|unseen"),
    refused("fill-50", CAUSAL, "stress"),
    refused("fill-1000", CAUSAL, "stress"),
    refused("scale-3-percent-off", BF16, "reference|stress"),
    refused("scale-of-width-64", CAUSAL, "lengths|odd-heads|reference"),
    refused("scale-of-padded-width", CAUSAL, "lengths|odd-heads|reference"),
    refused("adds-key-position", FULL, "key-order|reference"),
)
MASKS = (
    refused("mask-top-left", FEW_QUERIES, "reference|causality"),
    refused("causal-one-later", CAUSAL, "causality"),
    refused("causal-not-itself", CAUSAL, "reference|ones|repeat"),
    refused("window-one-longer", WINDOW, "window"),
    refused("window-one-shorter", WINDOW, "reference"),
    refused("prefix-one-longer", PREFIX, "prefix"),
    refused("prefix-one-shorter", PREFIX, "reference"),
    refused("alibi-from-head-0", ALIBI, "reference"),
    refused("alibi-by-one-formula", ALIBI, ROWS),
    refused("rope-interleaved", ROPE, "reference"),
    refused("rope-off-by-one-late", ROPE, "reference"),
    refused("heads-tiled", GROUPED, "reference"),
    refused("padding-baked-in", PADDING, "reference|padding"),
    refused("padding-rounded", PADDING, "reference|padding"),
)
PRECISION = (
    refused("int8-q-and-k", CAUSAL, "reference"),
    refused("int8-q-k-v", BF16, "reference"),
    refused("int8-v", CAUSAL, "reference|ones"),
    refused("fp8-q-k-v", BF16, "reference"),
    refused("tf32-inside", CAUSAL, "reference"),
    refused("bf16-inside", CAUSAL, "reference|ones"),
    refused("f16-inside", CAUSAL, "reference|ones"),
    refused("bf16-weights", CAUSAL, "reference|ones"),
    refused("bf16-sums", BF16, "reference|ones|stress"),
    refused("tires-after-20-calls", CAUSAL, f"{TIMED}|reference"),
)
SIZES = (
    *(refused(f"keys-beyond-{block}", CAUSAL, f"{ROWS}|ones|causality") for block in (16, 32, 64, 128)),
    refused("queries-beyond-64", CAUSAL, f"{ROWS}|ones"),
    refused("later-items", CAUSAL, "reference|batch|ones"),
    refused("batch-of-one", GROUPED, "batch|lengths|reference"),
    refused("odd-heads", CAUSAL, f"{ROWS}|odd-heads"),
    refused("width-beyond-16", CAUSAL, f"{ROWS}|odd-heads|ones"),
    refused("width-beyond-4", CAUSAL, "odd-heads|lengths"),
    refused("wider-than-64", CAUSAL, "lengths|layouts"),
    refused("single-key", CAUSAL, "length-one"),
    refused("shorter-than-100", CAUSAL, "lengths|layouts"),
    refused("middle-block", BF16, "reference"),
    refused("middle-of-8192", LONG, "reference"),
    refused("more-queries-than-keys", CAUSAL, "empty-rows"),
)
LAYOUTS = (
    refused("assumes-contiguous", CAUSAL, "strided|layouts"),
    refused("strides-of-q", CAUSAL, "layouts|strided"),
    refused("no-offset", CAUSAL, "layouts|strided"),
    refused("dense-rows", CAUSAL, "layouts|strided"),
)
DROPOUTS = (
    *(
        refused(f"dropout-{fault}", DROPOUT, "dropout-masks")
        for fault in ("shared-by-items", "shared-by-heads", "shared-by-queries", "shared-by-keys", "of-16-keys")
    ),
    refused("dropout-one-seed", DROPOUT, "dropout-masks|dropout"),
    refused("dropout-four-seeds", DROPOUT, "dropout-masks|dropout"),
    refused("dropout-unscaled", DROPOUT, "dropout-masks|dropout"),
    refused("dropout-2-percent-off", DROPOUT, "dropout-masks"),
    refused("dropout-none", DROPOUT, "dropout-masks|dropout"),
)
BACKWARD = (
    refused("backward-keys-beyond-64", GRADIENTS, ROWS),
    refused("backward-spoils-upstream", GRADIENTS, "inputs"),
    refused("backward-q-unscaled", GRADIENTS, "reference"),
    refused("backward-in-bf16", GRADIENTS, "reference"),
    refused("backward-no-delta", GRADIENTS, "reference"),
    refused("backward-first-of-group", GROUPED_GRADIENTS, "reference"),
    refused("backward-mean-of-group", GROUPED_GRADIENTS, "reference"),
    refused("backward-dense-upstream", GRADIENTS, "strided|layouts"),
)
DECODING = (
    refused("decode-keeps-old-cache", DECODE, "repeat|afresh|reference|stress"),
    refused("decode-moves-on", DECODE, "stays"),
    refused("decode-rope-from-zero", DECODE_ROPE, "reference"),
    refused("decode-int8-cache", DECODE, "reference"),
    refused("decode-whole-pages", DECODE, ROWS),
    refused("decode-remembers", DECODE, "stays"),
)
EVERYWHERE = "right right-reciprocal right-log-softmax right-float64-softmax right-prescaled-q right-float64-inside"
FLASH = "right-flash right-merged-splits"
KERNELS = f"{FLASH} right-cached-mask right-scratch-per-call right-keys-first right-head-by-head right-torch"
RIGHT = (
    *accepted(CAUSAL, f"{EVERYWHERE} {KERNELS} right-single-key"),
    *accepted(BF16, f"right right-prescaled-q right-float64-inside right-keys-first right-torch {FLASH}"),
    *accepted(F16, f"right {FLASH} right-float64-inside"),
    *accepted(FULL, f"right right-cached-mask right-torch {FLASH}"),
    *accepted(WINDOW, f"right {FLASH}"),
    *accepted(PREFIX, "right"),
    *accepted(GROUPED, f"right {FLASH}"),
    *accepted(FEW_QUERIES, f"right {FLASH}"),
    *accepted(ALIBI, "right right-float64-inside"),
    *accepted(ROPE, "right right-prescaled-q"),
    *accepted(PADDING, "right right-log-softmax"),
    *accepted(DROPOUT, "right right-own-dropout"),
    *accepted(GRADIENTS, "right right-flash right-backward-by-hand"),
    *accepted(GROUPED_GRADIENTS, "right right-flash right-backward-by-hand"),
    *accepted(DECODE, "right-decoder"),
    *accepted(DECODE_ROPE, "right-decoder"),
    *accepted(LONG, "right-torch"),
)
KINDS = {
    "Replays, clocks, judges, claims": CHEATS,
    "Scores and softmax": SCORES,
    "Masks, heads and positions": MASKS,
    "Precision": PRECISION,
    "Sizes": SIZES,
    "Layouts": LAYOUTS,
    "Dropout": DROPOUTS,
    "Gradients": BACKWARD,
    "Decoding": DECODING,
    "Right": RIGHT,
}
CASES = tuple(case for cases in KINDS.values() for case in cases)
