"""The import stack of the package: imports point down only, and each library has one door."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "scraper"

ROWS = {
    "__main__": 13, "cli": 12,
    "api": 11,
    "runner": 10,
    "processes": 9, "trial": 9, "offline": 9,
    "wiring": 8, "dashboard": 8, "metrics": 8,
    "run": 7, "status": 7, "progress": 7, "plan": 7, "verify": 7, "report": 7,
    "engine": 6,
    "recrawl": 5,
    "writer": 4, "export": 4,
    "fetcher": 3, "robots": 3, "frontier": 3, "resume": 3, "control": 3,
    "poison": 3, "kept": 3, "cron": 3, "logs": 3, "extract": 3, "sources": 3, "demo": 3, "expect": 3,
    "transport": 2, "urls": 2, "recipe": 2, "extras": 2, "stats": 2, "output": 2, "loops": 2, "memory": 2,
    "loopback": 2, "markup": 2, "seats": 2, "start": 2,
    "models": 1, "config": 1, "compression": 1, "fill": 1,
    "errors": 0,
}  # fmt: skip

DOORS = {
    "typer": {"cli"},
    "httpx": {"fetcher", "transport", "wiring", "runner", "api", "trial", "cron"},
    "httptools": {"transport"},
    "aiohappyeyeballs": {"transport"},
    "certifi": {"transport"},
    "tenacity": {"engine"},
    "protego": {"robots"},
    "rich": {"progress", "cli"},
    "selectolax": {"extract"},
    "ada_url": {"urls"},
    "webencodings": {"fetcher"},
    "isal": {"fetcher", "compression"},
    "brotli": {"fetcher"},
    "zstandard": {"fetcher", "compression"},
    "uvloop": {"loops"},
    "trafilatura": {"extras"},
    "trustme": set(),
}

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def part_of(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports_of(path):
    """Yield the dotted names that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where they point"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name_of(path):
    return str(path.relative_to(PACKAGE))


def test_every_part_stands_in_the_table():
    assert {part_of(path) for path in MODULES} == set(ROWS)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_down(path):
    own = part_of(path)
    for name in imports_of(path):
        if name.startswith("scraper."):
            other = name.split(".")[1]
            if other in ROWS and other != own:
                assert ROWS[other] < ROWS[own], f"{own} (row {ROWS[own]}) imports {other} (row {ROWS[other]})"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_library_comes_in_by_its_own_door(path):
    for name in imports_of(path):
        library = name.split(".")[0]
        if library in DOORS:
            assert part_of(path) in DOORS[library]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_in_its_first_line_what_it_is_for(path):
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert docstring
    assert docstring.splitlines()[0].endswith((".", ":"))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_task_is_started_outside_a_group(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "asyncio.create_task":
            pytest.fail(f"line {node.lineno}: a bare create_task")


def defines_something(path):
    return any(isinstance(node, ast.ClassDef | ast.FunctionDef) for node in ast.walk(ast.parse(path.read_text())))


def test_every_module_has_its_test():
    tests = PACKAGE.parent / "tests"
    missing = []
    for path in MODULES:
        relative = path.relative_to(PACKAGE)
        name = f"test_{path.parent.name if path.name == '__init__.py' else path.stem}.py"
        places = [tests / relative.parent / name, tests / relative.parent.parent / name]
        if path.name == "verdict_rules.py":  # data
            places.append(tests / "extract" / "test_verdict.py")
        if path.parent.name == "commands":  # declarations, tested as one
            places.append(tests / "cli" / "test_commands.py")
        if defines_something(path) and not any(place.exists() for place in places):
            missing.append(str(relative))
    assert not missing
