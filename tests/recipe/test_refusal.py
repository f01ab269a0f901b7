import pytest

from scraper.recipe.refusal import nearest, refusals, spelt


def test_a_path_is_spelt_as_it_is_written():
    assert spelt(("fields", "price", "any", 1, "css")) == "fields.price.any[1].css"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("a", "b"), "r.toml:2: a.b: x"),
        (("a", "c", 0), "r.toml:1: a.c[0]: x"),
        (("z",), "r.toml: z: x"),
        ((), "r.toml: x"),
    ],
)
def test_what_has_no_line_gets_that_of_what_it_is_in(path, place):
    assert str(refusals("r.toml", lambda: {("a",): 1, ("a", "b"): 2})(path, "x")) == place


def test_a_word_that_is_not_known_gets_the_nearest_or_the_list():
    assert nearest("requierd", ("required", "regex")) == "did you mean required?"
    assert nearest("xyz", ("required", "regex")) == "it is one of required, regex"
