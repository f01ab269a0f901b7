"""A real Jupyter kernel, headless: what a cell shows, what an interrupt leaves, and no event-loop error."""

import asyncio
import warnings
from contextlib import asynccontextmanager

import local_site
import pytest
from local_site import html

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")

pytestmark = pytest.mark.slow
RUNNING = "[thread.name for thread in __import__('threading').enumerate() if thread.name in ('scrape', 'output')]"


@pytest.fixture(scope="module")
def site():
    pages = {f"/{n}": html(f"<title>{n}</title><h1>Head</h1>") for n in range(9)}
    pages["/slow"] = html("<title>slow</title>", delay=0.7)
    pages["/hang"] = html("<title>x</title>", delay=60)
    with local_site.running(pages) as running:
        yield running


@asynccontextmanager
async def kernel(tmp_path, site):
    """Yield a function that runs a cell of one notebook and returns its outputs, and the kernel's manager."""
    notebook = nbformat.v4.new_notebook()
    client = nbclient.NotebookClient(notebook, timeout=40, resources={"metadata": {"path": str(tmp_path)}})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Jupyter's own packages say of each other
        async with client.async_setup_kernel():

            async def run(source):
                notebook.cells.append(nbformat.v4.new_code_cell(source))
                return (await client.async_execute_cell(notebook.cells[-1], len(notebook.cells) - 1)).outputs

            await run(f"from scraper import ascrape, scrape\nURL = {site.url()!r}")
            yield run, client.km


def value(outputs):
    return outputs[-1]["data"]["text/plain"]


def in_kernel(tmp_path, site, scenario):
    async def main():
        async with kernel(tmp_path, site) as (run, manager):
            await scenario(run, manager)

    asyncio.run(main())


async def interrupted(run, manager, source, site, path):
    """Run a cell, press stop once `path` was asked for, and return the cell's outputs."""
    asked = sum(hit.target == path for hit in site.hits)
    cell = asyncio.ensure_future(run(source))
    while sum(hit.target == path for hit in site.hits) == asked:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    await manager.interrupt_kernel()
    return await cell


def test_scrape_twice_and_ascrape_once(tmp_path, site):
    async def scenario(run, _):
        assert value(await run("scrape([URL + '1'], select={'head': 'h1'})[0].fields")) == "{'head': 'Head'}"
        assert value(await run("len(scrape([URL + '2', URL + '3']).records)")) == "2"
        assert value(await run("(await ascrape([URL + '4'])).summary.ok")) == "1"
        assert value(await run(RUNNING)) == "[]"

    in_kernel(tmp_path, site, scenario)


def test_a_cell_has_one_live_line_that_is_gone_at_the_end(tmp_path, site):
    async def scenario(run, _):
        for source in ("scrape([URL + 'slow'])", "await ascrape([URL + 'slow'])"):
            line, result = await run(source)
            assert (line["output_type"], line["data"]) == ("display_data", {"text/plain": "", "text/html": ""})
            assert result["data"]["text/plain"].startswith("<Run: 1 line = 1 ok")
            assert "<table" in result["data"]["text/html"]
        (result,) = await run("scrape([URL + 'slow'], quiet=True)")
        assert result["output_type"] == "execute_result"

    in_kernel(tmp_path, site, scenario)


def test_an_interrupt_returns_what_is_there_and_leaves_nothing_running(tmp_path, site):
    async def scenario(run, manager):
        source = "run = scrape([URL + '1', URL + 'hang'], grace=0.1)\nlen(run), run.summary.pending"
        outputs = await interrupted(run, manager, source, site, "/hang")
        assert value(outputs) == "(1, 1)"
        assert not [output for output in outputs if output["output_type"] in ("error", "stream")]
        assert value(await run(RUNNING)) == "[]"
        assert value(await run("len(scrape([URL + '2']))")) == "1"

    in_kernel(tmp_path, site, scenario)


def test_an_interrupted_await_is_cancelled_and_keeps_what_is_in_the_output(tmp_path, site):
    async def scenario(run, manager):
        source = (
            "try:\n    await ascrape([URL + '1', URL + 'hang'], output='x.jsonl')\n"
            "except BaseException as error:\n    shown = type(error).__name__\nshown"
        )
        assert value(await interrupted(run, manager, source, site, "/hang")) == "'CancelledError'"
        opened = "from scraper import open_run\n[record.title for record in open_run('x.jsonl')]"
        assert value(await run(opened)) == "['1']"
        still = "import asyncio\n[task.get_name() for task in asyncio.all_tasks() if 'worker' in task.get_name()]"
        assert value(await run(still)) == "[]"

    in_kernel(tmp_path, site, scenario)
