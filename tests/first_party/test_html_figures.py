"""The charts of the HTML report: what they are drawn from, and what their drawings may hold."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

import assay
import nasty
from assay.records.results import (
    AttentionCase,
    Manifest,
    Measurement,
    Metrics,
    Run,
    Sample,
    Status,
    Timing,
    TokenizerCase,
)
from assay.records.workload import Workload

pytest.importorskip("vl_convert")
from assay_html.escape import script_json, show_unseen
from assay_html.figures import figures
from assay_html.grid import tokenizer_grid
from assay_html.page import _drawn, write
from assay_html.tokens import packed

HOSTILE = '<script>"quoted" & \u202e</script>'


def outcome(name: str) -> assay.Outcome:
    rows = [
        Measurement(
            case=TokenizerCase(tokenizer=f"{name}{number}", corpus=corpus),
            status=Status.OK,
            metrics=Metrics(
                bytes_per_token=3.5 + number,
                bytes_per_token_low=3.0 + number,
                bytes_per_token_high=4.0 + number,
                encode_mb_per_s=10.0 * (number + 1),
                encode_spread=0.1,
                line_mb_per_s=1.0 + number,
                parity_de=1.5,
                family="f",
                vocabulary_size=1000 * (number + 1),
                growth_exponent=1.1,
                growth_exponent_low=1.06,
                growth_exponent_high=1.14,
            ),
        )
        for number in range(3)
        for corpus in ("text", "adversarial-spaces")
    ]
    run = Run(id="r", started="2026-11-26", suite="s/1", command="assay run", environment={})
    counts = Manifest(planned=6, ok=6, failed=0, skipped=0, unsupported=0, missing=0)
    return assay.Outcome(run=run, manifest=counts, measurements=tuple(rows), noise=None)


@pytest.mark.long
@pytest.mark.parametrize("name", ["tokenizer-", HOSTILE])
def test_every_drawing_is_safe_and_says_what_it_shows(name: str) -> None:
    found = figures(outcome(name))
    assert [figure.id for figure in found] == [
        "chart-compression",
        "chart-parity",
        "chart-speed",
        "chart-lengths",
        "chart-vocabulary",
        "chart-growth",
    ]
    ids: list[str] = []
    for figure in found:
        assert figure.says.endswith(".")
        assert figure.alt
        assert {len(row) for row in figure.rows} == {len(figure.columns)}
        root = ElementTree.fromstring(_drawn(figure))
        tags = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert tags <= {"svg", "g", "path", "rect", "line", "text", "tspan", "title", "defs", "clipPath"}
        for element in root.iter():
            assert not {"style", "href"} & set(element.attrib)
            assert not [key for key in element.attrib if key.startswith("on")]
            ids += [element.attrib["id"]] if "id" in element.attrib else []
            assert element.attrib.get("fill", "none") in ("none", "transparent"), element.attrib
        assert root.attrib["aria-label"]
        assert any(element.tag.endswith("title") for element in root.iter())
    assert len(ids) == len(set(ids))


def test_the_rows_are_the_metrics() -> None:
    compression = figures(outcome("t"))[0]
    assert compression.rows[0] == ("t0", "text", "3.500", "3.000 to 4.000")
    values = [point["value"] for point in compression.spec["data"]["values"]]
    assert values == [3.5, 4.5, 5.5]


def test_what_loses_text_is_hollow_and_never_the_best() -> None:
    rows = [
        Measurement(
            case=TokenizerCase(tokenizer=name, corpus="text"),
            status=Status.OK,
            metrics=Metrics(bytes_per_token=value, round_trip=whole, characters_back=back),
        )
        for name, value, whole, back in (("exact", 4.0, 1.0, 1.0), ("lossy", 7.25, 0.5, 0.99999), ("old", 5.0, 0.0, 1))
    ]
    grid = tokenizer_grid(rows)
    titles = [column.title for column in grid.columns]
    per_token, trip = titles.index("bytes per token"), titles.index("round trip")
    assert [row[per_token] for row in grid.rows] == [["4.00", 4.0], ["*7.25", 7.25], ["*5.00", 5.0]]
    assert [row[trip][0] for row in grid.rows] == ["exact", "99.999% back", "lossy"]
    assert "part of the text is lost" in grid.caption
    assert "lost" not in tokenizer_grid(rows[:1]).caption
    chart = figures(replace(outcome("t"), measurements=tuple(rows)))[0]
    assert [point.get("hollow") for point in chart.spec["data"]["values"]] == [None, True, True]
    assert "hollow dot" in chart.says
    assert _drawn(chart).count('stroke-width="1.8"') >= 2
    assert "hollow" not in figures(replace(outcome("t"), measurements=tuple(rows[:1])))[0].says


def test_exponents_are_drawn_with_their_interval_or_not_at_all() -> None:
    found = outcome("t")
    growth = figures(found)[-1]
    assert growth.rows[0] == ("t0", "spaces", "1.10", "1.06 to 1.14")
    assert growth.spec["data"]["values"][0]["label"] == ["1.10", "±0.04"]
    without = [
        replace(
            row, metrics=Metrics({name: value for name, value in row.metrics.items() if name != "growth_exponent_low"})
        )
        for row in found.measurements
    ]
    assert "chart-growth" not in {one.id for one in figures(replace(found, measurements=tuple(without)))}


@pytest.mark.parametrize(("epochs", "label"), [(3, "sdpa, 2.00 ±0.01"), (2, "sdpa")])
def test_an_exponent_of_time_stands_behind_a_name_from_three_epochs_on(epochs: int, label: str) -> None:
    core = Workload.self_attention("core", batch=1, length=512, d_model=8)
    rows = tuple(
        Measurement(
            case=AttentionCase(attention="sdpa", workload=replace(core, q_len=length, kv_len=length)),
            status=Status.OK,
            metrics=Metrics(step_clock="cpu", step_seconds=length**2 / 1e9),
            timings=(
                Timing(
                    name="step",
                    samples=tuple(Sample(1, 10 * length**2, length**2, epoch) for epoch in range(epochs)),
                ),
            ),
        )
        for length in (512, 1024, 2048)
    )
    (found,) = figures(replace(outcome("t"), measurements=rows))
    assert {row[0] for row in found.rows} == {label}


@pytest.mark.long
def test_a_busy_run_says_so_at_the_top_and_in_a_column_of_its_own() -> None:
    quiet = outcome("t")
    timed = Metrics(encode_samples=10, encode_clock="cpu", busy=True)
    rows = (replace(quiet.measurements[0], metrics=timed), *quiet.measurements[1:])
    grid = tokenizer_grid(rows)
    assert [column.title for column in grid.columns][-3:] == ["status", "busy", "note"]
    assert [row[-2] for row in grid.rows[:2]] == [["busy"], [""]]
    assert grid.statuses == ("ok",)
    page = write(assay.ReportContext(shows="run", outcomes=(replace(quiet, measurements=rows),)))
    assert "The machine was busy: 1 of 1 rows" in page.partition("<nav")[0]
    assert "The machine was busy" not in write(assay.ReportContext(shows="run", outcomes=(quiet,)))


def test_a_trend_says_its_clock() -> None:
    series = replace(nasty.series()[0], metric="encode_mb_per_s", clock="cpu")
    page = write(assay.ReportContext(shows="history", series=(series,)))
    assert "encode_mb_per_s by CPU time of" in page


def test_a_run_without_data_has_no_figures() -> None:
    empty = outcome("t")
    assert figures(assay.Outcome(run=empty.run, manifest=empty.manifest, measurements=(), noise=None)) == ()


@pytest.mark.long
@pytest.mark.parametrize("shown", nasty.publications(), ids=lambda shown: f"{shown.shows}-{bool(shown.comparison)}")
def test_hostile_words_can_be_seen_on_a_page(shown: assay.ReportContext) -> None:
    """A character that XML cannot hold once ended the whole process in the library that draws."""
    page = write(replace(shown, command="".join(nasty.WORDS.values())))
    assert set(nasty.UNFIT.findall(page)) <= {"\t", "\u2028", "\u2029"}  # which a browser takes for white space
    assert "<img" not in page
    assert "&lt;U+202E&gt;back&lt;U+202C&gt;" in page


def test_json_in_a_script_element_cannot_end_it() -> None:
    text = script_json({"a": "</script><!-- & \u2028"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"a": "</script><!-- & \u2028"}


def test_numbers_are_packed_small() -> None:
    import base64
    import zlib

    assert zlib.decompress(base64.b64decode(packed([0, 127, 128, 300])), -15) == bytes([0, 127, 128, 1, 172, 2])


def test_a_page_says_what_pretrained_vocabularies_were_trained_on() -> None:
    case = TokenizerCase(tokenizer="old", corpus="text")
    row = Measurement(case=case, status=Status.OK, metrics=Metrics(pretrained_on="old books"))
    page = write(assay.ReportContext(shows="run", outcomes=(replace(outcome("t"), measurements=(row,)),)))
    assert "what pretrained vocabularies were trained on" in page
    assert "old books" in page


def test_figures_of_plugins_are_columns_and_bars_are_drawn_within_a_group() -> None:
    rows = [
        Measurement(
            case=TokenizerCase(tokenizer=f"t{number}", corpus="text" if number else "odd"),
            status=Status.OK,
            metrics=Metrics(
                bytes_per_token=4.0 + number if number else 1e6, mine_share=0.123456, mine_word="<b>", mine_count=12_345
            ),
        )
        for number in range(20)
    ]
    grid = tokenizer_grid(rows)
    titles = [column.title for column in grid.columns]
    assert titles[-5:] == ["mine_count", "mine_share", "mine_word", "status", "note"]
    assert [column.numeric for column in grid.columns[-5:]] == [True, True, False, False, False]
    assert grid.rows[0][-5:-2] == [["12,345", 12345.0], ["0.123", 0.123456], ["<b>"]]
    assert [most[titles.index("bytes per token")] for most in grid.most] == [1e6, 23.0]
    assert grid.groups == (0, *[1] * 19)


def test_a_run_of_spaces_is_shown_on_a_page() -> None:
    assert show_unseen("'  a' is ' a'") == "'\u00a0\u00a0a' is ' a'"
