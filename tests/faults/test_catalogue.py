"""The fault catalogue is whole: each row has tests, and the published table names them all."""

import ast
from pathlib import Path

import pytest
from faults_table import ROWS, TABLE, rows_of

TESTS = [
    node.name
    for path in Path(__file__).parent.glob("test_*.py")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
]


@pytest.mark.parametrize("row", ROWS)
def test_each_row_has_tests(row):
    assert any(row in rows_of(name)[0] for name in TESTS)


def test_the_table_names_each_test_and_nothing_else_and_all_have_passed(request):
    if request.config.getoption("--faults-table"):
        pytest.skip("it is being written")
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    table = {line.split(" | ")[0].removeprefix("| "): line for line in lines if line.startswith("| ")}
    assert set(table) == {"row", *ROWS}
    for name in TESTS:
        rows, says = rows_of(name)
        for row in rows:
            assert f"{says} (" in table[row], (
                f"write the table anew: python -m pytest {Path('tests/faults')} --faults-table"
            )
    assert "failed" not in "".join(table[row].rpartition(" | ")[2] for row in ROWS)
