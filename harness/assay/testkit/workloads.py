"""Small workloads of every sort, for attention plugins to be tried on."""

from __future__ import annotations

from dataclasses import replace

from assay.records.workload import Workload

# level / phase / semantics / shape
SMALL = (
    "core/fwd/weightless/b2.h1.s40.d16",
    "core/fwd/weightless+causal/b2.h1.s40.d16",
    "core/fwd/full/b2.h2.s40.d16",
    "core/fwd/causal/b2.h2.s40.d16",
    "core/fwd/causal/b2.h4:2.s40.d16",
    "core/fwd/causal/b1.h2.s24:40.d16",
    "core/fwd/causal/b1.h2.s40.d16:8",
    "core/fwd/window8/b2.h2.s40.d16",
    "core/fwd/prefix8/b2.h2.s40.d16",
    "core/fwd/padding/b3.h2.s40.d16",
    "core/fwd/causal+alibi/b1.h2.s40.d16",
    "core/fwd/causal+rope/b1.h2.s40.d16",
    "core/fwd/linear/b2.h2.s40.d16",
    "core/fwd/linear+causal/b2.h2.s40.d16",
    "core/fwd/full+dropout0.2/b4.h2.s16.d8",
    "core/fwd_bwd/full/b1.h2.s40.d16",
    "core/fwd_bwd/causal/b1.h2.s40.d16",
    "core/fwd_bwd/window8/b1.h2.s40.d16",
    "core/fwd_bwd/linear+causal/b1.h2.s40.d16",
    "qkv/fwd/full/b2.h1.s24.d16.m16",
    "qkv/fwd/causal/b2.h1.s24.d16.m16",
    "qkv/fwd/causal/b2.h2.s24.d8.m16",
    "qkv/fwd/causal+dropout0.2/b4.h2.s16.d8.m16",
    "module/fwd/full/b2.h2.s24.d8.m16",
    "module/fwd/causal/b2.h2.s24.d8.m16",
    "decode/fwd/causal/b2.h2.s1:24.d8.m16",
    "decode/fwd/causal/b1.h4:2.s3:24.d8.m32",
)
# More positions than usual blocks and tables have, and no multiple of 16. Outputs and gradients alone are compared.
LONG = (
    "core/fwd/weightless/b1.h1.s1051.d16",
    "core/fwd/weightless+causal/b1.h1.s1051.d16",
    "core/fwd/full/b1.h1.s1051.d16",
    "core/fwd/causal/b1.h1.s1051.d16",
    "core/fwd/causal/b1.h2:1.s1051.d16",
    "core/fwd/causal/b1.h1.s37:1051.d16",
    "core/fwd/causal/b1.h1.s1051.d16:8",
    "core/fwd/window8/b1.h1.s1051.d16",
    "core/fwd/window301/b1.h1.s1051.d16",
    "core/fwd/prefix301/b1.h1.s1051.d16",
    "core/fwd/padding/b2.h1.s1531.d16",
    "core/fwd/causal+alibi/b1.h2.s1051.d16",
    "core/fwd/causal+rope/b1.h1.s1051.d16",
    "core/fwd/linear/b1.h1.s1051.d16",
    "core/fwd/linear+causal/b1.h1.s1051.d16",
    "core/fwd_bwd/full/b1.h1.s1051.d16",
    "core/fwd_bwd/causal/b1.h1.s1051.d16",
    "core/fwd_bwd/window301/b1.h1.s1051.d16",
    "core/fwd_bwd/linear+causal/b1.h1.s1051.d16",
    "qkv/fwd/full/b1.h1.s1051.d16.m16",
    "qkv/fwd/causal/b1.h1.s1051.d16.m16",
    "module/fwd/full/b1.h1.s1051.d16.m16",
    "module/fwd/causal/b1.h1.s1051.d16.m16",
    "decode/fwd/causal/b2.h2.s1:1051.d8.m16",
    "decode/fwd/causal/b1.h4:2.s3:1051.d8.m32",
)
# As many, large enough that a tenth of what they allocate is more than a mebibyte of slack can hide.
LARGE = (
    "core/fwd/weightless/b2.h1.s1024.d64",
    "core/fwd/full/b1.h8.s512.d64",
    "core/fwd/causal/b1.h8.s512.d64",
    "core/fwd/causal/b2.h8:2.s512.d64",
    "core/fwd/window64/b1.h8.s1024.d64",
    "core/fwd/padding/b4.h4.s512.d64",
    "core/fwd/linear+causal/b1.h8.s1024.d64",
    "core/fwd_bwd/causal/b1.h4.s512.d64",
    "qkv/fwd/causal/b4.h8.s512.d32.m256",
    "module/fwd/causal/b4.h8.s512.d32.m256",
    "decode/fwd/causal/b8.h8.s1:1024.d64.m512",
)
DTYPES = ("f32", "bf16", "f16")
HALF = (
    "core/fwd/full/b2.h2.s40.d16",
    "core/fwd/causal/b2.h2.s40.d16",
    "core/fwd/linear+causal/b2.h2.s40.d16",
    "module/fwd/causal/b2.h2.s24.d8.m16",
)


def small(device: str = "cpu") -> tuple[Workload, ...]:
    """Return the workloads on which an attention is verified, a few of them in half precision too."""
    plain = [_read(text, "f32", device) for text in SMALL]
    return (*plain, *(_read(text, dtype, device) for text in HALF for dtype in DTYPES[1:]))


def long(device: str = "cpu") -> tuple[Workload, ...]:
    """Return the workloads of many positions, on which an attention is compared with float64 alone."""
    return tuple(_read(text, "f32", device) for text in LONG)


def large(device: str = "cpu") -> tuple[Workload, ...]:
    """Return the workloads on which predicted memory is compared with what is allocated."""
    return tuple(_read(text, "f32", device) for text in LARGE)


def _read(text: str, dtype: str, device: str) -> Workload:
    read = Workload.parse(f"{text}/{dtype}/cpu.t1")
    return replace(read, device=device)
