"""Tables that a screen reader can walk, and the words of their cells."""

import pytest

from scraper.report import tables
from scraper.report.groups import Group
from scraper.report.tables import Cell, Table


def test_a_table_has_a_caption_and_names_its_rows_and_columns():
    made = tables.table(Table(caption="C<", note="N", head=["A", "B"], rows=[[Cell("a<"), tables.number(1234)]]))
    assert "<caption" in made
    assert "C&lt;<small>N</small>" in made
    assert '<th scope="col">A</th><th scope="col" class="number">B</th>' in made
    assert '<th scope="row">a&lt;</th><td class="number">1,234</td>' in made


def test_a_table_scrolls_by_itself_and_can_be_reached_by_keys():
    made = tables.table(Table(caption="C", head=["A"], rows=[]))
    name = made.partition('aria-labelledby="')[2].partition('"')[0]
    assert made.startswith('<div class="scroll" tabindex="0" role="region"')
    assert f'<caption><span id="{name}">' in made


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (0, 0, "\N{EN DASH}"),
        (0, 9, "0 %"),
        (9, 9, "100 %"),
        (1, 3, "33.3 %"),
        (1, 10**6, "under 0.1 %"),
        (10**6 - 1, 10**6, "99.9 %"),
    ],
)
def test_only_all_is_a_hundred_per_cent_and_only_none_is_nought(part, whole, said):
    assert tables.percentage(part, whole) == said


def test_groups_are_told_with_their_latency():
    group = Group()
    group.add(is_ok=True, bucket=300, size=2_000_000)
    made = tables.groups("C", "Host", [(tables.element("b", "h"), group)], whole=2)
    assert "<b>h</b>" in made
    assert "50 %" in made
    assert "2.0 MB" in made
    assert tables.groups("C", "Host", [], whole=2) == ""


def test_a_page_is_told_by_url_and_title():
    made = tables.page_cell("http://h.example/", "<T>").content
    assert 'href="http://h.example/"' in made
    assert "&lt;T&gt;" in made
