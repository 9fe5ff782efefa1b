"""Which operations a call comes to: the kernel that PyTorch chose, and what it falls back to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention as sdpa

from assay.measure.torch_ops import MOST, counted_flop, dispatched

FLASH = "_scaled_dot_product_flash_attention_for_cpu"
MATH = "_scaled_dot_product_attention_math"
MODES: tuple[Callable[[], AbstractContextManager[object]], ...] = (
    torch.inference_mode,
    torch.no_grad,
    torch.enable_grad,
)
Q, K, V = (torch.randn(2, 3, 16, 8, generator=torch.Generator().manual_seed(seed)) for seed in range(3))
SEEN = torch.ones(3, 16, 16, dtype=torch.bool).tril()


@pytest.mark.parametrize("mode", MODES)
class TestWhatScaledDotProductAttentionChose:
    def test_causal(self, mode: Callable[[], AbstractContextManager[object]]) -> None:
        with mode():
            assert dispatched(lambda: sdpa(Q, K, V, is_causal=True)) == (FLASH,)

    @pytest.mark.parametrize(
        "call",
        [
            lambda: sdpa(Q, K, V, dropout_p=0.1),
            lambda: sdpa(Q, K, V, attn_mask=SEEN),
            lambda: sdpa(Q, K, V[..., :5]),
        ],
        ids=["dropout", "mask of three dimensions", "narrow values"],
    )
    def test_what_falls_back(
        self, mode: Callable[[], AbstractContextManager[object]], call: Callable[[], object]
    ) -> None:
        with mode():
            ran = dispatched(call)
        assert ran[0] == MATH
        assert FLASH not in ran


def test_plain_products_in_the_order_in_which_they_ran() -> None:
    with torch.inference_mode():
        assert dispatched(lambda: torch.softmax(Q @ K.mT, dim=-1) @ V) == ("bmm", "_softmax")


def test_a_kernel_of_attention_comes_before_what_ran_first() -> None:
    with torch.inference_mode():
        assert dispatched(lambda: sdpa(Q * 2.0, K, V)) == (FLASH, "mul")


def test_views_and_memory_are_no_operations() -> None:
    assert dispatched(lambda: torch.empty_like(Q.transpose(1, 2)[:, 1:].unsqueeze(0).expand(4, -1, -1, -1, -1))) == ()


def test_gradients_are_seen() -> None:
    q = Q.clone().requires_grad_()
    ran = dispatched(lambda: torch.autograd.grad(sdpa(q, K, V).sum(), q))
    assert ran[:2] == (FLASH, f"{FLASH}_backward")


def test_no_more_than_a_line() -> None:
    def many() -> None:
        for name in ("sin", "cos", "tan", "exp", "log", "sqrt", "abs", "neg", "erf", "floor"):
            getattr(torch, name)(Q)

    assert dispatched(many) == ("sin", "cos", "tan", "exp", "log", "sqrt", "abs", "neg")[:MOST]


def test_the_call_is_made_once() -> None:
    calls: list[int] = []
    assert dispatched(lambda: calls.append(1)) == ()
    assert calls == [1]


def test_products_are_counted_also_those_of_gradients() -> None:
    x, w = torch.randn(2, 4, 8, 16), torch.randn(5, 16)
    product, projection = 2 * 2 * 4 * 8 * 8 * 16, 2 * 2 * 4 * 8 * 16 * 5
    with torch.inference_mode():
        assert counted_flop(lambda: x @ x.mT) == product
        assert counted_flop(lambda: torch.nn.functional.linear(x, w)) == projection
        assert counted_flop(lambda: x + 1) == 0
    leaf = x.clone().requires_grad_()
    assert counted_flop(lambda: torch.autograd.grad((leaf @ x.mT).sum(), leaf)) == 2 * product
