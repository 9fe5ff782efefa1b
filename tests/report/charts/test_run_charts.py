"""What the charts of records are drawn from, and what draws them."""

from __future__ import annotations

import importlib.util
import itertools
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from assay.errors import AssayError, Unavailable
from assay.records.display import Displayed
from assay.report.charts import chart
from assay.report.charts.chart import MIME, Chart
from assay.report.charts.panels import HEIGHT, NEAR, Dot, Panel, label_places
from assay.report.charts.run_charts import chart_of
from assay.report.charts.theme import DARK, LIGHT, NAMES
from assay.store.dataframes import frames_of
from shown import ATTENTIONS, COMPARISON, HISTORY, TOKENIZERS, attention, run_of, tokenizer

pytest.importorskip("vl_convert")
SHOWN: dict[str, Displayed] = {
    "tokenizers": TOKENIZERS,
    "attentions": ATTENTIONS,
    "one length": run_of(attention("sdpa"), attention("naive", ratio=2, half=0.1)),
    "comparison": COMPARISON,
    "history": HISTORY,
    "frames": frames_of([TOKENIZERS]),
}


def test_tokenizers_are_speed_over_bytes_per_token_and_hollow_where_text_is_lost() -> None:
    lossy = tokenizer("lossy", ratio=0.5, half=0.1, round_trip=0.0, bytes_per_token_low=3.9, bytes_per_token_high=4.1)
    drawn = chart_of(run_of(tokenizer("gpt2"), lossy))
    (panel,) = drawn.panels
    assert panel.title == "text, whole text"
    assert panel.dots[0] == Dot(name="gpt2", x=4.0, y=10.0, low=9.8, high=10.2)
    assert panel.dots[1] == Dot(name="lossy", x=4.0, y=20.0, low=19.6, high=20.4, x_low=3.9, x_high=4.1, hollow=True)
    assert "hollow" in drawn.says


def test_attentions_are_times_as_fast_as_the_baseline_by_length() -> None:
    (panel,) = chart_of(ATTENTIONS).panels
    assert (panel.x_title, panel.y_title, panel.rule, panel.lines) == ("length", "times as fast as sdpa", 1.0, True)
    assert [(dot.name, dot.x, dot.y) for dot in panel.dots] == [
        *(("sdpa", 128, 1.0), ("naive", 128, 0.5), ("sdpa", 256, 1.0), ("naive", 256, 0.5)),
    ]
    assert panel.dots[1].low == pytest.approx(1 / 2.05)


def test_of_one_length_each_attention_has_a_line_of_its_own() -> None:
    (panel,) = chart_of(SHOWN["one length"]).panels
    assert panel.in_rows
    assert [(dot.name, dot.x) for dot in panel.dots] == [("sdpa", 1.0), ("naive", 0.5)]


def test_a_comparison_is_its_changes_the_largest_first() -> None:
    (panel,) = chart_of(COMPARISON).panels
    assert [round(dot.x, 6) for dot in panel.dots] == [20.0, 0.0]


def test_a_history_is_a_dot_for_each_run() -> None:
    (panel,) = chart_of(HISTORY).panels
    assert [(dot.x, dot.y) for dot in panel.dots] == [(1, 7.0), (2, 7.0), (3, 9.0)]


def test_another_machine_has_a_line_of_its_own() -> None:
    (one,) = HISTORY.series
    (panel,) = chart_of(replace(HISTORY, series=(one, replace(one, machine={"processor": "Two"}, clock="wall")))).panels
    assert list(dict.fromkeys(dot.name for dot in panel.dots)) == ["gpt2", "gpt2, machine 2, wall time"]


def test_there_may_be_nothing_to_draw() -> None:
    for empty in (run_of(), frames_of([]), replace(COMPARISON, judgements=())):
        with pytest.raises(AssayError, match="nothing to plot"):
            empty.plot()


def test_names_do_not_cover_each_other() -> None:
    dots = tuple(Dot(name=str(number), x=1.0, y=10.0 if number < 4 else 20.0) for number in range(5))
    places = label_places(Panel(title="", x_title="", y_title="", dots=dots))
    heights = sorted(y for _, y in places.values())
    apart = NEAR / HEIGHT * 10
    assert all(high - low >= apart * 0.999 for low, high in itertools.pairwise(heights))


@pytest.mark.long
@pytest.mark.parametrize("name", SHOWN)
def test_every_chart_is_drawn(name: str, tmp_path: Path) -> None:
    drawn = SHOWN[name].plot()
    for suffix in ("svg", "png", "html", "json"):
        drawn.save(tmp_path / f"a.{suffix}")
        assert (tmp_path / f"a.{suffix}").stat().st_size > 1000
    bundle = drawn._repr_mimebundle_()
    assert set(bundle) == {MIME, "text/html", "image/png", "text/plain"}
    assert bundle[MIME] == json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert not any(stand_in in json.dumps(bundle[MIME]) for stand_in in NAMES)
    ElementTree.fromstring(bundle["text/html"][bundle["text/html"].index("<svg") :].partition("</svg>")[0] + "</svg>")
    assert len(bundle["text/html"]) < 60_000


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssayError, match=r"cannot be written as '\.gif' \(end its name with \.svg, \.png"):
        TOKENIZERS.plot().save(tmp_path / "a.gif")


def without(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(chart, "_has", lambda module: module not in modules and find(module) is not None)


def test_without_a_library_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "vl_convert", "matplotlib")
    with pytest.raises(Unavailable, match=r'neither is installed \(pip install "assay-bench\[report\]"\)'):
        TOKENIZERS.plot()


@pytest.mark.long
@pytest.mark.parametrize("name", SHOWN)
def test_matplotlib_draws_where_vl_convert_is_missing(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    without(monkeypatch, "vl_convert")
    drawn = chart_of(SHOWN[name])
    assert set(drawn._repr_mimebundle_()) == {"image/png", "text/plain"}
    drawn.save(tmp_path / "a.svg")
    assert "<svg" in (tmp_path / "a.svg").read_text("utf-8")
    with pytest.raises(Unavailable, match="HTML needs vl-convert"):
        drawn.save(tmp_path / "a.html")


def test_the_page_of_a_report_has_the_same_colours() -> None:
    style = (Path(__file__).parents[3] / "plugins/assay_html/assets/style.css").read_text("utf-8")
    light, dark = (part.partition("}")[0] for part in style.split(":root {")[1:3])
    for palette, rules in ((LIGHT, light), (DARK, dark)):
        assert all(f"--{name}: {colour};" in rules for name, colour in palette.items())


def test_a_chart_says_what_it_is() -> None:
    assert repr(Chart(title="Speed", says="", panels=())) == "Speed: 0 panels; save it with .save('chart.svg')"
