"""A tokenizer that is a Python object: `py:package.module:object`, or `py:file.py:function`."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from functools import partial
from pathlib import Path
from typing import Any

import assay
from assay_files.binding import Binding, BytesBinding

FORM = "write py:package.module:object or py:file.py:function"


def find(target: str) -> assay.TokenizerPlugin:
    """Return the descriptor of a target; raise `AssayError` where its form is wrong or its file is not there."""
    module, colon, name = target.rpartition(":")
    if not (colon and module and name):
        raise assay.AssayError(f"py:{target} does not name an object", remedy=FORM)
    path = Path(module).expanduser()
    if path.suffix == ".py":
        if not path.is_file():
            raise assay.AssayError(f"there is no file {module}", remedy=FORM)
        files: tuple[str, ...] = (str(path.resolve()),)
    else:
        files = _file_of(module)
    return assay.TokenizerPlugin(
        name=f"{path.stem if path.suffix == '.py' else module}.{name}",
        summary=f"{name} of {module}",
        license="LicenseRef-of-the-file",
        build=partial(assay.lazy("assay_files.python_object:build"), module=module, name=name),
        lossless=False,
        files=files,
    )


def build(training_text: str, *, module: str, name: str) -> assay.Tokenizer:
    """Build the tokenizer: what a function returns, which may take the training text, or the object itself."""
    target: Any = _loaded(module)
    for part in name.split("."):
        if not hasattr(target, part):
            raise assay.AssayError(f"{module} has no {name}", remedy=FORM)
        target = getattr(target, part)
    if isinstance(target, assay.TokenizerPlugin):
        return target.build(training_text)
    if callable(target) and not (hasattr(target, "encode") and not isinstance(target, type)):
        target = target(training_text) if _takes_text(target) else target()
    return as_tokenizer(target)


def as_tokenizer(built: Any) -> assay.Tokenizer:
    """Return an object of a known library bound, any other as it is, with what it need not have."""
    library = type(built).__module__.partition(".")[0]
    if library == "tokenizers":
        from assay_files.hugging_face import bind_whole

        return bind_whole(built)
    if library == "sentencepiece":
        from assay_files import sentencepiece

        return sentencepiece.bind(built)
    if library == "tiktoken":
        return BytesBinding(
            vocab_size=built.n_vocab,
            special_tokens={token: built.encode_single_token(token) for token in built.special_tokens_set},
            encode=lambda text: built.encode(text, allowed_special="all"),
            decode=built.decode,
            token_bytes=built.decode_single_token_bytes,
        )
    if hasattr(built, "unk_id") or not hasattr(built, "vocab_size"):
        return built  # type: ignore[no-any-return]  # what it lacks is told by the host
    fields = {name: getattr(built, name) for name in ("vocab_size", "encode", "decode")}
    fields["notes"] = ("it has no unk_id: nothing counts as unknown",)
    if not hasattr(built, "token_bytes"):
        return Binding(**fields)
    return BytesBinding(**fields, special_tokens=getattr(built, "special_tokens", {}), token_bytes=built.token_bytes)


def _takes_text(target: Any) -> bool:
    try:
        parameters = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):
        return False
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return any(each.default is each.empty and each.kind not in optional for each in parameters)


def _file_of(module: str) -> tuple[str, ...]:
    """The file of a module, without importing it; nothing for what is part of a package."""
    package = module.partition(".")[0]
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise assay.AssayError(
            f"there is no Python module {package}", remedy="install it, or name its file: py:file.py:function"
        )
    places = [Path(place, *module.split(".")[1:]) for place in spec.submodule_search_locations or ()]
    files = [file for place in places for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()]
    found = files[:1] if files else [Path(spec.origin)] if spec.origin and Path(spec.origin).is_file() else []
    return tuple(map(str, found))


def _loaded(module: str) -> Any:
    path = Path(module).expanduser()
    if path.suffix != ".py":
        return importlib.import_module(module)
    spec = importlib.util.spec_from_file_location(f"assay_file_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = loaded
    spec.loader.exec_module(loaded)
    return loaded
