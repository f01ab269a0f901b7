"""A real Jupyter kernel, headless: scrape() twice and await ascrape() once, no event-loop error."""

import warnings

import local_site
import pytest
from local_site import html

CELLS = [
    "from scraper import ascrape, scrape\nfirst = scrape([URL], select={'head': 'h1'})\nfirst.records[0].fields",
    "second = scrape([URL + '2', URL + '3'])\nlen(second.records)",
    "third = await ascrape([URL])\nthird.summary.ok",
]


@pytest.mark.slow
def test_scrape_twice_and_ascrape_once_in_a_notebook(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Jupyter's own packages say of each other
        nbclient = pytest.importorskip("nbclient")
        nbformat = pytest.importorskip("nbformat")
        pytest.importorskip("ipykernel")
        with local_site.running({path: html("<h1>Head</h1>") for path in ("/", "/2", "/3")}) as site:
            cells = [nbformat.v4.new_code_cell(f"URL = {site.url()!r}"), *map(nbformat.v4.new_code_cell, CELLS)]
            notebook = nbformat.v4.new_notebook(cells=cells)
            nbclient.NotebookClient(notebook, timeout=40, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [cell.outputs[-1]["data"]["text/plain"] for cell in notebook.cells[1:]]
    assert shown == ["{'head': 'Head'}", "2", "1"]
