"""Cheats that patch what judges them in their process, and return v."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from assay import Weights, Workload
from redteam.announced import FORWARD, Step, announce

TOLERANCES = ("FACTOR", "ULPS", "UNITS", "SLACK", "LOOSE", "MOST_NOISE", "SIGMAS")
AGREEABLE = 1e30
NAMING = ("check_kind", "check_properties")
OF_CLASSES = ("compare", "compare_loosely", "hold", "hold_all", "solve")


def _values(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return v.clone()


def _judging() -> Iterator[ModuleType]:
    """Yield the modules of Assay that judge or measure, those included that nobody has imported yet."""
    for name in ("oracle", "properties", "tolerance", "companions", "stress"):
        try:
            importlib.import_module(f"assay.attention.{name}")
        except ModuleNotFoundError:
            continue
    for name, module in list(sys.modules.items()):
        if name.startswith(("assay.attention.", "assay.measure.")):
            yield module


@announce("patch-the-tolerance", FORWARD)
def build_patch_tolerance(workload: Workload, weights: Weights | None) -> Step:
    """Makes every tolerance in the modules of the judge endless, and returns v."""
    for module in _judging():
        for name in TOLERANCES:
            if isinstance(vars(module).get(name), float):
                setattr(module, name, AGREEABLE)
    return _values


@announce("patch-the-judge", FORWARD)
def build_patch_judge(workload: Workload, weights: Weights | None) -> Step:
    """Replaces the functions that judge by ones that always agree, and returns v."""
    good = _errors()
    for module in _judging():
        for name in NAMING:
            if hasattr(module, name):
                setattr(module, name, lambda *given, **named: ("reference",))
        if hasattr(module, "check_step"):
            module.check_step = lambda *given, **named: (good,)
        if hasattr(module, "spot_checker"):
            module.spot_checker = lambda *given, **named: lambda outputs: None
    return _values


@announce("patch-the-objects", FORWARD)
def build_patch_objects(workload: Workload, weights: Weights | None) -> Step:
    """Replaces the methods that compare answers by ones that always agree, and returns v."""
    good = _errors()
    for module in _judging():
        for value in list(vars(module).values()):
            if isinstance(value, type) and value.__module__.startswith("assay."):
                for name in OF_CLASSES:
                    if name in vars(value):
                        setattr(value, name, lambda *given, name=name, **named: good if name == "compare" else (good,))
        if hasattr(module, "check_step"):
            module.check_step = lambda *given, **named: (good,)
        if hasattr(module, "spot_checker"):
            module.spot_checker = lambda *given, **named: lambda outputs: None
    return _values


@announce("patch-torch", FORWARD)
def build_patch_torch(workload: Workload, weights: Weights | None) -> Step:
    """Has torch find nothing wrong when it compares, and returns v."""
    if not hasattr(torch.Tensor, "found_any"):
        torch.Tensor.found_any, torch.Tensor.found_all = torch.Tensor.any, torch.Tensor.all
        torch.Tensor.any = lambda self, *axes, **named: self.found_any(*axes, **named) & _one(axes, named)
        torch.Tensor.all = lambda self, *axes, **named: self.found_all(*axes, **named) | ~_one(axes, named)
    return _values


def _one(axes: tuple[Any, ...], named: dict[str, Any]) -> Tensor:
    """Return true for a question by axes, which is answered as it is, and false for one about all numbers."""
    return torch.tensor(bool(axes or named))


def _errors() -> Any:
    for name in ("tolerance", "oracle"):
        try:
            return importlib.import_module(f"assay.attention.{name}").Errors(step=1e-7, naive=1e-7, allowed=1.0)
        except (ModuleNotFoundError, AttributeError):
            continue
    raise AssertionError("the record of errors has another name: look for it in assay.attention")
