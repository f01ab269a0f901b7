"""What a comparison tells of peers that fetch fewer pages."""

import pytest
from comparison import Comparison, efficiency, table
from measure import Measure
from workloads import WORKLOADS

SLOW = WORKLOADS["slow-500"]


def test_a_page_of_a_shorter_list_is_compared_with_one_of_the_whole():
    costs = {"ours": Measure(SLOW.pages / 1000, 20, 60), "scrapy": Measure(SLOW.short_pages / 100, 60, 99)}
    ours, scrapy = table(Comparison(SLOW, costs, []), None).rows
    assert (ours[1], ours[3]) == ("1.000", "1.00")
    assert (scrapy[1], scrapy[3], scrapy[5]) == ("10.000", "0.10", "100")
    assert efficiency(costs["scrapy"], SLOW, "scrapy") == pytest.approx(100 / 2_500)


def test_ours_and_go_fetch_the_whole_list_where_another_has_a_short_one():
    assert SLOW.pages_of("ours") == SLOW.pages_of("go") == SLOW.pages
    assert SLOW.pages_of("httpx") == SLOW.short_pages < SLOW.pages
    assert WORKLOADS["http"].pages_of("httpx") == WORKLOADS["http"].pages
