"""Fill rates: what counts as missing, dotted names of items, and that memory is bounded."""

from scraper.fill import MAX_DEPTH, MAX_NAMES, FieldCounts, Fill, outline


def counted(*pages, names=()):
    counts = FieldCounts(names)
    for fields in pages:
        counts.add(fields)
    return counts.fills()


def test_nothing_an_empty_text_and_an_empty_list_are_missing_and_zero_and_false_are_not():
    for value in (None, "", [], {}):
        assert counted({"x": value}) == {"x": Fill(0, 1)}
    for value in (0, 0.0, False, " ", [None], "0"):
        assert counted({"x": value})["x"] == Fill(1, 1)


def test_a_page_without_the_field_counts_against_it():
    assert counted({"price": 1}, {}, None, {"price": None}) == {"price": Fill(1, 4)}
    assert Fill(1, 4).share == 0.25


def test_a_field_that_was_asked_for_is_told_though_no_page_has_it():
    assert counted({"b": 1}, names=["a"]) == {"a": Fill(0, 1), "b": Fill(1, 1)}
    assert counted(names=["a"])["a"].share == 0


def test_items_are_counted_by_dotted_names_over_all_items():
    fills = counted({"items": [{"price": 1}, {"price": None}]}, {"items": [{"price": 3, "name": "x"}]}, {"items": []})
    assert fills == {"items": Fill(2, 3), "items.price": Fill(2, 3), "items.name": Fill(1, 3)}


def test_the_rows_of_a_list_page_are_counted_as_a_field_called_items():
    counts = FieldCounts()
    counts.add({"page": 1}, [{"price": 1}, {"price": ""}])
    counts.add(None, [])
    assert counts.fills() == {"page": Fill(1, 2), "items": Fill(1, 2), "items.price": Fill(1, 2)}


def test_objects_are_counted_by_dotted_names_over_the_pages_that_have_them():
    fills = counted({"offer": {"price": 1, "seller": {"name": "x"}}}, {"offer": {"price": None}}, {"offer": None})
    assert fills["offer.price"] == Fill(1, 2)
    assert fills["offer.seller.name"] == Fill(1, 1)


def test_a_dot_in_a_name_does_not_make_it_an_item():
    assert counted({"a.b": 1}, {"a.b": None}) == {"a.b": Fill(1, 2)}


def test_data_with_keys_of_their_own_on_each_page_do_not_fill_the_memory():
    fills = counted(*({str(page): 1, "title": "x"} for page in range(2 * MAX_NAMES)), names=["title"])
    assert len(fills) == MAX_NAMES
    assert fills["title"] == Fill(2 * MAX_NAMES, 2 * MAX_NAMES)


def test_names_go_only_so_deep():
    fields = {"x": 1}
    for _ in range(3 * MAX_DEPTH):
        fields = {"x": fields}
    assert max(name.count(".") for name in counted(fields)) == MAX_DEPTH - 1


def test_lists_of_texts_are_values():
    assert counted({"img": ["a", "b"]}) == {"img": Fill(1, 1)}


def test_an_outline_counts_as_the_fields_do_and_holds_no_values():
    fields = {"a": 0, "b": "", "c": [], "d": {}, "e": {"x": 2**99, "y": None}, "f": [{"x": 1}, {"x": None}], "g": ["t"]}
    assert counted(outline(fields)) == counted(fields)
    assert outline(fields)["e"] == {"x": True, "y": None}
    assert outline(None) is None
