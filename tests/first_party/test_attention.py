"""The attention implementations: the tutorial's numbers, the gate on many workloads, and one another."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations

import pytest
import torch
from torch import Tensor

import assay
from assay.attention.calls import checked
from assay.attention.inputs import EmbeddedText, Inputs, make_inputs, make_weights
from assay.attention.oracle import verify
from assay.execute.suites import SUITES

NAMES = ("weightless", "self-attention", "causal", "multi-head-stack", "multi-head-split", "sdpa", "nn-mha")
TUTORIAL = next(suite for suite in SUITES if suite.name == "tutorial")  # larger suites are for longer runs
CAUSAL = assay.Semantics(mask="causal")
WEIGHTLESS = assay.Semantics(kind="weightless")

# The tutorial's input, seven tokens of width five, and the first rows that it prints.
X = """
-1.3097 -0.2521 -0.3730  0.1809  0.2388
-0.4120  0.2998 -1.0139  0.3835  0.9702
-0.9049  0.5816 -0.7129 -1.1269  1.7399
-0.0759 -0.7884 -0.6603 -0.4297 -1.2277
 1.2722  1.0661  0.7959  0.7088 -0.1230
 0.1089 -0.6882  0.6953  0.5249 -0.3855
-0.2718 -2.1963  0.2301 -0.0101  1.0587
"""
FIRST_WEIGHTS = [0.36912, 0.15550, 0.22576, 0.058963, 0.0058738, 0.039562, 0.14523]
FIRST_CONTEXT = [-0.78395, -0.30156, -0.42960, -0.12986, 0.69722]


def _own_workloads() -> Sequence[assay.Workload]:
    make = assay.Workload.self_attention
    odd = {"batch": 3, "q_len": 5, "kv_len": 5, "q_heads": 3, "kv_heads": 3, "d_qk": 3, "d_v": 7, "d_model": 11}
    return [
        make("core", batch=1, length=1, d_model=1, semantics=WEIGHTLESS),
        make("core", batch=3, length=9, d_model=3, semantics=WEIGHTLESS),
        make("core", batch=1, length=1, d_model=4),
        make("core", batch=2, length=7, d_model=15, heads=3, semantics=CAUSAL),
        make("qkv", batch=1, length=1, d_model=1),
        make("qkv", batch=1, length=1, d_model=6, heads=2, semantics=CAUSAL),
        make("qkv", batch=1, length=13, d_model=7),
        make("qkv", batch=1, length=13, d_model=7, semantics=CAUSAL),
        make("module", batch=1, length=1, d_model=3),
        make("module", batch=2, length=3, d_model=5, semantics=CAUSAL),
        make("module", batch=2, length=11, d_model=35, heads=5),
        make("module", batch=2, length=11, d_model=35, heads=5, semantics=CAUSAL),
        *(assay.Workload(level=level, semantics=CAUSAL, **odd) for level in ("core", "qkv", "module")),
        make("qkv", batch=4, length=6, d_model=8, semantics=assay.Semantics(mask="causal", dropout=0.5)),
        make("qkv", batch=4, length=6, d_model=8, heads=2, semantics=assay.Semantics(mask="causal", dropout=0.5)),
        make("module", batch=4, length=6, d_model=8, heads=2, semantics=assay.Semantics(mask="causal", dropout=0.2)),
        make("module", batch=4, length=6, d_model=8, semantics=assay.Semantics(dropout=0.2)),
        make("core", batch=4, length=6, d_model=8, heads=2, semantics=assay.Semantics(dropout=0.9)),
        replace(make("core", batch=2, length=7, d_model=5, semantics=WEIGHTLESS), dtype="bf16"),
        replace(make("qkv", batch=2, length=7, d_model=8), dtype="bf16"),
        replace(make("qkv", batch=2, length=7, d_model=8, semantics=CAUSAL), dtype="bf16"),
        replace(make("module", batch=2, length=7, d_model=12, heads=3, semantics=CAUSAL), dtype="bf16"),
        replace(make("module", batch=2, length=7, d_model=12, heads=3, semantics=CAUSAL), dtype="f16"),
    ]


WORKLOADS = {workload.id: workload for workload in [*TUTORIAL.workloads, *_own_workloads()]}


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """As the workloads ask; on a busy machine several threads only wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def host() -> assay.Host:
    return assay.discover()


@pytest.fixture(scope="module")
def text(host: assay.Host) -> EmbeddedText:
    (document,) = host.one(assay.CorpusPlugin, "the-verdict").documents()
    gpt2 = host.one(assay.TokenizerPlugin, "gpt2").build("")
    return EmbeddedText(gpt2.encode(document.text), gpt2.vocab_size)


def offered(host: assay.Host, workload: assay.Workload) -> list[assay.AttentionPlugin]:
    plugins = host.every(assay.AttentionPlugin)
    return [one for one in plugins if not one.compiles and one.unsupported(workload) is None and not host.missing(one)]


def inputs_of(workload: assay.Workload, text: EmbeddedText, trial: int = 0) -> Inputs:
    return make_inputs(workload, text if workload.source else None, trial)


def test_the_seven_are_announced(host: assay.Host) -> None:
    ours = [plugin.name for plugin in host.every(assay.AttentionPlugin) if "torch" in plugin.requires[0]]
    assert set(NAMES) <= set(ours)


class TestWeightless:
    @pytest.fixture
    def x(self) -> Tensor:
        return torch.tensor([[float(figure) for figure in row.split()] for row in X.strip().splitlines()])

    def test_the_tutorials_context(self, host: assay.Host, x: Tensor) -> None:
        workload = assay.Workload.self_attention("core", batch=1, length=7, d_model=5, semantics=WEIGHTLESS)
        step = host.one(assay.AttentionPlugin, "weightless").build(workload, None)
        q = x.reshape(1, 1, 7, 5)
        context = step(q, q, q)[0, 0]
        assert context.shape == (7, 5)
        assert context[0].tolist() == pytest.approx(FIRST_CONTEXT, abs=1e-4)

    def test_the_tutorials_weights(self, host: assay.Host, x: Tensor) -> None:
        # The step gives weights @ x; seven independent columns make it give up the weights.
        wide = torch.cat([x, 1e-4 * torch.eye(7)], dim=1).double()
        workload = assay.Workload.self_attention("core", batch=1, length=7, d_model=12, semantics=WEIGHTLESS)
        step = host.one(assay.AttentionPlugin, "weightless").build(workload, None)
        q = wide.reshape(1, 1, 7, 12)
        weights = step(q, q, q)[0, 0, :, 5:] / 1e-4
        assert weights[0].tolist() == pytest.approx(FIRST_WEIGHTS, abs=1e-4)
        assert weights.sum(dim=-1).tolist() == pytest.approx([1.0] * 7)


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS)
class TestEveryWorkload:
    @pytest.mark.long
    @pytest.mark.parametrize("name", NAMES)
    def test_the_gate_passes_or_the_plugin_declines(
        self, host: assay.Host, text: EmbeddedText, name: str, workload: assay.Workload
    ) -> None:
        plugin = host.one(assay.AttentionPlugin, name)
        reason = plugin.unsupported(workload)
        if reason is None:
            weights = make_weights(workload)
            verified = verify(checked(plugin.build), workload, weights, partial(inputs_of, workload, text))
            assert 0.0 <= verified.error < float("inf")
        else:
            assert "offered" in reason or "heads" in reason

    @pytest.mark.long
    def test_all_that_offer_it_agree(self, host: assay.Host, text: EmbeddedText, workload: assay.Workload) -> None:
        exact = replace(workload, semantics=replace(workload.semantics, dropout=0.0))
        plugins = offered(host, workload)
        assert plugins
        with torch.inference_mode():
            weights, tensors = make_weights(exact), inputs_of(workload, text).tensors
            outputs = [plugin.build(exact, weights)(*tensors) for plugin in plugins]
        close = {"f32": 1e-4, "bf16": 5e-2, "f16": 1e-2}[workload.dtype]
        for one, other in combinations(outputs, 2):
            torch.testing.assert_close(one, other, rtol=close, atol=close)


class TestWhoOffersWhat:
    def test_every_implementation_has_work_in_the_tutorial(self, host: assay.Host) -> None:
        assert {plugin.name for workload in TUTORIAL.workloads for plugin in offered(host, workload)} >= set(NAMES)

    @pytest.mark.parametrize(
        ("name", "change"),
        [
            ("weightless", {"dropout": 0.1}),
            ("self-attention", {"dropout": 0.1}),
            ("self-attention", {"mask": "causal"}),
            ("causal", {"mask": "none"}),
            ("multi-head-stack", {"mask": "none"}),
            ("multi-head-split", {"kind": "weightless"}),
            ("nn-mha", {"kind": "weightless"}),
        ],
    )
    def test_other_semantics_are_declined_with_a_reason(
        self, host: assay.Host, name: str, change: dict[str, object]
    ) -> None:
        plugin = host.one(assay.AttentionPlugin, name)
        fitting = next(w for w in WORKLOADS.values() if not w.semantics.dropout and plugin.unsupported(w) is None)
        changed = replace(fitting, semantics=replace(fitting.semantics, **change))
        assert "is not offered" in str(plugin.unsupported(changed))

    @pytest.mark.parametrize("name", sorted(set(NAMES) - {"sdpa", "weightless"}))
    def test_grouped_heads_are_declined(self, host: assay.Host, name: str) -> None:
        plugin = host.one(assay.AttentionPlugin, name)
        fitting = next(w for w in WORKLOADS.values() if plugin.unsupported(w) is None)
        grouped = replace(fitting, q_heads=4, kv_heads=2, d_qk=2, d_v=2, d_model=8)
        assert plugin.unsupported(grouped)

    @pytest.mark.parametrize("name", ["causal", "self-attention"])
    def test_one_head_does_not_do_two(self, host: assay.Host, name: str) -> None:
        plugin = host.one(assay.AttentionPlugin, name)
        fitting = next(w for w in WORKLOADS.values() if w.d_model == 256 and plugin.unsupported(w) is None)
        two = replace(fitting, q_heads=2, kv_heads=2, d_qk=128, d_v=128)
        assert plugin.unsupported(two) == "2 heads are more than 1"

    def test_answering_imports_no_torch(self) -> None:
        script = (
            "import sys, assay\n"
            "from assay.execute.suites import SUITES\n"
            "plugins = assay.discover().every(assay.AttentionPlugin)\n"
            "answers = [plugin.unsupported(w) for plugin in plugins for s in SUITES for w in s.workloads]\n"
            "print(answers.count(None), len(answers), 'torch' in sys.modules)\n"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        fitting, asked, imported = done.stdout.split()
        assert 0 < int(fitting) < int(asked)
        assert imported == "False"


class TestTorchMultiHead:
    WORKLOAD = assay.Workload.self_attention("module", batch=2, length=6, d_model=8, heads=2, semantics=CAUSAL)

    def step(self, host: assay.Host, dropout: float) -> tuple[assay.Step, Tensor]:
        workload = replace(self.WORKLOAD, semantics=assay.Semantics(mask="causal", dropout=dropout))
        step = host.one(assay.AttentionPlugin, "nn-mha").build(workload, make_weights(workload))
        return step, make_inputs(workload, None, 0).tensors[0]

    def test_without_dropout_it_evaluates(self, host: assay.Host) -> None:
        step, x = self.step(host, 0.0)
        assert not any(module.training for module in step.modules())
        assert torch.equal(step(x), step(x))

    def test_with_dropout_it_trains(self, host: assay.Host) -> None:
        step, x = self.step(host, 0.5)
        assert all(module.training for module in step.modules())
        assert not torch.equal(step(x), step(x))

    def test_it_needs_an_output_projection(self, host: assay.Host) -> None:
        workload = replace(self.WORKLOAD, level="qkv")
        assert host.one(assay.AttentionPlugin, "nn-mha").unsupported(workload)
        with pytest.raises(ValueError, match="output projection"):
            host.one(assay.AttentionPlugin, "nn-mha").build(workload, make_weights(workload))
