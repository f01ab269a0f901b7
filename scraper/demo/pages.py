"""The pages of the demo site, rendered from `shop.toml`: Lamplight Books, a bookshop in a lighthouse. Pure."""

import json
import re
import tomllib
from html import escape
from importlib.resources import files
from typing import NamedTuple

from scraper.loopback import Reply

SLOW = "/stairs.html"
FLAKY = "/telephone.html"
MISSING = "/books/the-lost-volume.html"
PDF = "/opening-hours.pdf"
MOVED = "/lighthouse"
ROBOTS = "/robots.txt"


class _Book(NamedTuple):
    title: str
    author: str
    year: int
    pages: int
    price: str
    rating: float
    blurb: str

    @property
    def path(self) -> str:
        return f"/books/{_slug(self.title)}.html"


class _Page(NamedTuple):
    path: str
    title: str
    description: str
    main: str
    lang: str = "en"
    charset: str = "utf-8"
    head: str = ""


def build(base_url: str) -> dict[str, Reply]:
    """Return every path of the site and its reply; books first. `base_url` has no slash at its end."""
    resources = files("scraper.demo")
    shop = tomllib.loads(resources.joinpath("shop.toml").read_text("utf-8"))
    shelves = {shelf["name"]: [_Book(*row) for row in shelf["books"]] for shelf in shop["shelf"]}
    pages = [_book(book, shelf, books, base_url) for shelf, books in shelves.items() for book in books]
    notes = {page["path"]: page["title"] for page in shop["page"]}
    pages.append(_index(shop["shop"], shelves, notes))
    pages += [_shelf(shelf["name"], shelf["about"], shelves[shelf["name"]]) for shelf in shop["shelf"]]
    pages += [_note(**page) for page in shop["page"]]
    return {
        **{page.path: _reply(page, shop["shop"]["name"], base_url) for page in pages},
        PDF: Reply(resources.joinpath("opening-hours.pdf").read_bytes(), "application/pdf"),
        MOVED: Reply(b"", status=301, headers=(("Location", "about.html"),)),
        ROBOTS: Reply(b"User-agent: *\nDisallow: /private/\n", "text/plain; charset=utf-8"),
    }


def not_found(path: str) -> Reply:
    """Return the page for a path that is not there."""
    return Reply(f"<!doctype html><title>Not on any shelf</title><h1>No {escape(path)} here</h1>".encode(), status=404)


def engaged() -> Reply:
    """Return what the flaky page says the first time."""
    return Reply(b"<!doctype html><title>Engaged</title><h1>The line is engaged</h1>", status=503)


def _reply(page: _Page, shop: str, base_url: str) -> Reply:
    """Only a UTF-8 page names its charset in the header; the others leave it to their meta element."""
    text = f"""<!doctype html>
<html lang="{page.lang}">
<head>
<meta charset="{page.charset}">
<title>{escape(page.title)} - {escape(shop)}</title>
<meta name="description" content="{escape(page.description)}">
<link rel="canonical" href="{base_url}{page.path}">
{page.head}</head>
<body>
<header><a href="{_root(page.path) or "./"}">{escape(shop)}</a></header>
<main>
<h1>{escape(page.title)}</h1>
{page.main}
</main>
</body>
</html>
"""
    body = text.encode(page.charset)
    return Reply(body) if page.charset == "utf-8" else Reply(body, "text/html")


def _index(shop: dict[str, str], shelves: dict[str, list[_Book]], notes: dict[str, str]) -> _Page:
    items = "\n".join(
        f'<li><a class="shelf" href="{_shelf_path(name)[1:]}">{escape(name)}</a> ({len(books)} books)</li>'
        for name, books in shelves.items()
    )
    others = {**notes, MOVED: "The lighthouse", PDF: "Opening hours (PDF)", MISSING: "The lost volume"}
    links = "\n".join(f'<li><a href="{path[1:]}">{escape(title)}</a></li>' for path, title in others.items())
    main = f'<p>{escape(shop["description"])}</p>\n<ul class="shelves">\n{items}\n</ul>\n<ul>\n{links}\n</ul>'
    return _Page("/", "Welcome", shop["description"], main)


def _shelf(name: str, about: str, books: list[_Book]) -> _Page:
    items = "\n".join(
        f'<li class="book"><a href="..{book.path}">{escape(book.title)}</a> '
        f'by {escape(book.author)}, <span class="price">£{book.price}</span></li>'
        for book in books
    )
    return _Page(_shelf_path(name), name, about, f"<p>{escape(about)}</p>\n<ol>\n{items}\n</ol>")


def _book(book: _Book, shelf: str, neighbours: list[_Book], base_url: str) -> _Page:
    stars = "★" * int(book.rating) + "½" * (book.rating % 1 > 0)
    following = neighbours[(neighbours.index(book) + 1) % len(neighbours)]
    main = f"""<article class="book">
<p class="author">{escape(book.author)}</p>
<p class="price">£{book.price}</p>
<p class="rating" title="{book.rating} out of 5">{stars}</p>
<p class="blurb">{escape(book.blurb)}</p>
<p>Published <time class="year">{book.year}</time>, <span class="pages">{book.pages}</span> pages</p>
</article>
<nav>Shelf: <a class="shelf" href="..{_shelf_path(shelf)}">{escape(shelf)}</a>;
next to it: <a rel="next" href="..{following.path}">{escape(following.title)}</a></nav>"""
    properties = {"type": "book", "title": book.title, "description": book.blurb, "url": base_url + book.path}
    open_graph = "".join(
        f'<meta property="og:{name}" content="{escape(value)}">\n' for name, value in properties.items()
    )
    return _Page(book.path, book.title, book.blurb, main, head=f"{open_graph}{_json_ld(book)}")


def _json_ld(book: _Book) -> str:
    data = {
        "@context": "https://schema.org",
        "@type": "Book",
        "name": book.title,
        "author": {"@type": "Person", "name": book.author},
        "datePublished": str(book.year),
        "numberOfPages": book.pages,
        "offers": {"@type": "Offer", "price": book.price, "priceCurrency": "GBP"},
    }
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")  # no "</script>" inside it
    return f'<script type="application/ld+json">{text}</script>\n'


def _note(path: str, title: str, text: str, lang: str = "en", charset: str = "utf-8") -> _Page:
    return _Page(path, title, text, f"<p>{escape(text)}</p>", lang, charset)


def _shelf_path(name: str) -> str:
    return f"/shelves/{_slug(name)}.html"


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower().replace("'", "")).strip("-")


def _root(path: str) -> str:
    """Return the relative way from `path` to the site's root."""
    return "../" * (path.count("/") - 1)
