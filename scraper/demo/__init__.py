"""A small bookshop on loopback, so that everything can be seen to work with no network."""

from scraper.demo.served import ServedSite
from scraper.demo.site import DemoSite

__all__ = ["DemoSite", "ServedSite"]
