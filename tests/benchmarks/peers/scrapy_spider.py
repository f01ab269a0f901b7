"""Scrapy as its documentation has it for a list of URLs: a spider, the default download handler, the JSON lines feed.

scrapy_spider.py URLS OUTPUT WORKERS
"""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import HtmlResponse


class ListSpider(scrapy.Spider):
    name = "list"
    urls: Path

    async def start(self) -> AsyncIterator[scrapy.Request]:
        with self.urls.open(encoding="utf-8") as lines:
            for line in lines:
                url = line.strip()
                yield scrapy.Request(url, cb_kwargs={"url": url}, dont_filter=True)

    def parse(self, response: HtmlResponse, url: str) -> Iterator[dict[str, Any]]:
        links = (response.urljoin(href.strip()) for href in response.css("a[href]::attr(href)").getall())
        yield {
            "url": url,
            "status": response.status,
            "title": " ".join(response.css("title::text").get("").split()),
            "description": " ".join(response.css('head meta[name="description"]::attr(content)').get("").split()),
            "links": list(dict.fromkeys(link for link in links if link.startswith(("http://", "https://")))),
        }


def main(urls: Path, output: Path, workers: int) -> None:
    settings = {
        "CONCURRENT_REQUESTS": workers,
        "CONCURRENT_REQUESTS_PER_DOMAIN": workers,
        "DOWNLOAD_DELAY": 0,
        "DOWNLOAD_TIMEOUT": 45,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,  # the others do, by SSL_CERT_FILE
        "FEEDS": {output: {"format": "jsonlines", "encoding": "utf-8", "overwrite": True}},
        # https://docs.scrapy.org/en/latest/topics/broad-crawls.html
        "COOKIES_ENABLED": False,
        "LOG_LEVEL": "WARNING",
        "ROBOTSTXT_OBEY": False,
        "ASYNCIO_EVENT_LOOP": "uvloop.Loop",
        "TELNETCONSOLE_ENABLED": False,
    }
    ListSpider.urls = urls
    process = CrawlerProcess(settings)
    process.crawl(ListSpider)
    process.start()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
