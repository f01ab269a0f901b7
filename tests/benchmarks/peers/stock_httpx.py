"""What one writes by hand: an asyncio queue, N workers, one httpx client as it comes.

stock_httpx.py URLS OUTPUT WORKERS
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import ada_url
import httpx
from selectolax.lexbor import LexborHTMLParser


def extract(response: httpx.Response) -> dict[str, Any]:
    tree = LexborHTMLParser(response.text)
    title = tree.css_first("title")
    description = tree.css_first('head meta[name="description"]')
    base = str(response.url)
    links = (ada_url.join_url(base, anchor.attributes["href"] or "") for anchor in tree.css("a[href]"))
    return {
        "title": " ".join(title.text().split()) if title else "",
        "description": " ".join((description.attributes["content"] or "").split()) if description else "",
        "links": list(dict.fromkeys(link for link in links if link.startswith(("http://", "https://")))),
    }


async def worker(client: httpx.AsyncClient, jobs: asyncio.Queue[str], results: asyncio.Queue[dict[str, Any]]) -> None:
    while True:
        url = await jobs.get()
        try:
            response = await client.get(url)
            await results.put({"url": url, "status": response.status_code, **extract(response)})
        except httpx.HTTPError as error:
            await results.put({"url": url, "error": repr(error)})
        jobs.task_done()


async def write(path: Path, results: asyncio.Queue[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as output:
        while True:
            output.write(json.dumps(await results.get(), ensure_ascii=False) + "\n")
            results.task_done()


async def main(urls: Path, output: Path, workers: int) -> None:
    jobs: asyncio.Queue[str] = asyncio.Queue(2 * workers)
    results: asyncio.Queue[dict[str, Any]] = asyncio.Queue(2 * workers)
    limits = httpx.Limits(max_connections=workers, max_keepalive_connections=workers)
    async with httpx.AsyncClient(limits=limits, timeout=45) as client:
        tasks = [asyncio.create_task(worker(client, jobs, results)) for _ in range(workers)]
        tasks.append(asyncio.create_task(write(output, results)))
        with urls.open(encoding="utf-8") as lines:
            for line in lines:
                await jobs.put(line.strip())
        await jobs.join()
        await results.join()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
