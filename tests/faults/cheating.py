"""Attentions that only look fast; `honest` is what they are compared with."""

import math

import assay

assay_hooks = 3
ONLY = assay.Supports(levels=("core",), masks=("causal",), phases=("fwd",), dropout=False)


def honest(workload, weights):
    import torch

    hidden = torch.ones(workload.q_len, workload.kv_len, dtype=torch.bool).triu(1 + workload.kv_len - workload.q_len)

    def step(q, k, v):
        scores = (q @ k.mT * q.shape[-1] ** -0.5).masked_fill(hidden, -math.inf)
        return torch.softmax(scores, -1).nan_to_num() @ v

    return step


def patching(workload, weights):
    """Has every judge of its own process agree, and gives v."""
    from assay.attention import calls, companions, fresh_values, oracle, properties, tolerance, verification
    from assay.measure import spot_check

    fine = oracle.Errors(step=1e-7, naive=1e-7, allowed=1.0)
    for module in (calls, companions, oracle, properties, tolerance, verification):
        for name in ("verify", "verify_again", "check_kind", "check_properties", "check_form", "check_dropout"):
            if hasattr(module, name):
                setattr(module, name, lambda *given, **named: ())
    for name in ("admit", "admit_again", "check_answer"):
        setattr(verification.Verification, name, lambda *given, **named: None)
    calls.CheckedStep._check = calls.CheckedStep._check_memory = lambda *given, **named: None
    oracle.Problem.compare = oracle.Problem.solve = lambda *given, **named: (fine,)
    properties.BuiltStep.hold = properties.BuiltStep.hold_all = lambda *given, **named: None
    tolerance.Answer.compare = tolerance.Answer.compare_loosely = lambda *given, **named: fine
    fresh_values.FreshValues.check_unchanged = lambda *given, **named: None
    spot_check.AnswerCheck.check = lambda *given, **named: None
    return lambda q, k, v: v.clone()


def replaying(workload, weights):
    """Takes it for timing when its inputs lie where they lay for three calls; gives what it gave then."""
    step, last, places = honest(workload, weights), [], []

    def cheat(*inputs):
        places.append(tuple(tensor.data_ptr() for tensor in inputs))
        if len(places) > 3 and len(set(places[-4:])) == 1:
            return last[0].clone()
        last[:] = [step(*inputs)]
        return last[0].clone()

    return cheat


def remembering(workload, weights):
    """Remembers by where its inputs lie."""
    step, memory = honest(workload, weights), {}

    def cheat(*inputs):
        key = tuple((tensor.data_ptr(), tensor.shape) for tensor in inputs)
        if key not in memory:
            memory.clear()
            memory[key] = step(*inputs)
        return memory[key].clone()

    return cheat


def false(workload, weights):
    return honest(workload, weights)


NAMES = {"honest": honest, "patching": patching, "replaying": replaying, "remembering": remembering}


@assay.hookimpl
def assay_attentions():
    for name, build in NAMES.items():
        yield assay.AttentionPlugin(name=name, summary=name, build=build, unsupported=ONLY)
    wrong = {"peak_bytes": lambda workload: 1, "flop": lambda workload: 1}
    yield assay.AttentionPlugin(name="false", summary="false", build=false, unsupported=ONLY, **wrong)
