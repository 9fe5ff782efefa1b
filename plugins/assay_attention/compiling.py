"""Announces what is compiled before it runs, and FlexAttention, which can be."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path

import assay
from assay_attention import algorithms, compiled_cost, cost
from assay_attention.announcing import CORE, plugin

FLEX_CUDA = replace(CORE, masks=("none", "causal", "window", "prefix"), biases=("none", "alibi"))
FLEX = replace(FLEX_CUDA, phases=("fwd",))
NARROWEST = 16
USUAL_COMPILERS = {"win32": "cl", "darwin": "clang++"}


def flex(workload: assay.Workload) -> str | None:
    """Limits of FlexAttention, which has no gradient on a CPU."""
    return (FLEX if workload.device == "cpu" else FLEX_CUDA)(workload)


def flex_compiled(workload: assay.Workload) -> str | None:
    """Limits of its kernel on a GPU besides: what multiplies matrices there takes no narrower ones."""
    narrow = min(workload.d_qk, workload.d_v)
    if workload.device != "cpu" and narrow < NARROWEST:
        return f"head width {narrow} is not offered on a GPU, only from {NARROWEST} on"
    return flex(workload)


def toolchain() -> assay.Missing | None:
    """Return what torch.compile lacks here: the C++ compiler that it would call, or the headers of Python."""
    compiler = os.environ.get("CXX") or USUAL_COMPILERS.get(sys.platform, "g++")
    if shutil.which(compiler) is None:
        return assay.Missing(f"needs a C++ compiler, and there is no {compiler}", "install one, or name it in CXX")
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        return assay.Missing("needs the headers of Python, and there is no Python.h", "install python3-dev")
    return None


PLUGINS = (
    plugin(
        "flex-eager",
        "PyTorch's FlexAttention, not compiled",
        "flex:build_eager",
        flex,
        peak_bytes=compiled_cost.flex_eager_bytes,
        flop=cost.square_flop,
    ),
    plugin(
        "flex",
        "PyTorch's FlexAttention, compiled",
        "flex:build_compiled",
        flex_compiled,
        peak_bytes=compiled_cost.flex_bytes,
        missing=toolchain,
        compiles=True,
    ),
    plugin(
        "naive-compiled",
        "the naive softmax(q kᵀ) v, compiled",
        "compiled:naive",
        algorithms.NAIVE,
        peak_bytes=compiled_cost.naive_compiled_bytes,
        empty_rows="nan",
        missing=toolchain,
        compiles=True,
    ),
)
