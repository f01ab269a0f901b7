"""Columns and their types are found over all records, in bounded memory; rows hold what records hold."""

import pytest

from scraper.errors import UsageError
from scraper.export import columns as module
from scraper.export.columns import Column, Survey


def table_of(records, columns=None, rows=None):
    survey = Survey(columns)
    for record in records:
        survey.add(record)
    table = survey.table(rows)
    return table, [dict(zip((c.name for c in table.columns), row, strict=True)) for row in table.rows(records)], survey


def names_of(records, **options):
    return [column.name for column in table_of(records, **options)[0].columns]


def test_nested_keys_are_columns_with_dotted_names_in_the_order_of_the_record():
    records = [
        {"fields": {"price": 1, "a.b": 2, "a": {"b": 3}}, "url": "u", "ok": True},
        {"url": "v", "error": {"kind": "deadline"}, "zz": 1, "fields": {"late": 4}},
    ]
    table, rows, _ = table_of(records)
    assert [column.name for column in table.columns] == [
        "url", "ok", "error.kind", "fields.price", 'fields."a.b"', "fields.a.b", "fields.late", "zz",
    ]  # fmt: skip
    assert rows[0]['fields."a.b"'] == 2
    assert rows[0]["fields.a.b"] == 3
    assert rows[1]["fields.late"] == 4
    assert rows[0]["zz"] is None


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ([1, 2], Column("a", "int")),
        ([1, 2.5], Column("a", "float")),
        ([2**53 + 1, 1], Column("a", "int")),
        ([2**53 + 1, 0.5], Column("a", "text")),
        ([2**64, 1], Column("a", "text")),
        ([-(2**63)], Column("a", "int")),
        ([1, "a"], Column("a", "text")),
        ([True, False, None], Column("a", "bool")),
        ([True, 1], Column("a", "text")),
        ([None], Column("a", "text")),
        ([["a"], ["b", None], []], Column("a", "text", is_list=True)),
        ([[1], [2.5]], Column("a", "float", is_list=True)),
        ([[1, "a"]], Column("a", "text", is_list=True)),
        ([[{"b": 1}], []], Column("a", "json")),
        ([[["a"]]], Column("a", "json")),
        ([["a"], "a"], Column("a", "text")),
    ],
)
def test_a_column_has_the_type_that_all_its_values_can_have(values, column):
    assert table_of([{"a": value} for value in values])[0].columns == [column]


def test_a_key_that_is_an_object_here_and_a_value_there_has_a_column_for_each():
    assert names_of([{"a": 1}, {"a": {"b": 2}}]) == ["a", "a.b"]


def test_items_are_rows_with_their_pages_columns():
    records = [
        {"url": "u", "items": [{"name": "x", "at": {"x": 1}}, {"name": "y"}]},
        {"url": "v", "items": []},
        {"url": "w"},
    ]
    table, rows, survey = table_of(records)
    assert table.kind == "items"
    assert rows == [
        {"url": "u", "items.name": "x", "items.at.x": 1},
        {"url": "u", "items.name": "y", "items.at.x": None},
    ]
    assert (survey.items, survey.without_items) == (2, 2)
    table, rows, _ = table_of(records, rows="pages")
    assert [column.name for column in table.columns] == ["url", "items"]
    assert table.columns[1].kind == "json"
    assert rows[0]["items"] == records[0]["items"]


def test_pages_are_rows_when_no_column_of_items_is_chosen():
    records = [{"url": "u", "items": [{"x": 1}, {"x": 2}]}]
    assert table_of(records, columns=["url"])[1] == [{"url": "u"}]
    assert table_of(records, columns=["url"], rows="items")[1] == [{"url": "u"}] * 2
    with pytest.raises(UsageError, match="no record has items"):
        table_of([{"url": "u"}], rows="items")


@pytest.mark.parametrize("items", [{"a": 1}, [1, 2], "x", [{"a": 1}, 2]])
def test_items_that_are_no_list_of_objects_are_a_column(items):
    table, rows, _ = table_of([{"url": "u", "items": items}])
    assert table.kind == "pages"
    assert rows == [{"url": "u", "items": items}]


def test_chosen_columns_come_in_their_order_and_a_name_stands_for_all_below_it():
    records = [{"url": "u", "ok": True, "fields": {"a": 1, "b": {"c": 2}}, "items": [{"x": 1, "y": 2}]}]
    assert names_of(records, columns=["fields", "url"]) == ["fields.a", "fields.b.c", "url"]
    assert names_of(records, columns=["fields.b", "fields"]) == ["fields.b.c", "fields.a"]
    assert names_of(records, columns=["items.y", "url"]) == ["items.y", "url"]


@pytest.mark.parametrize("name", ["fields.c", "fields.a.x", "nothing"])
def test_a_chosen_column_that_no_record_has_is_refused(name):
    with pytest.raises(UsageError, match=f"no record has a column {name}"):
        names_of([{"fields": {"a": 1}}], columns=[name])


def test_too_many_keys_of_an_object_become_one_column_of_json(monkeypatch):
    monkeypatch.setattr(module, "MAX_COLUMNS", 20)
    wide = [
        {"url": "u", "meta": {"og": {f"k{n}": n for n in range(start, start + 15)}, "t": 1}} for start in (0, 15, 30)
    ]
    table, rows, survey = table_of([*wide, {"url": "v", "meta": {"og": {}}}])
    assert [column.name for column in table.columns] == ["url", "meta.og", "meta.t"]
    assert table.columns[1].kind == "json"
    assert survey.joined == ["meta.og"]
    assert rows[0]["meta.og"] == wide[0]["meta"]["og"]


def test_a_hundred_thousand_keys_take_the_memory_of_a_thousand():
    survey = Survey()
    for start in range(0, 100_000, 500):
        survey.add({"url": "u", "fields": {f"k{n}": 1 for n in range(start, start + 500)}})
    assert survey.joined == ["fields"]
    assert survey._root.children["fields"].children == {}
    survey = Survey(["fields.k7", "url"])
    survey.add({"url": "u", "fields": {f"k{n}": 1 for n in range(100_000)}})
    assert [column.name for column in survey.table().columns] == ["fields.k7", "url"]


def test_items_of_too_many_keys_are_json_row_by_row(monkeypatch):
    monkeypatch.setattr(module, "MAX_COLUMNS", 20)
    items = [{f"k{n}": 1 for n in range(start, start + 15)} for start in (0, 15)]
    table, rows, _ = table_of([{"url": "u", "items": items}])
    assert [(column.name, column.kind) for column in table.columns] == [("url", "text"), ("items", "json")]
    assert [row["items"] for row in rows] == items


def test_too_many_keys_at_the_top_are_refused(monkeypatch):
    monkeypatch.setattr(module, "MAX_COLUMNS", 20)
    with pytest.raises(UsageError, match="choose some with --columns"):
        names_of([{f"k{n}": n for n in range(21)}])


def test_what_lies_deeper_than_columns_go_is_json():
    value = leaf = {}
    for _ in range(90):
        leaf["a"] = leaf = {}
    leaf["b"] = 1
    (column,) = table_of([{"deep": value}])[0].columns
    assert column == Column("deep" + ".a" * 9, "json")
