"""How columns share a width: what must fit does, what may give way does so in order, and nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.report.text.column_layout import GAP, LONGEST_NAME, SHORTEST_NAME, Extent, fit


def name(width: int) -> Extent:
    return Extent(head=(9,), word=width, natural=max(width, 9))


def figures(width: int, *head: int, drop_rank: int | None = None) -> Extent:
    words = head or (width,)
    natural = max(width, sum(words) + len(words) - 1)
    return Extent(head=words, word=width, natural=natural, figures=True, drop_rank=drop_rank)


def sentences(words: int, natural: int) -> Extent:
    return Extent(head=(7,), word=words, natural=natural, sentences=True)


@st.composite
def extents(draw: st.DrawFn) -> list[Extent]:
    found = [name(draw(st.integers(1, 250)))]
    for number in range(draw(st.integers(0, 12))):
        head = tuple(draw(st.lists(st.integers(1, 12), min_size=1, max_size=3)))
        word = draw(st.integers(1, 16))
        kind = draw(st.sampled_from(["figures", "name", "sentences"]))
        found.append(
            Extent(
                head=head,
                word=word,
                natural=max(sum(head) + len(head) - 1, word + draw(st.integers(0, 60)) * (kind == "sentences")),
                figures=kind == "figures",
                sentences=kind == "sentences",
                drop_rank=number if draw(st.booleans()) else None,
            )
        )
    return found


WIDTHS = st.integers(20, 250)


@given(extents(), WIDTHS)
def test_every_column_is_there_or_left_out_and_only_one_that_may_give_way(found: list[Extent], width: int) -> None:
    layout = fit(found, width)
    shown = [index for part in layout.parts for index in part.columns[part is not layout.parts[0] :]]
    assert sorted([*shown, *layout.left_out]) == list(range(len(found)))
    assert shown == sorted(shown)
    assert all(part.columns[0] == 0 for part in layout.parts)
    assert all(found[index].drop_rank is not None for index in layout.left_out)


@given(extents(), WIDTHS)
def test_it_fits_unless_a_word_of_a_column_has_no_room_beside_the_name(found: list[Extent], width: int) -> None:
    for part in fit(found, width).parts:
        assert part.width <= width or len(part.columns) == 2


@given(extents(), WIDTHS)
def test_no_figure_is_cut_and_no_column_is_wider_than_it_needs_to_be(found: list[Extent], width: int) -> None:
    for part in fit(found, width).parts:
        for index, cells in zip(part.columns, part.widths, strict=True):
            assert cells <= max(found[index].natural, *found[index].head)
            assert cells >= (
                found[index].word if found[index].figures else min(found[index].word, SHORTEST_NAME, (width - GAP) // 2)
            )


@given(extents(), WIDTHS)
def test_columns_leave_in_their_order_and_no_more_than_need_to(found: list[Extent], width: int) -> None:
    left = fit(found, width).left_out
    order = sorted((one.drop_rank, index) for index, one in enumerate(found) if one.drop_rank is not None)
    assert sorted(left) == sorted(index for _, index in order[: len(left)])
    assert set(fit(found, width + 1).left_out) <= set(left)


@pytest.mark.long
@given(extents(), WIDTHS)
def test_all_are_as_wide_as_they_like_where_there_is_room(found: list[Extent], width: int) -> None:
    natural = sum(one.natural for one in found) + GAP * (len(found) - 1)
    if natural <= width:
        (part,) = fit(found, width).parts
        if found[0].word <= max(LONGEST_NAME, width * 2 // 5):
            assert part.widths == tuple(one.natural for one in found)


def test_step_by_step() -> None:
    columns = [name(16), figures(8), figures(10, 7, 2), figures(6, drop_rank=1), figures(6, drop_rank=0)]
    wide = fit(columns, 100)
    assert (wide.parts[0].widths, wide.left_out) == ((16, 8, 10, 6, 6), ())
    assert fit(columns, 54).left_out == ()
    assert fit(columns, 53).left_out == (4,)
    assert fit(columns, 45).left_out == (3, 4)
    narrow = fit(columns, 36)
    assert (narrow.parts[0].gap, len(narrow.parts)) == (1, 1)
    (one, other) = fit(columns, 24).parts
    assert (one.columns, other.columns) == ((0, 1), (0, 2))
    assert one.widths == (14, 8)


def test_the_last_column_stays_though_all_may_give_way() -> None:
    fitted = fit([figures(21, drop_rank=place) for place in range(3)], 20)
    assert [part.columns for part in fitted.parts] == [(2,)]
    assert fitted.left_out == (0, 1)


def test_a_very_long_name_wraps_rather_than_push_out_the_figures() -> None:
    columns = [name(200), figures(8), figures(8), figures(6, drop_rank=0)]
    layout = fit(columns, 80)
    assert layout.left_out == ()
    assert layout.parts[0].widths[1:] == (8, 8, 6)
    assert layout.parts[0].width == 80


def test_sentences_share_what_is_left_and_titles_wrap_only_where_they_must() -> None:
    (part,) = fit([name(10), sentences(9, 90), sentences(9, 30)], 80).parts
    assert part.widths == (10, 36, 30)
    (part,) = fit([name(10), figures(5, 5, 3, 5), figures(5, 5, 3, 5)], 32).parts
    assert part.widths == (10, 9, 9)  # of two lines each, where the least is 5, of three
    (part,) = fit([name(10), figures(5, 5, 3, 5), figures(5, 5, 3, 5)], 31).parts
    assert part.widths == (10, 5, 5)
