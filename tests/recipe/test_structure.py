import msgspec
import pytest

from scraper import Field, Recipe
from scraper.recipe import SOURCES


def test_a_field_has_a_key_for_each_source():
    assert set(SOURCES) < set(Field.__struct_fields__)


def test_a_key_that_is_not_there_is_a_type_error_in_python():
    with pytest.raises(TypeError, match="tpye"):
        Field(css="h1", tpye="int")


def test_a_recipe_is_frozen():
    with pytest.raises(AttributeError):
        Recipe(fields={"a": "h1"}).fields = {}


def test_a_recipe_can_be_written_as_json():
    recipe = Recipe(fields={"a": "h1"}, items=Field(scope=".p", fields={"b": Field(css="i", type="int")}))
    assert msgspec.json.decode(msgspec.json.encode(recipe))["items"]["fields"]["b"]["type"] == "int"
