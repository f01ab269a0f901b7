"""The tour notebook is true: every cell runs in a real kernel, and shows what the text before it says."""

import re
import warnings
from pathlib import Path

import pytest

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
for needed in ("ipykernel", "pandas", "matplotlib"):
    pytest.importorskip(needed)

TOUR = Path(__file__).parent / "tour.ipynb"
SHOWN = {
    "site = ServedSite": r"\(53,",
    "retries=0)\nrun": r"<Run: 53 lines = 48 ok \+ 4 failed \+ 1 duplicate \+ 0 pending",
    "run.failed": r"'/telephone.html', 'http-status', '503 Service Unavailable'",
    "run.retry": r"53 lines = 49 ok \+ 3 failed \+ 1 duplicate \+ 0 pending",
    "to_pandas": r"£12.50 +12.50?",
    "run.plot": r"image/png",
    "fill_rates": r"\{'heading': 1.0, 'price': 0.857",
    "run.check": r"^price>=95%: 85.7 % \(42 of 49 pages\)$",
    "open_run(": r"\(52, '.+', [0-9]+\)",
    "await ascrape": r"^10$",
    "async for": r"^10$",
    "button.start": r"\(52, 1, False\)",
}
"""What stands in a cell, and what it shows."""


def shown(cell):
    for output in cell.outputs:
        assert output["output_type"] != "error"
        assert output.get("name") != "stderr", output["text"]
    data = [output.get("data", {"text/plain": output.get("text", "").strip()}) for output in cell.outputs]
    lines = [each for each in data if each.get("text/plain") == ""]
    assert len(lines) <= 1, "one live line"
    return "\n".join("\n".join([each["text/plain"], *(["image/png"] * ("image/png" in each))]) for each in data).strip()


def test_the_notebook_in_git_has_no_outputs():
    cells = nbformat.read(TOUR, 4).cells
    assert all(not cell.outputs and cell.execution_count is None for cell in cells if cell.cell_type == "code")


@pytest.mark.slow
def test_every_cell_runs_and_shows_what_it_should(tmp_path):
    notebook = nbformat.read(TOUR, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Jupyter's own packages say of each other
        nbclient.NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    found = {cell.source: shown(cell) for cell in notebook.cells if cell.cell_type == "code"}
    for part, pattern in SHOWN.items():
        (source,) = [source for source in found if part in source]
        assert re.search(pattern, found[source], re.MULTILINE), found[source]
