"""The whole way from text, measured for real on small windows: its stages, its figures, and what is not let pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from assay.attention.support import Supports
from assay.errors import WrongOutput
from assay.measure import timer as clock
from assay.measure.pipeline_subject import LONGEST_WORD, PipelineSubject, _fitting
from assay.measure.spot_check import STRIDE
from assay.measure.subject import Operation
from assay.plugins.types import AttentionPlugin, Step, TokenizerPlugin, Weights
from assay.records.results import AttentionCase, Value
from assay.records.semantics import Semantics
from assay.records.workload import TextSource, Workload
from judged import admit

WORKLOAD = Workload.self_attention(
    "pipeline",
    batch=2,
    length=16,
    d_model=16,
    heads=2,
    semantics=Semantics(mask="causal"),
    source=TextSource(corpus="c", tokenizer="t"),
)
TEXTS = ("A first text of several words.", "And a second, which is longer than the windows hold.")
JOINED = "\n".join(TEXTS)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@dataclass(eq=False)
class Bytes:
    """An id a byte, unless a test changes what it gives."""

    vocab_size: int = 256
    unk_id: int | None = None
    spoil: Callable[[list[int]], list[int]] = lambda ids: ids

    def encode(self, text: str) -> Sequence[int]:
        return self.spoil(list(text.encode("utf-8")))

    def decode(self, ids: Sequence[int]) -> str:
        return bytes(ids).decode("utf-8")


class Lower(Bytes):
    """Loses capital letters."""

    def encode(self, text: str) -> Sequence[int]:
        return list(text.lower().encode("utf-8"))


class Pairs(Bytes):
    """An id for two bytes: half as many tokens."""

    def encode(self, text: str) -> Sequence[int]:
        data = text.encode("utf-8")
        return [int.from_bytes(data[start : start + 2], "big") for start in range(0, len(data), 2)]

    def decode(self, ids: Sequence[int]) -> str:
        return b"".join(number.to_bytes(2 - (number < 256), "big") for number in ids).decode("utf-8")


@dataclass(eq=False)
class Attention:
    """A right attention of level `module`, unless a test changes what it gives."""

    spoil: Callable[[Tensor], Tensor] = lambda output: output
    built: list[Workload] = field(default_factory=list)

    def build(self, workload: Workload, weights: Weights | None) -> Step:
        assert weights is not None
        assert weights.wo is not None
        wo = weights.wo
        self.built.append(workload)

        def step(x: Tensor) -> Tensor:
            q, k, v = (
                (x @ w).unflatten(-1, (workload.q_heads, -1)).transpose(1, 2)
                for w in (weights.wq, weights.wk, weights.wv)
            )
            heads = scaled_dot_product_attention(q, k, v, is_causal=workload.semantics.mask == "causal")
            return self.spoil(heads.transpose(1, 2).flatten(-2) @ wo)

        return step


def made(
    tokenizer: Bytes | None = None,
    attention: Attention | None = None,
    *,
    lossless: bool = True,
    texts: Sequence[str] = TEXTS,
    workload: Workload = WORKLOAD,
) -> PipelineSubject:
    ready = tokenizer or Bytes()
    plugins = (
        TokenizerPlugin(name="t", summary="of a test", build=lambda text: ready, lossless=lossless),
        AttentionPlugin(
            name="a",
            summary="of a test",
            build=(attention or Attention()).build,
            unsupported=Supports(levels=("module",)),
        ),
    )
    return PipelineSubject(plugins, AttentionCase(attention="a", workload=workload), ready, texts)


def admitted(subject: PipelineSubject) -> PipelineSubject:
    """Its attention passed the verification, as in a later process: that takes the fewest calls."""
    admit(subject.attention, again=True)
    return subject


def checked(subject: PipelineSubject) -> dict[str, Value]:
    return dict(admitted(subject).check())


class TestText:
    def test_windows_are_filled_up_to_a_white_space(self) -> None:
        subject = made()
        assert subject.text == JOINED[:30] == "A first text of several words."
        assert len(subject.ids) == 30 <= WORKLOAD.tokens < len(JOINED)

    def test_a_short_text_is_taken_whole(self) -> None:
        assert made(texts=("Short.", "Text.")).text == "Short.\nText."

    def test_a_denser_tokenizer_takes_more_of_it(self) -> None:
        dense = made(Pairs(vocab_size=1 << 16)).text
        assert JOINED.startswith(dense)
        assert len(dense) > 1.8 * len(made().text)

    @given(text=st.text(st.sampled_from("ab \né"), max_size=300), tokens=st.integers(1, 200))
    def test_is_the_longest_beginning_that_fits(self, text: str, tokens: int) -> None:
        found = _fitting(Bytes(), text, tokens)
        assert text.startswith(found)
        assert len(found.encode()) <= tokens
        longest = next(length for length in range(len(text), -1, -1) if len(text[:length].encode()) <= tokens)
        if longest < len(text) and found != text[:longest]:  # cut at the last white space that is near
            assert text[len(found)].isspace()
            assert not any(character.isspace() for character in text[len(found) + 1 : longest])
            assert longest - len(found) <= LONGEST_WORD


class TestCheck:
    @pytest.mark.long
    def test_what_it_comes_to(self) -> None:
        subject = made()
        found = checked(subject)
        assert (found["tokens"], found["bytes"]) == (30, 30)
        assert found["context_bytes"] == pytest.approx(16.0)
        assert found["flop_per_kb"] == pytest.approx(WORKLOAD.flop / 0.030)
        assert "softmax" in str(found["dispatched"]) or "attention" in str(found["dispatched"])

    def test_its_attention_is_judged_on_the_text_at_level_module(self) -> None:
        subject = made()
        _, figures = admit(subject.attention)
        assert float(figures["error"]) < 1e-5
        assert "unseen" in str(figures["properties"])
        assert subject.attention.text is not None
        assert subject.attention.text() is subject.embedded
        assert subject.attention.workload == WORKLOAD.of_step

    def test_in_a_later_process_only_the_ids_are_counted(self) -> None:
        assert dict(made().ready()) == {"tokens": 30}

    def test_a_context_of_a_denser_tokenizer_holds_more_text_for_fewer_flop(self) -> None:
        dense, plain = checked(made(Pairs(vocab_size=1 << 16))), checked(made())
        assert float(dense["context_bytes"]) == pytest.approx(32.0, rel=0.05)
        assert float(dense["flop_per_kb"]) < 0.6 * float(plain["flop_per_kb"])

    def test_a_plugin_is_asked_for_level_module(self) -> None:
        attention = Attention()
        checked(made(attention=attention))
        assert {workload.level for workload in attention.built} == {"module"}
        assert any((workload.batch, workload.q_len) == (2, 16) for workload in attention.built)

    def test_a_promised_round_trip_is_held(self) -> None:
        with pytest.raises(WrongOutput, match="promises a lossless round trip, but the text differs at character 0"):
            checked(made(Lower()))

    def test_who_promises_none_may_lose(self) -> None:
        assert checked(made(Lower(), lossless=False))["tokens"] == 30

    def test_a_wrong_attention_has_no_row(self) -> None:
        with pytest.raises(WrongOutput, match=r"^reference: wrong output"):
            admitted(made(attention=Attention(spoil=lambda output: output + 1.0)))

    def test_memory_and_time_are_predicted_for_the_attention(self) -> None:
        predicted = dict(made().predict())
        assert predicted.keys() == {"predicted_seconds", "predicted_bytes"}
        assert all(float(value) > 0 for value in predicted.values())


class TestOperations:
    def test_the_stages_one_after_another_are_the_whole_way(self) -> None:
        subject = admitted(made())
        operations = {operation.name: operation for operation in subject.operations()}
        assert list(operations) == ["step", "tokenize", "embed", "attend"]
        assert {(operation.tokens, operation.size) for operation in operations.values()} == {(30, 30)}
        with operations["step"].context():
            ids, hidden, attended, whole = (operations[name].call() for name in ("tokenize", "embed", "attend", "step"))
        assert ids == list(subject.text.encode())
        assert isinstance(hidden, Tensor)
        assert isinstance(attended, Tensor)
        assert isinstance(whole, Tensor)
        assert hidden.shape == whole.shape == (2, 16, 16)
        assert torch.equal(whole, attended)
        # The last two places are filled up with id 0, at positions 14 and 15 of the second window.
        embedding = subject.embedded.embedding(length=16, width=16, seed=WORKLOAD.seed)
        filled = torch.tensor([*subject.ids, 0, 0]).view(2, 16)
        assert torch.equal(hidden, embedding(filled).detach())

    def test_right_ones_pass_the_audit_and_the_recheck(self) -> None:
        subject = admitted(made())
        for operation in subject.operations():
            for _ in range(STRIDE):
                with operation.context():
                    _, outputs = clock.read(operation.call, 2)
                    operation.spot_check(outputs)
        subject.recheck()

    @pytest.mark.parametrize("name", ["step", "attend"])
    def test_a_wrong_output_is_caught(self, name: str) -> None:
        attention = Attention()
        subject = admitted(made(attention=attention))
        (operation,) = (operation for operation in subject.operations() if operation.name == name)
        for spoil, words in (
            (torch.zeros_like, "another output than before"),
            (lambda output: output * torch.nan, "another output than before"),
            (lambda output: output[:1], "an output of another shape"),
        ):
            attention.spoil = spoil
            with operation.context(), pytest.raises(WrongOutput, match=words):
                operation.spot_check([operation.call()])

    def test_wrong_ids_are_caught_by_themselves_and_on_the_whole_way(self) -> None:
        tokenizer = Bytes()
        subject = admitted(made(tokenizer))
        operations = {operation.name: operation for operation in subject.operations()}
        tokenizer.spoil = lambda ids: [*ids[:5], 7, *ids[6:]]

        def audited(operation: Operation) -> None:
            with operation.context():
                for _ in range(STRIDE):  # the audit looks at every 61st number
                    operation.spot_check([operation.call()])

        for name, words in (("tokenize", "other ids than before"), ("step", "another output than before")):
            with pytest.raises(WrongOutput, match=words):
                audited(operations[name])
        with pytest.raises(WrongOutput, match="other ids than before"):
            subject.recheck()

    def test_memory_is_that_of_the_whole_way(self) -> None:
        subject = admitted(made())
        figures = dict(subject.memory())
        assert float(figures["peak_bytes"]) >= 2 * 2 * 16 * 16 * 4  # what is embedded, and what comes out


def test_in_half_precision_what_is_embedded_is_too() -> None:
    subject = admitted(made(workload=replace(WORKLOAD, dtype="bf16")))
    (whole, *_) = subject.operations()
    with whole.context():
        output = whole.call()
    assert isinstance(output, Tensor)
    assert output.dtype == torch.bfloat16
