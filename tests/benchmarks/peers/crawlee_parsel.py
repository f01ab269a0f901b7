"""Crawlee as its documentation has it for a list of URLs: a ParselCrawler with its storages in memory.

crawlee_parsel.py URLS OUTPUT WORKERS
"""

import asyncio
import json
import logging
import sys
from pathlib import Path
from urllib.parse import urljoin

from crawlee import ConcurrencySettings
from crawlee.crawlers import ParselCrawler, ParselCrawlingContext
from crawlee.storage_clients import MemoryStorageClient


async def main(urls: Path, output: Path, workers: int) -> None:
    crawler = ParselCrawler(
        concurrency_settings=ConcurrencySettings(
            # As many at once as the others, where the pool would take its time and fewer on a busy core.
            min_concurrency=workers,
            desired_concurrency=workers,
            max_concurrency=workers,
        ),
        storage_client=MemoryStorageClient(),
        use_session_pool=False,
        configure_logging=False,
    )
    logging.getLogger("crawlee").setLevel(logging.WARNING)
    with output.open("w", encoding="utf-8") as file:

        @crawler.router.default_handler
        async def handle(context: ParselCrawlingContext) -> None:
            page, base = context.selector, context.request.loaded_url or context.request.url
            links = (urljoin(base, href.strip()) for href in page.css("a[href]::attr(href)").getall())
            record = {
                "url": context.request.url,
                "status": context.http_response.status_code,
                "title": " ".join(page.css("title::text").get("").split()),
                "description": " ".join(page.css('head meta[name="description"]::attr(content)').get("").split()),
                "links": list(dict.fromkeys(link for link in links if link.startswith(("http://", "https://")))),
            }
            file.write(json.dumps(record, ensure_ascii=False) + "\n")

        with urls.open(encoding="utf-8") as lines:
            await crawler.run([line.strip() for line in lines])


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
