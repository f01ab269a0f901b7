"""A run under way: what is asked of it, both kinds of engine have."""

from typing import get_type_hints

import pytest

from scraper.engine import Engine
from scraper.processes.fleet import Fleet
from scraper.run import Running


@pytest.mark.parametrize("kind", [Engine, Fleet])
def test_an_engine_and_a_fleet_are_runs_under_way(kind):
    own = set(kind.__dataclass_fields__) | set(dir(kind))
    promised = {name for name in vars(Running) if not name.startswith("_")} | set(get_type_hints(Running))
    assert promised - own == set()
    assert {"stats", "is_stopping", "pending", "stop"} <= promised
