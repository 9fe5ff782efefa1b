"""docs/reference.md is what the docstrings say, and a hook that is added without its words and its page is found."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

import assay
from assay.plugins import hookspecs
from assay.plugins.types import Provided
from docs.test_examples import test_every_hook_is_in_the_guide as guide_has_every_hook

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingPlugin(Provided):
    """Announces an embedding: `build` makes it."""

    build: Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class LongerPlugin(Provided):
    """Announces an embedding of more than one field."""

    build: Callable[[], object]
    places: int = 3


def without_example() -> Iterable[EmbeddingPlugin]:
    """Yield the embeddings that this plugin brings."""
    raise NotImplementedError


def assay_embeddings() -> Iterable[EmbeddingPlugin]:
    """Yield the embeddings that this plugin brings.

    For example:

        yield EmbeddingPlugin(name="mine", summary="mine", build=print)
    """
    raise NotImplementedError


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    """The script that writes the page."""
    spec = importlib.util.spec_from_file_location("reference_script", PAGE.with_suffix(".py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_as_the_docstrings_are(reference: ModuleType) -> None:
    assert reference.page() == PAGE.read_text("utf-8"), "write it anew: make reference"


def test_every_entry_that_is_linked_is_there() -> None:
    page = PAGE.read_text("utf-8")
    anchors = {re.sub(r"[^\w\- ]", "", heading).lower() for heading in re.findall(r"^#+ (.+)$", page, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= anchors
    assert set(re.findall(r"\]\(([\w.]+\.md)\)", page)) <= {path.name for path in PAGE.parent.iterdir()}


@pytest.mark.parametrize(
    ("hook", "kind", "public", "said"),
    [
        (None, EmbeddingPlugin, True, "the hook assay_embeddings has no docstring"),
        (without_example, EmbeddingPlugin, True, "the docstring of the hook assay_embeddings has no example"),
        (assay_embeddings, LongerPlugin, True, "the docstring of LongerPlugin says nothing of build, places"),
        (
            assay_embeddings,
            EmbeddingPlugin,
            False,
            "meets EmbeddingPlugin, which `import assay` does not give",
        ),
        (assay_embeddings, EmbeddingPlugin, True, None),
    ],
)
def test_a_hook_that_is_added_needs_a_page(
    reference: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    hook: Callable[..., object] | None,
    kind: type[Provided],
    public: bool,
    said: str | None,
) -> None:
    """With words in the code it is still missing on the pages, and the tests of both say so."""
    guide_has_every_hook()
    monkeypatch.setitem(hookspecs.PROVIDES, "assay_embeddings", kind)
    monkeypatch.setattr(hookspecs.Hooks, "assay_embeddings", hook, raising=False)
    monkeypatch.setattr(assay, "__all__", [*assay.__all__, *([kind.__name__] if public else [])])
    with pytest.raises(AssertionError):
        guide_has_every_hook()
    if said is not None:
        with pytest.raises(reference.Undocumented, match=re.escape(said)):
            reference.page()
        return
    with pytest.raises(AssertionError, match="make reference"):
        test_the_page_is_as_the_docstrings_are(reference)
