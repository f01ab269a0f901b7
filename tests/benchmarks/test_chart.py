"""How growth is drawn."""

from xml.etree import ElementTree as ET

from chart import HEIGHT, WIDTH, Panel, svg


def test_every_point_is_inside_its_panel_and_more_is_higher():
    root = ET.fromstring(svg([Panel("CPU & time", "URLs", [10, 100, 1000], [1.0, 2.0, 0.5])]))
    points = [(float(one.get("cx")), float(one.get("cy"))) for one in root.iter("{http://www.w3.org/2000/svg}circle")]
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in points)
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert points[1][1] < points[0][1] < points[2][1]
