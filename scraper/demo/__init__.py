"""The site that `scrape demo` serves itself and scrapes: a small bookshop, on loopback."""

from scraper.demo.site import DemoSite

__all__ = ["DemoSite"]
