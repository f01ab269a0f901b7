"""Columns and bars that fit any width."""

import re
import xml.etree.ElementTree as ET

import pytest

from scraper.report.plots import Bar, Tick, columns, nice_ceiling, percent, share_bar, stack


def drawn(**changes):
    usual = {"title": "T", "description": "D", "ticks": [Tick(0, "0"), Tick(50, "½"), Tick(100, "1")]}
    bars = [Bar(0, 50, 10, 0, "ten"), Bar(50, 75, 0, 0, "none"), Bar(75, 100, 20, 20, "<forty>")]
    return ET.fromstring(columns(bars, **(usual | changes)))


def test_a_plot_is_an_image_with_a_title_and_a_description():
    svg = drawn()
    title, description = svg.attrib["aria-labelledby"].split()
    assert svg.attrib["role"] == "img"
    assert {node.attrib["id"]: node.text for node in svg if node.tag in ("title", "desc")} == {
        title: "T",
        description: "D",
    }


def test_columns_are_as_high_as_their_numbers_and_stand_on_the_base():
    rects = [node.attrib for node in drawn().iter("rect")]
    assert [(rect["class"], rect["height"]) for rect in rects] == [("ok", "40.0"), ("ok", "80.0"), ("failed", "80.0")]
    assert [float(rect["y"]) + float(rect["height"]) for rect in rects] == [182.0, 182.0, 102.0]
    assert [rect["x"] for rect in rects] == ["0%", "75%", "75%"]


def test_one_page_among_many_is_seen():
    svg = ET.fromstring(columns([Bar(0, 50, 1), Bar(50, 100, 100_000)], title="", description="", ticks=[]))
    assert next(svg.iter("rect")).attrib["height"] == "1.0"


def test_labels_at_an_edge_stay_within_it():
    assert [node.attrib["text-anchor"] for node in drawn().iter("text") if "text-anchor" in node.attrib] == [
        "start", "middle", "end",
    ]  # fmt: skip


def test_no_two_plots_of_a_page_share_an_id():
    ids = re.findall(
        r' id="([^"]+)"',
        columns([], title="", description="", ticks=[]) * 1 + columns([], title="", description="", ticks=[]),
    )
    assert len(set(ids)) == 4


@pytest.mark.parametrize(("value", "top"), [(0, 2), (2, 2), (3, 4), (5, 10), (11, 20), (41, 100), (99_999, 100_000)])
def test_the_axis_ends_at_a_number_that_reads_well(value, top):
    assert nice_ceiling(value) == top


def test_bars_are_for_the_eye_only():
    for svg in (share_bar(0.5), stack([("ok", 1), ("failed", 3), ("ok", 0)])):
        assert ET.fromstring(svg).attrib["aria-hidden"] == "true"
    assert [node.attrib["width"] for node in ET.fromstring(stack([("ok", 1), ("failed", 3)]))] == ["25%", "75%"]
    assert percent(33.33333) == "33.333%"
