"""Compiled attention and FlexAttention: the gate, what they refuse, memory, and what compiling leaves behind."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import cast

import psutil
import pytest
import torch

import assay
from assay.attention.calls import Candidate, Run, checked
from assay.attention.companions import check_kind
from assay.attention.inputs import make_inputs, make_weights
from assay.attention.oracle import verify
from assay.attention.passes import mode
from assay.measure.memory import held_torch_bytes, peak_torch_bytes
from assay.measure.torch_ops import dispatched
from assay_attention.compiled import compile_step
from assay_attention.compiling import toolchain

COMPILED = ("flex", "naive-compiled")
FULL = bool(os.environ.get("ASSAY_FULL"))
MIB = 1 << 20
GRID = (
    "core/fwd/full/b2.h3.s5.d3/f32/cpu.t1",
    "core/fwd/full/b1.h4.s140:150.d8/f32/cpu.t1",
    "core/fwd/full+alibi/b1.h3.s20:31.d8/f32/cpu.t1",
    "core/fwd/full/b1.h2.s7.d64:5/bf16/cpu.t1",
    "core/fwd/causal/b1.h1.s1.d1/f32/cpu.t1",
    "core/fwd/causal/b2.h3.s5.d3:7/f32/cpu.t1",
    "core/fwd/causal/b1.h2.s300.d64/f32/cpu.t1",
    "core/fwd/causal/b1.h2.s1:130.d16/f32/cpu.t1",
    "core/fwd/causal/b1.h2.s130:7.d16/f32/cpu.t1",
    "core/fwd/causal/b1.h8:2.s140.d64/bf16/cpu.t1",
    "core/fwd/causal+alibi/b1.h8:2.s140.d64/f16/cpu.t1",
    "core/fwd/window33/b2.h4:2.s200.d7/f32/cpu.t1",
    "core/fwd/window1/b1.h4:1.s129.d8/f32/cpu.t1",
    "core/fwd/window33+alibi/b1.h4.s20:200.d7/f32/cpu.t1",
    "core/fwd/prefix33/b1.h4.s200.d7/f32/cpu.t1",
    "core/fwd/prefix150/b1.h4.s20:130.d7/f32/cpu.t1",
)
REFUSED = {
    "core/fwd/padding/b2.h2.s9.d8/f32/cpu.t1": "mask padding",
    "core/fwd/causal+rope/b1.h2.s9.d8/f32/cpu.t1": "bias rope",
    "core/fwd/causal+dropout0.1/b1.h2.s9.d8/f32/cpu.t1": "dropout",
    "core/fwd/linear+causal/b1.h2.s9.d8/f32/cpu.t1": "kind linear",
    "core/fwd/weightless/b1.h1.s9.d8/f32/cpu.t1": "kind weightless",
    "core/bwd/causal/b1.h2.s9.d8/f32/cpu.t1": "phase bwd",
    "core/fwd_bwd/full/b1.h2.s9.d8/f32/cpu.t1": "phase fwd_bwd",
    "module/fwd/causal/b1.h2.s9.d8.m16/f32/cpu.t1": "level module",
    "decode/fwd/causal/b1.h2.s1:9.d8.m16/f32/cpu.t1": "level decode",
}


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def host() -> assay.Host:
    return assay.discover()


def ready(host: assay.Host, name: str) -> assay.AttentionPlugin:
    plugin = host.one(assay.AttentionPlugin, name)
    if (missing := host.missing(plugin)) is not None:
        pytest.skip(f"{name} {missing.what}")
    return plugin


def gate(host: assay.Host, name: str, workload_id: str) -> Run:
    plugin, workload = ready(host, name), assay.Workload.parse(workload_id)
    assert plugin.unsupported(workload) is None
    found = verify(checked(plugin.build), workload, make_weights(workload), partial(make_inputs, workload, None))
    assert found.error < float("inf")
    return found.run


@pytest.mark.long
@pytest.mark.parametrize("workload_id", GRID)
def test_flex_eager_passes_the_gate(host: assay.Host, workload_id: str) -> None:
    gate(host, "flex-eager", workload_id)


@pytest.mark.long
def test_flex_eager_has_the_properties(host: assay.Host) -> None:
    workload = assay.Workload.parse("core/fwd/causal/b2.h4:2.s150.d16/f32/cpu.t1")
    held = check_kind(Candidate.of(host.one(assay.AttentionPlugin, "flex-eager")), workload)
    assert {"repeat", "unseen", "ones", "strided", "length-one", "odd-heads", "batch", "empty-rows"} <= set(held)


@pytest.mark.full
@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "workload_id"),
    [
        ("flex", "core/fwd/window33+alibi/b2.h4:2.s20:200.d7/f32/cpu.t1"),
        ("naive-compiled", "core/fwd_bwd/window7+rope/b1.h2.s14.d8/f32/cpu.t1"),
        ("flex", "core/fwd/causal/b1.h2.s300.d64/f32/cpu.t1"),
        ("naive-compiled", "core/fwd/causal/b1.h4:2.s140.d8/f32/cpu.t1"),
    ][: None if FULL else 2],
)
def test_compiled_passes_the_gate_and_leaves_no_process(host: assay.Host, name: str, workload_id: str) -> None:
    before = set(psutil.Process().children(recursive=True))  # other tests of this process may have left some
    gate(host, name, workload_id)
    assert set(psutil.Process().children(recursive=True)) <= before


@pytest.mark.long
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device on this machine")
@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize(
    "workload_id",
    [
        "core/fwd/causal/b2.h4:2.s300.d64/bf16/cuda.t1",
        "core/fwd/window33+alibi/b1.h4.s20:200.d32/f32/cuda.t1",
        "core/fwd_bwd/causal/b1.h2.s200.d64/bf16/cuda.t1",
        "core/bwd/full/b1.h2.s130.d16/f32/cuda.t1",
    ],
)
def test_compiled_for_a_gpu_passes_the_gate_and_leaves_no_process(
    host: assay.Host, name: str, workload_id: str
) -> None:
    before = set(psutil.Process().children(recursive=True))  # other tests of this process may have left some
    gate(host, name, workload_id)
    assert set(psutil.Process().children(recursive=True)) <= before


@pytest.mark.parametrize(("workload_id", "what"), REFUSED.items(), ids=REFUSED)
@pytest.mark.parametrize("name", ["flex", "flex-eager"])
def test_flex_refuses_what_it_does_not_know(host: assay.Host, name: str, workload_id: str, what: str) -> None:
    reason = host.one(assay.AttentionPlugin, name).unsupported(assay.Workload.parse(workload_id))
    assert reason is not None
    assert what in reason


def test_flex_has_gradients_on_a_gpu_only(host: assay.Host) -> None:
    there = assay.Workload.parse("core/bwd/causal/b1.h2.s9.d16/f32/cuda.t1")
    assert host.one(assay.AttentionPlugin, "flex").unsupported(there) is None


def test_flex_takes_no_narrow_heads_on_a_gpu(host: assay.Host) -> None:
    flex, eager = (host.one(assay.AttentionPlugin, name) for name in ("flex", "flex-eager"))
    for shape in ("d15", "d64:8", "d8:64"):
        there = assay.Workload.parse(f"core/fwd/causal/b1.h2.s9.{shape}/bf16/cuda.t1")
        assert "only from 16 on" in str(flex.unsupported(there))
        assert eager.unsupported(there) is None
        assert flex.unsupported(replace(there, device="cpu")) is None


def test_what_is_compiled_says_so(host: assay.Host) -> None:
    assert {p.name for p in host.every(assay.AttentionPlugin) if p.compiles} == {*COMPILED, "fla-linear"}


class TestCompileStep:
    """Compiling, tried on a sine, which is compiled in no time."""

    @pytest.mark.long
    @pytest.mark.skipif(toolchain() is not None, reason="nothing to compile with")
    def test_more_shapes_than_torch_would_compile(self) -> None:
        with torch._dynamo.config.patch(recompile_limit=2):
            for size in (2, 3, 4, 5):
                step = compile_step(torch.sin)
                x = torch.linspace(0, 1, size)
                torch.testing.assert_close(step(x), x.sin())
                assert dispatched(partial(step, x)) == ("Torch-Compiled Region",)

    @pytest.mark.long
    def test_a_step_that_cannot_be_one_graph_is_refused(self) -> None:
        def breaks(x: torch.Tensor) -> torch.Tensor:
            return x.sin() if x.sum().item() > 0 else x.cos()

        with pytest.raises(Exception, match=r"[Dd]ata-dependent"):
            compile_step(breaks)(torch.ones(3))


class TestToolchain:
    def test_nothing_is_missing_where_the_tests_of_compiled_steps_run(self) -> None:
        compiler = os.environ.get("CXX", {"darwin": "clang++"}.get(sys.platform, "g++"))
        assert (toolchain() is None) or shutil.which(compiler) is None

    def test_no_compiler(self, monkeypatch: pytest.MonkeyPatch, host: assay.Host) -> None:
        monkeypatch.delenv("CXX", raising=False)
        monkeypatch.setenv("PATH", "")
        for name in COMPILED:
            missing = host.missing(host.one(assay.AttentionPlugin, name))
            assert missing is not None
            assert "needs a C++ compiler" in missing.what
            assert "CXX" in missing.remedy
        assert host.missing(host.one(assay.AttentionPlugin, "flex-eager")) is None

    def test_a_compiler_that_is_named_and_is_not_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CXX", "no-such-compiler")
        missing = toolchain()
        assert missing is not None
        assert "no-such-compiler" in missing.what


class TestMemory:
    def hold(self, host: assay.Host, name: str, workload: assay.Workload) -> None:
        plugin = ready(host, name)
        with mode(workload):
            step, held = held_torch_bytes(lambda: plugin.build(workload, None))
            call = partial(step, *make_inputs(workload, None, 0).tensors)
            call()
            measured = held + peak_torch_bytes(call)
        assert plugin.peak_bytes is not None
        predicted = plugin.peak_bytes(workload)
        assert predicted is not None
        assert abs(predicted - measured) <= 0.001 * measured + 1024  # better than the 10 % + 1 MiB that are asked for

    @pytest.mark.long
    @pytest.mark.parametrize("semantics", ["causal", "full"])
    @pytest.mark.parametrize(
        "shape", ["b1.h1.s128.d64", "b1.h12.s256.d64", "b2.h4:2.s64:512.d64:32", "b1.h2.s1024.d64"]
    )
    def test_flex_eager(self, host: assay.Host, semantics: str, shape: str) -> None:
        self.hold(host, "flex-eager", assay.Workload.parse(f"core/fwd/{semantics}/{shape}/f32/cpu.t1"))

    @pytest.mark.full
    @pytest.mark.long
    @pytest.mark.parametrize(
        ("name", "workload_id"),
        [
            ("flex", "core/fwd/full/b2.h4:2.s256.d64:32/f32/cpu.t1"),
            ("naive-compiled", "core/fwd/causal/b1.h12.s512.d64/f32/cpu.t1"),
            ("flex", "core/fwd/causal/b1.h12.s512.d64/f32/cpu.t1"),
            ("naive-compiled", "core/fwd/full/b1.h12.s256.d64/f32/cpu.t1"),
        ][: None if FULL else 2],
    )
    def test_compiled(self, host: assay.Host, name: str, workload_id: str) -> None:
        self.hold(host, name, assay.Workload.parse(workload_id))

    @pytest.mark.parametrize("name", ["flex-eager", "flex"])
    def test_other_devices_are_unknown(self, host: assay.Host, name: str) -> None:
        workload = assay.Workload.parse("core/fwd/causal/b1.h2.s64.d8/f32/cuda.t1")
        predict = host.one(assay.AttentionPlugin, name).peak_bytes
        assert predict is not None
        assert predict(replace(workload, device="cpu")) is not None
        assert predict(workload) is None


PACKAGES = {"flash-attn": "flash_attn", "xformers": "xformers", "fla-linear": "fla"}
FITTING = {
    "flash-attn": "core/fwd/causal+alibi/b2.h4:2.s70:130.d64/bf16/cuda.t1",
    "xformers": "core/fwd/window33/b2.h4.s130.d64/bf16/cuda.t1",
    "fla-linear": "core/fwd/linear+causal/b2.h4.s130.d64/bf16/cuda.t1",
}


@pytest.mark.parametrize(("name", "module"), PACKAGES.items(), ids=PACKAGES)
class TestPackagesThatOneMayHave:
    def test_absent_it_is_listed_with_a_remedy(self, host: assay.Host, name: str, module: str) -> None:
        if importlib.util.find_spec(module) is not None:
            pytest.skip(f"{module} is installed")
        missing = host.missing(host.one(assay.AttentionPlugin, name))
        assert missing is not None
        assert "is not installed" in missing.what
        assert missing.remedy.startswith("pip install ")

    def test_a_gpu_is_asked_for(self, host: assay.Host, name: str, module: str) -> None:
        plugin, workload = host.one(assay.AttentionPlugin, name), assay.Workload.parse(FITTING[name])
        assert plugin.unsupported(workload) is None
        assert (plugin.unsupported(replace(workload, d_qk=7, d_v=7)) is None) == (name != "xformers")
        assert plugin.unsupported(replace(workload, device="cpu")) == "device cpu is not offered, only cuda"
        assert "f32" in str(plugin.unsupported(replace(workload, dtype="f32")))

    def test_it_passes_the_gate(self, host: assay.Host, name: str, module: str) -> None:
        if not torch.cuda.is_available() or importlib.util.find_spec(module) is None:
            pytest.skip(f"needs a CUDA device and {module}")
        gate(host, name, FITTING[name])


def test_an_xformers_made_for_another_torch_is_unavailable(host: assay.Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where its extension cannot be loaded it imports with a warning, and refuses every call."""

    def refuse(*inputs: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError("No operator found for `memory_efficient_attention_forward` with inputs: ...")

    names = ("AttentionBias", "LowerTriangularFromBottomRightMask")
    modules: dict[str, dict[str, object]] = {
        "xformers": {},
        "xformers.ops": {"memory_efficient_attention": refuse},
        "xformers.ops.fmha": {},
        "xformers.ops.fmha.attn_bias": dict.fromkeys(names, object),
    }
    for name, attributes in modules.items():
        monkeypatch.setitem(sys.modules, name, cast("ModuleType", SimpleNamespace(**attributes)))
    monkeypatch.delitem(sys.modules, "assay_attention.xformers_attention", raising=False)
    workload = replace(assay.Workload.parse(FITTING["xformers"]), device="cpu")
    try:
        with pytest.raises(assay.Unavailable, match=r"xformers has no kernel for torch 2"):
            host.one(assay.AttentionPlugin, "xformers").build(workload, None)
    finally:
        del sys.modules["assay_attention.xformers_attention"]
