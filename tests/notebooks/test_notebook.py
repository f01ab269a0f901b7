"""A real Jupyter kernel, headless: what a cell shows, what an interrupt leaves, and no event-loop error."""

import asyncio
import warnings

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


class Kernel:
    """One kernel for all tests: starting one takes longer than most of them."""

    def __init__(self, runner, client):
        self._runner = runner
        self._client = client

    def run(self, source):
        """Run a cell; return its outputs."""
        return self._runner.run(self._execute(source))

    def value(self, source):
        """Run a cell; return what it shows as its value."""
        return self.run(source)[-1]["data"]["text/plain"]

    def interrupted(self, source, site, path):
        """Run a cell, press stop once `path` was asked for, and return the cell's outputs."""

        async def scenario():
            asked = site.targets().count(path)
            cell = asyncio.ensure_future(self._execute(source))
            while site.targets().count(path) == asked:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            await self._client.km.interrupt_kernel()
            return await cell

        return self._runner.run(scenario())

    async def _execute(self, source):
        cells = self._client.nb.cells
        cells.append(nbformat.v4.new_code_cell(source))
        return (await self._client.async_execute_cell(cells[-1], len(cells) - 1)).outputs


@pytest.fixture(scope="module")
def kernel(site, tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("kernel"))
    client = nbclient.NotebookClient(nbformat.v4.new_notebook(), timeout=40, resources={"metadata": {"path": folder}})
    with warnings.catch_warnings(), asyncio.Runner() as runner:
        warnings.simplefilter("ignore")  # what Jupyter's own packages say of each other
        setup = client.async_setup_kernel()
        runner.run(setup.__aenter__())
        try:
            kernel = Kernel(runner, client)
            kernel.run(f"from scraper import ascrape, open_run, scrape\nURL = {site.url()!r}")
            yield kernel
        finally:
            runner.run(setup.__aexit__(None, None, None))


def test_scrape_twice_and_ascrape_once(kernel):
    assert kernel.value("scrape([URL + '1'], select={'head': 'h1'})[0].fields") == "{'head': 'Head'}"
    assert kernel.value("len(scrape([URL + '2', URL + '3']).records)") == "2"
    assert kernel.value("(await ascrape([URL + '4'])).summary.ok") == "1"
    assert kernel.value(RUNNING) == "[]"


@pytest.mark.parametrize("call", ["scrape([URL + 'slow'])", "await ascrape([URL + 'slow'])"])
def test_a_cell_has_one_live_line_that_is_gone_at_the_end(kernel, call):
    line, result = kernel.run(call)
    assert (line["output_type"], line["data"]) == ("display_data", {"text/plain": "", "text/html": ""})
    assert result["data"]["text/plain"].startswith("<Run: 1 line = 1 ok")
    assert "<table" in result["data"]["text/html"]


def test_a_quiet_or_a_short_run_has_no_line(kernel):
    for call in ("scrape([URL + 'slow'], quiet=True)", "scrape([URL + '1'])"):
        (result,) = kernel.run(call)
        assert result["output_type"] == "execute_result"


def test_an_interrupt_returns_what_is_there_and_leaves_nothing_running(kernel, site):
    source = "run = scrape([URL + '1', URL + 'hang'], grace=0.1)\nlen(run), run.summary.pending"
    outputs = kernel.interrupted(source, site, "/hang")
    assert outputs[-1]["data"]["text/plain"] == "(1, 1)"
    assert not [output for output in outputs if output["output_type"] in ("error", "stream")]
    assert kernel.value(RUNNING) == "[]"
    assert kernel.value("len(scrape([URL + '2']))") == "1"


def test_an_interrupted_await_is_cancelled_and_keeps_what_is_in_the_output(kernel, site):
    source = (
        "try:\n    await ascrape([URL + '1', URL + 'hang'], output='x.jsonl')\n"
        "except BaseException as error:\n    shown = type(error).__name__\nshown"
    )
    outputs = kernel.interrupted(source, site, "/hang")
    assert outputs[-1]["data"]["text/plain"] == "'CancelledError'"
    assert kernel.value("[record.title for record in open_run('x.jsonl')]") == "['1']"
    still = "import asyncio\n[task.get_name() for task in asyncio.all_tasks() if 'worker' in task.get_name()]"
    assert kernel.value(still) == "[]"
