"""Small workloads beside one that is to be timed: of the same kind and phase, in the sizes at which kernels break.

Lengths that no block divides, a head width beside the powers of two, shared heads, other places in memory, hard
inputs, single positions. Those that a plugin does not offer are not asked of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from assay.attention.calls import Candidate, Run
from assay.attention.dropout_masks import check_masks, masked
from assay.attention.inputs import Inputs, make_inputs, make_weights
from assay.attention.layouts import PACKED, Layout
from assay.attention.oracle import ORDINARY, STRESSED, make_problem
from assay.attention.properties import CHECKS, BuiltStep, build_step, check_properties
from assay.attention.stress import stressed
from assay.errors import WrongOutput
from assay.records.workload import Workload

LENGTH, SHORT, MEDIUM, LONG = 191, 77, 250, (257, 383)
USUAL = 192
QUERIES = 31
WIDTH, OTHER_WIDTH, ODD = 80, 72, 7  # multiples of 16 and of 8, and of nothing
BATCH = 2
IN_PLACE: Layout = "contiguous"
MIXED: Layout = ("transposed", "sliced", "late", "heads-first")
NAMES = (*CHECKS, "causality", "window", "prefix", "padding", "lengths", "stress", "layouts")
TURNED: Layout = ("sliced", "heads-first", "transposed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """A workload and where its inputs lie; `hard` inputs show more than those of N(0, 1)."""

    workload: Workload
    layout: Layout
    hard: bool


def check_kind(candidate: Candidate, workload: Workload, seed: int = 0, run: Run | None = None) -> tuple[str, ...]:
    """Try a candidate on small workloads of the kind of one; return the names of what was tried, and held.

    One that compiles is tried at the workload's own size, where `run` is its step, and on one companion: each further
    size or layout would be compiled by itself. Raises `WrongOutput` whose message begins with the name of what does
    not hold, and whatever the plugin raises.
    """
    main = plain(workload) if candidate.compiles else main_companion(candidate, workload)
    if main is None or not candidate.offers(main):
        return ()
    with _asked(main):
        built = build_step(candidate, main, seed, run)
        names = check_properties(built, layouts=not candidate.compiles)
    if not candidate.compiles:
        names += [name for name, variant in _variants(main) if _solves(candidate, name, variant, seed)]
        names += ["batch"] if _batch(candidate, built) else []
        names += ["empty-rows"] if _empty_rows(candidate, main) else []
        dropping = masked(replace(main, semantics=workload.semantics))
        names += ["dropout-masks"] if dropping is not None and _masks(candidate, dropping, seed) else []
    found = list(companions(candidate, main, seed))
    for companion in found:
        check_companion(candidate, companion, seed)
    return (*names, *(("lengths", "layouts") if found else ()))


def plain(workload: Workload) -> Workload:
    """Return a workload without dropout and without a text, on which the rest is checked."""
    return replace(workload, semantics=replace(workload.semantics, dropout=0.0), source=None)


def main_companion(candidate: Candidate, workload: Workload) -> Workload | None:
    """Return the small workload on which properties are tried: the first that is offered, None where none is.

    Its length is odd and its heads are few; or it keeps what the workload has, up to 192 positions.
    """
    usual = plain(workload)
    choices = (
        _resized(_with_heads(usual, 2), LENGTH, BATCH),
        _resized(usual, LENGTH, BATCH),
        _resized(usual, LENGTH, workload.batch),
        _resized(usual, min(USUAL, workload.kv_len), min(BATCH, workload.batch)),
    )
    return next((choice for choice in choices if candidate.offers(choice)), None)


def companions(candidate: Candidate, main: Workload, seed: int) -> Iterator[Companion]:
    """Yield those of a main companion that are offered; one length is drawn for the run, beside the named ones."""
    if candidate.compiles:
        yield Companion(workload=_resized(main, LENGTH, 1), layout=MIXED, hard=True)
        return
    drawn = random.Random(f"{seed} {main.id}").randint(*LONG)
    three, shared, wide = _three_heads(main), _shared(main), _with_width(_three_heads(main), WIDTH)
    long = _resized(main, drawn, 1)
    narrow = _with_width(long, OTHER_WIDTH)
    choices: tuple[tuple[Layout, bool, tuple[Workload, ...]], ...] = (
        (MIXED, True, tuple(_resized(one, SHORT, 1) for one in (wide, _with_width(main, WIDTH), three, main))),
        (PACKED, False, tuple(_resized(one, MEDIUM, 1) for one in (shared, main))),
        (TURNED, False, (_rectangular(narrow), narrow, _rectangular(long), long)),
    )
    for layout, hard, workloads in choices:
        offered = next((workload for workload in workloads if candidate.offers(workload)), None)
        if offered is not None:
            yield Companion(workload=offered, layout=layout, hard=hard and not candidate.approximate)


def check_companion(candidate: Candidate, companion: Companion, seed: int) -> None:
    """Hold a candidate to float64 on a companion; raise `WrongOutput` with what is to blame as its first word."""
    workload, weights = companion.workload, make_weights(companion.workload)
    run: Run | None = None

    def attempt(hard: bool, layout: Layout) -> None:
        assert run is not None
        trial = STRESSED if hard else ORDINARY
        inputs = make_inputs(workload, None, trial, seed)
        inputs = stressed(workload, inputs, seed) if hard else inputs
        make_problem(workload, weights, inputs, trial, seed=seed, ordinary=not hard, loose=candidate.approximate).solve(
            run, layout
        )

    with _asked(workload, "layouts"):
        run = candidate.build(workload, weights)
        try:
            attempt(companion.hard, companion.layout)
        except WrongOutput:
            with _asked(workload, "lengths"):
                attempt(False, IN_PLACE)
            with _asked(workload, "stress"):
                attempt(companion.hard, IN_PLACE)
            raise


@contextmanager
def _asked(workload: Workload, name: str | None = None) -> Iterator[None]:
    """Name the check that a refusal speaks of, and add what was asked to what is raised."""
    try:
        yield
    except WrongOutput as error:
        if any(error.message.startswith(f"{known}: ") for known in NAMES):
            raise
        message = error.message if name is None else f"{name}: {error.message.removeprefix('reference: ')}"
        raise WrongOutput(f"{message}, in {workload.id}") from error
    except Exception as error:
        error.add_note(f"asked for {workload.id}")
        raise


def _with_heads(workload: Workload, number: int) -> Workload:
    """So many key heads at most, and as many query heads to each as there were."""
    group, kv_heads = workload.q_heads // workload.kv_heads, min(number, workload.kv_heads)
    return _with_model(workload, replace(workload, q_heads=group * kv_heads, kv_heads=kv_heads))


def _three_heads(workload: Workload) -> Workload:
    """Three heads, where there are several and each has its own keys; ALiBi of powers of two is another formula."""
    of_powers = workload.semantics.bias == "alibi" and workload.q_heads & (workload.q_heads - 1) == 0
    if workload.q_heads != workload.kv_heads or workload.q_heads == 1 or of_powers:
        return workload
    return _with_model(workload, replace(workload, q_heads=3, kv_heads=3))


def _shared(workload: Workload) -> Workload:
    """Two key heads for four query heads, where each had its own."""
    if workload.q_heads != workload.kv_heads:
        return workload
    return _with_model(workload, replace(workload, q_heads=4, kv_heads=2)) if _uneven(workload) else workload


def _with_width(workload: Workload, width: int) -> Workload:
    d_v = width if workload.d_v == workload.d_qk else workload.d_v
    return _with_model(workload, replace(workload, d_qk=width, d_v=d_v))


def _with_model(before: Workload, changed: Workload) -> Workload:
    """Keep the heads dividing the width of the model among them, where they did."""
    divided = before.level == "core" or before.d_model == before.q_heads * before.d_qk
    return replace(changed, d_model=changed.q_heads * changed.d_qk) if divided else changed


def _uneven(workload: Workload) -> bool:
    """Whether queries, keys and values may differ in shape."""
    return workload.semantics.kind != "weightless"


def _resized(workload: Workload, length: int, batch: int) -> Workload:
    """The same at another length and batch; queries that are fewer, or more, stay so."""
    queries, keys = length, length
    if workload.q_len < workload.kv_len:
        queries = max(1, min(workload.q_len, QUERIES, length - 1))
    elif workload.q_len > workload.kv_len:
        keys = max(1, length * 2 // 3)
    reach = workload.semantics.reach and max(1, min(workload.semantics.reach, length // 3))
    return replace(
        workload, q_len=queries, kv_len=keys, batch=batch, semantics=replace(workload.semantics, reach=reach)
    )


def _rectangular(workload: Workload) -> Workload:
    """Fewer queries than keys, where they may be fewer."""
    free = workload.level == "core" and workload.semantics.mask != "padding" and _uneven(workload)
    if not free or workload.q_len != workload.kv_len:
        return workload
    return replace(workload, q_len=max(1, workload.kv_len // 3))


def _variants(workload: Workload) -> Iterator[tuple[str, Workload]]:
    """Sizes at which implementations break: one position, and a head dimension that no block divides."""
    if workload.level != "decode":
        yield "length-one", replace(workload, q_len=1, kv_len=1)
    width = ODD + (workload.semantics.bias == "rope")
    yield "odd-heads", replace(workload, d_qk=width, d_v=width, d_model=width * workload.q_heads)


def _solves(candidate: Candidate, name: str, workload: Workload, seed: int) -> bool:
    if not candidate.offers(workload):
        return False
    weights, inputs = make_weights(workload), make_inputs(workload, None, ORDINARY, seed)
    problem = make_problem(workload, weights, inputs, ORDINARY, seed=seed, loose=candidate.approximate)
    with _asked(workload, name):
        problem.solve(candidate.build(workload, weights))
    return True


def _batch(candidate: Candidate, built: BuiltStep) -> bool:
    """An item of a batch comes out as it does alone."""
    workload, seed = built.workload, built.seed
    pair, alone = replace(workload, batch=2), replace(workload, batch=1)
    if workload.semantics.mask == "padding" or not (candidate.offers(pair) and candidate.offers(alone)):
        return False
    with _asked(pair, "batch"):
        both = built if workload.batch == 2 else build_step(candidate, pair, seed)
    second = both.inputs.map(lambda tensor: tensor[1:])
    if workload.semantics.kind == "weightless":
        second = Inputs(tensors=second.tensors[:1] * 3)
    upstream, wanted = both.upstream(), tuple(tensor[1:] for tensor in both.found)
    with _asked(alone, "batch"):
        found = candidate.build(alone, make_weights(alone))(second, None if upstream is None else upstream[1:])
        both.hold_all("batch", found, wanted, "the second of a batch is computed alone")
    return True


def _empty_rows(candidate: Candidate, workload: Workload) -> bool:
    """Two queries come before the first key: they give what the plugin declares, and the rest is right."""
    semantics = workload.semantics
    if workload.level != "core" or semantics.kind == "weightless" or semantics.mask not in ("causal", "window"):
        return False
    longer = replace(workload, q_len=workload.kv_len + 2, phase="fwd")
    if not candidate.offers(longer):
        return False
    inputs = make_inputs(longer, None, ORDINARY)
    with _asked(longer, "empty-rows"):
        found = candidate.build(longer, None)(inputs)
        make_problem(longer, None, inputs, ORDINARY, seed=0, loose=candidate.approximate).compare(found)
        empty = found[0][:, :, :2]
        right = {"zero": bool((empty == 0).all()), "nan": bool(empty.isnan().all()), "unstated": True}
        if not right[candidate.empty_rows]:
            raise WrongOutput(f"a query that sees no key does not give {candidate.empty_rows}, as is declared")
    return True


def _masks(candidate: Candidate, workload: Workload, seed: int) -> bool:
    if not candidate.offers(workload):
        return False
    with _asked(workload, "dropout-masks"):
        check_masks(candidate.build, workload, seed)
    return True
