"""Records as columns: names and kinds."""

from datetime import UTC, datetime

from runs import RECORDS, failed, ok

from scraper.run.columns import BASE, Columns


def test_nested_data_have_dotted_names_and_nothing_is_overwritten():
    table = Columns(RECORDS)
    first = {name: values[0] for name, values in table.values.items() if values[0] is not None}
    assert first == {
        "url": "http://a/",
        "ok": True,
        "status": 200,
        "attempts": 1,
        "fetched_at": datetime(2026, 11, 24, 12, 0, 0, 250_000, UTC),
        "elapsed_ms": 41.5,
        "timings.dns": 1.5,
        "bytes": 100,
        "title": "A",
        "price": 5,
        "fields.title": "B",
        "id": "7",
        "input.price": "x",
    }
    assert table.values["error.kind"] == [None, "read-timeout"]


def test_a_field_has_its_name_before_a_column_of_the_input_whichever_comes_first():
    table = Columns([failed(input={"price": "x"}), ok(fields={"price": 5})])
    assert (table.values["price"], table.values["input.price"]) == ([None, 5], ["x", None])


def test_no_record_and_any_records_have_the_same_first_columns():
    assert list(Columns([]).values) == list(BASE)
    assert list(Columns(RECORDS).values)[: len(BASE)] == list(BASE)
    empty = Columns([], ["price"])
    assert (empty.values["price"], empty.kinds["price"]) == ([], "text")


def test_every_column_is_as_long_as_the_table():
    late = [ok(), ok(fields={"a": 1}), ok(), ok(meta={"opengraph": {"og:title": "x"}}), ok()]
    table = Columns(late)
    assert {len(values) for values in table.values.values()} == {5}
    assert table.values["meta.opengraph.og:title"] == [None, None, None, "x", None]


def test_kinds_are_what_the_values_are():
    fields = [
        {"n": 1, "f": 1, "b": True, "t": "x", "l": ["x"], "m": 1, "big": 2**63, "o": {"x": {}, "y": 1}},
        {"n": None, "f": 1.5, "b": None, "t": None, "l": None, "m": "x", "big": 1, "o": None},
    ]
    kinds = Columns([ok(fields=found) for found in fields]).kinds
    assert {name: kinds[name] for name in ("n", "f", "b", "t", "l", "m", "big", "o.x", "o.y")} == {
        "n": "int", "f": "float", "b": "bool", "t": "text", "l": "any", "m": "any", "big": "any",
        "o.x": "any", "o.y": "int",
    }  # fmt: skip
