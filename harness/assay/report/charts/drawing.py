"""Charts as still pictures: SVG that follows the colours of its page, and says in words what it shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from assay.report.charts.theme import NAMES, chart_theme
from assay.report.text.escape import escape_xml

NAMESPACE = "http://www.w3.org/2000/svg"
# What a browser must not be given, or does without: the page has rules of its own.
DROPPED = frozenset(
    (
        "style",
        "font-family",
        "role",
        "aria-roledescription",
        "aria-hidden",
        "pointer-events",
        "stroke-miterlimit",
        "version",
    )
)
NUMBER = re.compile(r"-?\d+\.\d{2,}")
LONG_NUMBER = re.compile(r"\d+\.\d{3,}")
# What is so without being said.
USUAL = {
    "opacity": "1",
    "stroke-width": "1",
    "font-weight": "normal",
    "transform": "translate(0,0)",
    "x2": "0",
    "y2": "0",
}
NOTHING = {"path": ("", "M0,0h0v0h0Z"), "text": (None,), "g": (None,)}


def chart_svg(spec: Mapping[str, Any], *, prefix: str, alt: str) -> str:
    """Draw a Vega-Lite specification with vl-convert, and take from it what a strict page does not allow.

    What has a colour of `CHART_COLOURS` gets the class `f-NAME` for its fill and `s-NAME` for its stroke: the style of
    the page says what they look like. Ids in it begin with `prefix`; `alt` is for who cannot see it.
    """
    import vl_convert

    drawn = vl_convert.vegalite_to_svg(chart_theme(spec))
    ElementTree.register_namespace("", NAMESPACE)
    root = ElementTree.fromstring(drawn)
    ids: dict[str, str] = {}
    for element in root.iter():
        if "id" in element.attrib:
            ids[element.attrib["id"]] = f"{prefix}-{len(ids)}"
    _clean(root, ids)
    for name in ("width", "height", "class"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-label", escape_xml(alt))
    return ElementTree.tostring(root, encoding="unicode")


def _clean(element: ElementTree.Element, ids: dict[str, str]) -> None:
    attributes = dict(element.attrib)
    element.attrib.clear()
    label = attributes.pop("aria-label", None)
    classes = []
    for name, value in attributes.items():
        if name in DROPPED or name == "class":
            continue
        if name in ("fill", "stroke") and (colour := NAMES.get(value.lower())) is not None:
            classes.append(f"{name[0]}-{colour}")
        elif name == "id":
            element.set(name, ids[value])
        elif name.endswith("href"):
            continue
        elif value.startswith("url(#"):
            element.set(name, f"url(#{ids.get(value[5:-1], '')})")
        elif USUAL.get(name) != value and (value != "none" or name != "stroke"):
            element.set(name, NUMBER.sub(lambda match: f"{float(match[0]):.1f}".removesuffix(".0"), value))
    if classes:
        element.set("class", " ".join(classes))
    for child in list(element):
        _clean(child, ids)
        if _is_nothing(child):
            element.remove(child)
    if label is not None and element.tag in (f"{{{NAMESPACE}}}path", f"{{{NAMESPACE}}}rect", f"{{{NAMESPACE}}}text"):
        title = ElementTree.Element(f"{{{NAMESPACE}}}title")
        title.text = escape_xml(LONG_NUMBER.sub(lambda match: f"{float(match[0]):.4g}", label))
        element.insert(0, title)


def _is_nothing(element: ElementTree.Element) -> bool:
    """Return whether nothing would be seen of an element: no content, or a path of no length."""
    name = element.tag.removeprefix(f"{{{NAMESPACE}}}")
    return not element.text and len(element) == 0 and element.get("d") in NOTHING.get(name, ())
