from scraper.extract.recipe.unreadable import MAX_SHOWN, shown


def test_a_value_is_quoted_and_not_longer_than_a_line():
    assert shown("a\nb") == r"'a\nb'"
    assert len(shown("x" * 1000)) == MAX_SHOWN + 1
