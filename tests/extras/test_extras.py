"""An optional dependency is imported on demand, or its extra is named."""

import math

import pytest

from scraper.errors import UsageError
from scraper.extras import need


def test_what_is_there_is_imported():
    assert need("math", extra="maths") is math


def test_what_is_missing_names_its_extra():
    with pytest.raises(UsageError, match=r"pip install 'scraper\[pandas\]'"):
        need("no_such_module", extra="pandas")
