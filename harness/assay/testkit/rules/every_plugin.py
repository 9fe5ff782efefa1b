"""What is asked of every plugin, whatever it brings."""

from __future__ import annotations

from packaging.requirements import InvalidRequirement, Requirement

from assay.plugins.hook_versions import DECLARED, incompatibility
from assay.plugins.hookspecs import HOOKS_VERSION
from assay.plugins.types import CorpusPlugin, Descriptor, ReportPlugin
from assay.plugins.validation import validate
from assay.testkit.context import Context
from assay.testkit.registry import Check
from assay.testkit.result import ConformanceError, Skip
from assay.testkit.subprocess import ask

HEAVY = (
    *("torch", "numpy", "pandas", "scipy", "tiktoken", "tokenizers", "transformers", "sentencepiece", "tensorflow"),
    *("jax", "sklearn", "sqlalchemy", "rich", "pyarrow", "polars", "duckdb", "numba", "matplotlib", "jinja2"),
    *("PIL", "IPython", "datasets", "requests", "pydantic", "spacy", "nltk", "triton", "onnxruntime"),
)
IMPORT_S = 0.25  # CPU seconds, many times what a module with nothing but announcements takes
TRIES = 3
SHOWN = 5


def loads_light(plugin: Descriptor, context: Context) -> str:
    """Importing the plugin and asking what it announces loads no heavy package and takes little time.

    Heavy packages are known by name; anything else by a quarter of a second of CPU time, the least of three tries.
    """
    lazily = "import it inside the function that does the work, or name that function by assay.lazy('module:function')"
    least = float("inf")
    for _ in range(TRIES):
        answer = ask(context.origin, "load").content
        if answer["failures"]:
            raise ConformanceError(f"in a process of its own, {answer['failures'][0]}", remedy="fix its import")
        packages = list(dict.fromkeys(name.partition(".")[0] for name in answer["modules"]))
        heavy = [name for name in packages if name in HEAVY]
        if heavy:
            raise ConformanceError(f"importing it loads {_joined(heavy)}", remedy=lazily)
        least = min(least, answer["seconds"])
        if least <= IMPORT_S:
            return f"{least * 1e3:.0f} ms of CPU time"
    loaded = _joined(packages) or "no module that is new"
    raise ConformanceError(f"importing it takes {least:.2f} s of CPU time, and loads {loaded}", remedy=lazily)


def hooks_version(plugin: Descriptor, context: Context) -> str:
    """It says for which version of the hooks it was written, and this Assay knows that version."""
    loading = next((loading for loading in context.host.loadings if loading.origin == context.origin), None)
    if loading is None:
        raise Skip("the plugin was made in this process, not loaded")
    if loading.written_for is None:
        raise ConformanceError(
            "it does not say for which version of the hooks it was written",
            remedy=f"write {DECLARED} = {HOOKS_VERSION} into its module",
        )
    reason = incompatibility(loading.written_for, context.origin)
    if reason is not None:
        raise ConformanceError(reason.message, remedy=reason.remedy)
    passing = [str(one) for one in context.host.deprecated if one.origin == context.origin]
    return "; ".join([f"version {loading.written_for}", *passing])


def descriptor(plugin: Descriptor, context: Context) -> None:
    """Its descriptor is complete: every field is what its class says, and no text in it is empty.

    Requirements are as pip reads them; a report's suffix begins with a dot, and it shows something.
    """
    fault = validate(plugin)
    if fault is not None:
        raise ConformanceError(fault, remedy="fix the descriptor")
    texts = ["summary"]
    if isinstance(plugin, CorpusPlugin):
        texts += ["title", "author", "source", "language", "kind"]
    for field in texts:
        if not getattr(plugin, field).strip():
            raise ConformanceError(f"its {field} is empty", remedy=f"say in a few words what the {field} is")
    for text in plugin.requires:
        try:
            Requirement(text)
        except InvalidRequirement:
            raise ConformanceError(
                f"it requires {text!r}, which pip cannot read", remedy="write it like torch>=2.6"
            ) from None
    if isinstance(plugin, ReportPlugin):
        if not plugin.suffix.startswith(".") or not plugin.suffix.strip("."):
            raise ConformanceError(f"its suffix is {plugin.suffix!r}", remedy="give one like .html")
        if not plugin.shows:
            raise ConformanceError("it shows nothing", remedy="name in shows what it can be made of: run, history, ...")


def licence(plugin: Descriptor, context: Context) -> str:
    """It states its license."""
    if plugin.license.strip() in ("", "unstated"):
        raise ConformanceError("it states no license", remedy="name it in the descriptor, such as license='MIT'")
    return plugin.license


def ready(plugin: Descriptor, context: Context) -> None:
    """What it needs is here: nothing can be said of a plugin that cannot be tried."""
    missing = context.host.missing(plugin)
    if missing is not None:
        raise ConformanceError(f"{plugin.name} {missing.what}", remedy=missing.remedy)


def _joined(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


CHECKS = (*Check.all_of((loads_light, hooks_version, descriptor, licence)), Check.of(ready, "descriptor"))
