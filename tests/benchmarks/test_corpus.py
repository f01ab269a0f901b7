"""How pages are listed and made."""

import corpus
import pytest
from corpus import Document


def _pages(count, folder):
    pages = []
    for number in range(count):
        file = folder / f"{number}.html"
        file.write_bytes(b"<html><body class=x><p>%d %b</p></body></html>" % (number, b"word " * 1000))
        pages.append(Document(f"/{number}.html", file))
    return pages


def test_each_package_has_as_many_pages_as_the_smallest(tmp_path, monkeypatch):
    counts = {"small": 2, "big": 5}
    files = {
        name: [(f"/{number}.html", tmp_path / f"{number}.html") for number in range(count)]
        for name, count in counts.items()
    }
    monkeypatch.setattr(corpus.shutil, "which", lambda _: "/usr/bin/dpkg")
    monkeypatch.setattr(corpus, "_html_files", files.__getitem__)
    paths = [page.path for page in corpus.documents(tuple(counts))]
    assert sorted(path.split("/")[1] for path in paths) == ["big", "big", "small", "small"]
    assert len(set(paths)) == 4
    assert paths == [page.path for page in corpus.documents(tuple(counts))]


def _sized(folder, sizes):
    files = []
    for number, size in enumerate(sizes):
        file = folder / f"{size}-{number}.html"
        file.write_bytes(b"x" * size)
        files.append((f"/{file.name}", file))
    return files


def test_heavy_pages_have_their_size_on_average_and_come_from_every_package(tmp_path, monkeypatch):
    files = {
        "a": _sized(tmp_path, [100_000] * 20 + [400_000] * 10),
        "b": _sized(tmp_path, [1_000, 70_000, 2_000_000, 300_000]),
    }
    monkeypatch.setattr(corpus, "_html_files", files.__getitem__)
    pages = corpus.heavy(tuple(files), 20)
    assert len({page.path for page in pages}) == 20
    assert corpus.mean_kb(pages) == pytest.approx(200, abs=20)
    assert {page.size for page in pages if page.path.startswith("/b/")} == {70_000, 300_000}
    assert pages == corpus.heavy(tuple(files), 20)
    with pytest.raises(SystemExit, match="only 30 of 40 pages"):
        corpus.heavy(("a",), 40)


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(corpus.shutil, "which", lambda _: "/usr/bin/dpkg")
    monkeypatch.setattr(corpus, "_html_files", {"there": [("/a.html", None)], "not-there": []}.__getitem__)
    with pytest.raises(SystemExit, match=r"apt-get install not-there$"):
        corpus.documents(("there", "not-there"))


def test_no_url_is_listed_twice(tmp_path):
    listed = corpus.urls(_pages(4, tmp_path), ["http://a", "http://b", "http://c"], 30)
    assert len(set(listed)) == 30


def test_every_origin_and_every_page_has_its_share(tmp_path):
    listed = corpus.urls(_pages(3, tmp_path), ["http://a", "http://b", "http://c", "http://d", "http://e"], 15)
    assert [sum(url.startswith(f"http://{name}/") for url in listed) for name in "abcde"] == [3] * 5
    assert [sum(f"/{number}.html" in url for url in listed) for number in range(3)] == [5] * 3


def test_tiny_pages_have_their_size_and_are_different(tmp_path):
    made = [page.file.read_bytes() for page in corpus.tiny(tmp_path / "tiny", 20)]
    assert {len(body) for body in made} == {corpus.TINY_BYTES}
    assert len(set(made)) == 20


def test_a_large_page_holds_many_bodies_and_one_of_its_own(tmp_path):
    (page,) = corpus.large(_pages(3, tmp_path), tmp_path / "large", 1)
    body = page.file.read_bytes()
    assert corpus.LARGE_BYTES < len(body) < corpus.LARGE_BYTES + 10_000
    assert body.count(b"<body") == body.count(b"</body>") == 1
