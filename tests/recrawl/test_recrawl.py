"""A second crawl asks only for what has changed, and says of each page what has become of it."""

import asyncio
import email.utils
from collections import Counter
from datetime import UTC, datetime, timedelta

import local_site
import pytest
from keeping import urls_kept
from local_site import html, redirect, reply
from msgspec import structs
from outputs import records_in

from scraper import UsageError, ascrape, scrape, stream
from scraper.models import Job, Record, Row
from scraper.recrawl import Recrawl

URL = "http://h.example/a"
NOW = datetime(2026, 11, 24, 7, 15, 3, tzinfo=UTC)
DATE = "Tue, 24 Nov 2026 07:00:00 GMT"


class Shop:
    """A site of pages that change, go and come; it answers conditions as RFC 9110 has it, or as `habits` say."""

    def __init__(self, pages, *, etag=True, date=True):
        self.pages = dict.fromkeys(range(pages), 1)
        self.has_etag, self.has_date = etag, date
        self.asked = Counter()
        self.statuses = Counter()
        self.body_bytes = 0

    async def __call__(self, hit, _):
        number = int(hit.target.rpartition("/")[2])
        if number not in self.pages:
            return self._counted(reply(404))
        version = self.pages[number]
        headers = {}
        if self.has_etag:
            headers["ETag"] = f'W/"{number}-{version}"'
        if self.has_date:
            headers["Last-Modified"] = email.utils.format_datetime(NOW + timedelta(minutes=version), usegmt=True)
        sent = [hit.headers.get(name) for name in ("if-none-match", "if-modified-since")]
        self.asked[sum(value is not None for value in sent)] += 1
        is_same = sent[0] == headers.get("ETag") if sent[0] else sent[1] and sent[1] == headers.get("Last-Modified")
        if is_same:
            return self._counted(reply(304, headers))
        return self._counted(html(f"<title>{number}</title><h1>{version}</h1>{'x' * 2000}", headers))

    def _counted(self, answer):
        self.statuses[answer.head.split()[1].decode()] += 1
        self.body_bytes += sum(map(len, answer.body))
        return answer

    def forget(self):
        self.asked.clear()
        self.statuses.clear()
        self.body_bytes = 0


def crawl(site, numbers, output, **options):
    urls = [site.url(f"/{number}") for number in numbers]
    return scrape(urls, output=str(output), robots=False, **options)


def changes(path):
    return {int(r["url"].rpartition("/")[2]): r.get("change") for r in records_in(path)}


@pytest.mark.parametrize(("etag", "date"), [(True, True), (True, False), (False, True), (False, False)])
@pytest.mark.parametrize("suffix", ["", ".zst"])
def test_exactly_what_changed_is_told_and_the_rest_is_not_fetched(tmp_path, etag, date, suffix):
    shop = Shop(200, etag=etag, date=date)
    first, second = tmp_path / f"1.jsonl{suffix}", tmp_path / "2.jsonl"
    with local_site.running(shop) as site:
        crawl(site, range(200), first, select={"version": "h1"})
        fetched = shop.body_bytes
        shop.forget()
        for number in (3, 50, 77, 120, 121, 199):
            shop.pages[number] = 2
        del shop.pages[8]
        shop.pages[200] = 1
        run = crawl(site, range(201), second, since=str(first), select={"version": "h1"})
    assert run.summary.changes == {"new": 1, "changed": 6, "same": 193, "gone": 1}
    assert run.summary.is_balanced
    told = changes(second)
    assert {number for number, change in told.items() if change == "changed"} == {3, 50, 77, 120, 121, 199}
    assert (told[8], told[200], told[0]) == ("gone", "new", "same")
    assert {r["url"].rpartition("/")[2]: r["fields"]["version"] for r in records_in(second) if r["ok"]} == {
        str(n): str(version) for n, version in shop.pages.items()
    }
    if etag or date:
        assert shop.statuses == {"200": 7, "304": 193, "404": 1}
        assert shop.body_bytes < fetched / 10
        assert run.summary.bytes < fetched / 10
    else:
        assert shop.statuses == {"200": 200, "404": 1}


def test_a_record_that_is_carried_forward_has_what_was_extracted_and_this_runs_attempt(tmp_path):
    first, second, third = (tmp_path / f"{n}.jsonl" for n in "123")
    with local_site.running(Shop(1)) as site:
        crawl(site, [0], first, links=True)
        run = scrape(
            [{"url": site.url("/0#part"), "sku": "7"}], output=str(second), since=str(first), robots=False, links=True
        )
        crawl(site, [0], third, since=str(second))
    (old,), (new,), (last,) = map(records_in, (first, second, third))
    for key in ("ok", "title", "links", "sha256", "etag", "last_modified", "bytes", "content_type", "final_url"):
        assert new[key] == old[key], key
    assert (new["status"], new["change"], new["url"]) == (304, "same", site.url("/0#part"))
    assert new["input"] == {"sku": "7"}
    assert new["fetched_at"] > old["fetched_at"]
    assert "parse" not in new["timings"]
    assert run.summary.statuses == {"304": 1}
    assert run.summary.bytes == 0
    assert "links" not in last  # nobody asked for them


@pytest.mark.parametrize(
    ("before", "now", "status"),
    [
        ({}, {"links": True}, 200),
        ({}, {"select": {"h": "h1"}}, 200),
        ({"select": {"h": "h1"}}, {"select": {"h": "title"}}, 200),
        ({"select": {"h": "h1"}}, {"parse": lambda _: {"h": 1}}, 200),
        ({"recipe": {"fields": {"h": "h1"}}}, {"recipe": {"fields": {"h": {"css": "h1", "type": "int"}}}}, 200),
        ({"select": {"h": "h1"}, "meta": True}, {"select": {"h": "h1"}}, 200),
        ({"links": True}, {}, 200),
        ({"links": True}, {"link_details": True}, 200),
        ({"select": {"h": "h1"}, "links": True}, {"links": True, "select": {"h": "h1"}}, 304),
        ({"html": True}, {"html": True}, 304),
    ],
)
def test_nothing_that_is_asked_for_is_missing_or_made_by_other_selectors(tmp_path, before, now, status):
    with local_site.running(Shop(1)) as site:
        crawl(site, [0], tmp_path / "1.jsonl", **before)
        crawl(site, [0], tmp_path / "2.jsonl", since=str(tmp_path / "1.jsonl"), **now)
        crawl(site, [0], tmp_path / "anew.jsonl", **now)
    (record,), (anew,) = records_in(tmp_path / "2.jsonl"), records_in(tmp_path / "anew.jsonl")
    assert (record["status"], record["change"]) == (status, "same")
    for key in ("fields", "items", "links", "meta", "html"):
        assert record.get(key) == anew.get(key), key


def test_with_change_on_fields_a_page_whose_fields_are_the_same_is_the_same(tmp_path):
    first, second = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    with local_site.running(Shop(3, etag=False, date=False)) as site:
        crawl(site, range(3), first, select={"t": "title"})
    shop = Shop(3, etag=False, date=False)
    shop.pages[1] = 2
    with local_site.running(shop, port=site.port) as again:
        options = {"since": str(first), "select": {"t": "title"}}
        assert crawl(again, range(3), second, **options).summary.changes["changed"] == 1
        run = crawl(again, range(3), tmp_path / "3.jsonl", change_on="fields", **options)
    assert run.summary.changes == {"new": 0, "changed": 0, "same": 3, "gone": 0}
    assert records_in(tmp_path / "3.jsonl")[1]["sha256"]


def test_validators_go_to_the_url_that_gave_them_and_to_no_other(tmp_path):
    page = html("<title>x</title>", {"ETag": '"1"'})

    async def answer(hit, _):
        if hit.target == "/old":
            return redirect("/new", 301)
        return reply(304, {"ETag": '"2"'}) if hit.headers.get("if-none-match") == '"1"' else page

    first, second = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    with local_site.running(answer) as site:
        scrape([site.url("/old")], output=str(first), robots=False)
        scrape([site.url("/old")], output=str(second), robots=False, since=str(first))
        asked = [(hit.target, hit.headers.get("if-none-match")) for hit in site.hits]
    assert asked == [("/old", None), ("/new", None), ("/old", None), ("/new", '"1"')]
    (record,) = records_in(second)
    assert (record["status"], record["etag"], record["final_url"]) == (304, '"2"', site.url("/new"))
    assert record["redirects"] == [{"status": 301, "url": site.url("/old")}]


def test_a_page_that_redirects_elsewhere_by_now_is_asked_for_without_conditions(tmp_path):
    first, second = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    pages = {"/a": html("<title>a</title>", {"ETag": '"1"'}), "/b": html("<title>b</title>", {"ETag": '"1"'})}
    with local_site.running(pages) as site:
        scrape([site.url("/a")], output=str(first), robots=False)
    with local_site.running({**pages, "/a": redirect("/b")}, port=site.port) as again:
        run = scrape([again.url("/a")], output=str(second), robots=False, since=str(first))
        assert [hit.headers.get("if-none-match") for hit in again.hits] == ['"1"', None]
    assert run.summary.changes["changed"] == 1


def test_a_server_that_refuses_conditions_is_asked_again_without(tmp_path):
    async def answer(hit, _):
        return reply(412) if "if-none-match" in hit.headers else html("<title>x</title>", {"ETag": '"1"'})

    with local_site.running(answer) as site:
        crawl(site, [0], tmp_path / "1.jsonl")
        run = crawl(site, [0], tmp_path / "2.jsonl", since=str(tmp_path / "1.jsonl"), retries=0)
    (record,) = records_in(tmp_path / "2.jsonl")
    assert (record["ok"], record["status"], record["change"], record["attempts"]) == (True, 200, "same", 2)
    assert run.summary.retries == 1


def test_a_304_that_was_not_asked_for_is_a_failure_as_ever(tmp_path):
    with local_site.running({"/0": html("<title>x</title>")}) as site:
        crawl(site, [0], tmp_path / "1.jsonl")
    with local_site.running({"/0": reply(304)}, port=site.port) as again:
        crawl(again, [0], tmp_path / "2.jsonl", since=str(tmp_path / "1.jsonl"))
    (record,) = records_in(tmp_path / "2.jsonl")
    assert (record["ok"], record["error"]["kind"], record.get("change")) == (False, "http-status", None)


def test_only_404_and_410_of_a_page_that_was_there_are_gone(tmp_path):
    there = {f"/{n}": html("<title>x</title>") for n in range(4)}
    with local_site.running(there) as site:
        crawl(site, range(4), tmp_path / "1.jsonl")
    later = {"/0": reply(410), "/1": reply(404), "/2": reply(500), "/3": local_site.raw(b"", then="reset")}
    with local_site.running(later, port=site.port) as again:
        run = crawl(again, range(5), tmp_path / "2.jsonl", since=str(tmp_path / "1.jsonl"), retries=0)
        crawl(again, range(5), tmp_path / "3.jsonl", since=str(tmp_path / "2.jsonl"), retries=0)
    assert changes(tmp_path / "2.jsonl") == {0: "gone", 1: "gone", 2: None, 3: None, 4: None}
    assert run.summary.changes == {"new": 0, "changed": 0, "same": 0, "gone": 2}
    assert set(changes(tmp_path / "3.jsonl").values()) == {None}  # they were gone before


def test_young_pages_are_not_asked_for_and_told_as_they_are(tmp_path):
    shop = Shop(30)
    first, second, third = (tmp_path / f"{n}.jsonl" for n in "123")
    with local_site.running(shop) as site:
        crawl(site, [*range(30), 99], first)
        shop.forget()
        run = crawl(site, [*range(30), 4, 99, 30], second, since=str(first), max_age="7d")
        assert shop.statuses == {"404": 2}
        crawl(site, range(30), third, since=str(second), max_age=0.001)
        assert shop.statuses == {"404": 2, "304": 30}
    assert run.summary.changes == {"new": 0, "changed": 0, "same": 30, "gone": 0}
    assert (run.summary.ok, run.summary.unasked, run.summary.duplicates, run.summary.failed) == (30, 30, 1, 2)
    assert (run.summary.bytes, run.summary.statuses, run.summary.is_balanced) == (0, {"404": 2}, True)
    assert "same 30 (30 not asked for)" in str(run.summary)
    before = {r["url"]: r for r in records_in(first)}
    for record in records_in(second):
        if record["ok"]:
            assert record == {**before[record["url"]], "attempts": 0, "change": "same"}


def test_young_pages_that_lack_what_is_asked_for_are_asked_for(tmp_path):
    shop = Shop(1)
    with local_site.running(shop) as site:
        crawl(site, [0], tmp_path / "1.jsonl")
        run = crawl(site, [0], tmp_path / "2.jsonl", since=str(tmp_path / "1.jsonl"), max_age="7d", links=True)
    assert (run.summary.unasked, shop.statuses) == (0, {"200": 2})


def test_a_run_goes_on_and_tries_failed_pages_again_as_ever(tmp_path):
    shop = Shop(20)
    first, second = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    with local_site.running(shop) as site:
        crawl(site, range(20), first)
        del shop.pages[3]
        crawl(site, range(10), second, since=str(first))
        shop.pages[3] = 1
        shop.forget()
        run = crawl(site, range(20), second, since=str(first), retry_failed=True)
    assert shop.statuses == {"304": 11}
    assert (run.summary.already_done, run.summary.ok, run.summary.is_balanced) == (9, 11, True)
    assert set(changes(second).values()) == {"same"}


def test_the_output_itself_can_be_compared_with_when_it_starts_anew(tmp_path):
    path = tmp_path / "1.jsonl"
    shop = Shop(5)
    with local_site.running(shop) as site:
        crawl(site, range(5), path)
        run = crawl(site, range(5), path, since=str(path), fresh=True)
    assert run.summary.changes["same"] == 5
    assert shop.statuses == {"200": 5, "304": 5}


def test_a_stream_and_a_coroutine_compare_too(tmp_path):
    path = tmp_path / "1.jsonl"

    async def both(url):
        records = [record.change async for record in stream([url], since=str(path), robots=False)]
        return [*records, *(record.change for record in (await ascrape([url], since=path, robots=False)).records)]

    with local_site.running(Shop(1)) as site:
        crawl(site, [0], path)
        assert asyncio.run(both(site.url("/0"))) == ["same", "same"]


def test_pages_that_are_as_they_were_are_not_kept_again(tmp_path):
    shop = Shop(3)
    with local_site.running(shop) as site:
        crawl(site, range(3), tmp_path / "1.jsonl")
        shop.pages[1] = 2
        crawl(site, range(3), tmp_path / "2.jsonl", since=str(tmp_path / "1.jsonl"), keep=str(tmp_path / "k.warc.gz"))
    assert urls_kept(tmp_path / "k.warc.gz") == [site.url("/1")]


def test_what_is_wrong_with_the_settings_is_said_before_anything_is_fetched(tmp_path):
    for options in ({"max_age": "7d"}, {"change_on": "fields"}, {"since": ""}):
        with pytest.raises(UsageError):
            scrape([URL], **options)
    with pytest.raises(UsageError, match="--select, --recipe or --parse"):
        scrape([URL], since=str(tmp_path / "x"), change_on="fields")
    with pytest.raises(UsageError, match="cannot read"):
        scrape([URL], since=str(tmp_path / "x"))


def known(**changes):
    fields = {"url": URL, "ok": True, "attempts": 1, "status": 200, "final_url": URL, "etag": '"1"', "sha256": "5a"}
    return Record(**(fields | {"last_modified": DATE, "fetched_at": "2026-11-23T07:15:03.000Z"} | changes))


def recrawl(record, **settings):
    settings = {"extractor": None, "change_on": "body", "max_age_s": None, "wall_clock": lambda: NOW, **settings}
    return Recrawl(lambda _: record, **settings)


def job(**changes):
    return Job(**{"row": Row(URL, 1, earlier=0), "href": URL, "host": "h.example", "ordinal": 0, **changes})


@pytest.mark.parametrize(
    ("validators", "sent"),
    [
        ({}, [("If-None-Match", '"1"'), ("If-Modified-Since", DATE)]),
        ({"etag": 'W/"1"', "last_modified": None}, [("If-None-Match", 'W/"1"')]),
        ({"etag": '"\xe4"', "last_modified": None}, [("If-None-Match", '"\xe4"')]),
        ({"etag": "*"}, [("If-Modified-Since", DATE)]),
        ({"etag": "unquoted"}, [("If-Modified-Since", DATE)]),
        ({"etag": '"1", "2"'}, [("If-Modified-Since", DATE)]),
        ({"etag": '"1"\r\nX: y'}, [("If-Modified-Since", DATE)]),
        ({"etag": f'"{"x" * 5000}"', "last_modified": "yester\r\nday"}, []),
        ({"etag": '"\u0431"', "last_modified": None}, []),
        ({"etag": None, "last_modified": None}, []),
        ({"final_url": "http://h.example/b"}, []),
    ],
)
def test_a_validator_goes_back_as_it_came_unless_it_is_none(validators, sent):
    record = known(**validators)
    assert recrawl(record).validators(record, job()) == tuple(sent)


def test_the_password_of_a_listed_url_does_not_stand_in_the_way():
    record = known()
    assert recrawl(record).validators(record, job(href="http://me:secret@h.example/a"))


def test_a_record_of_another_url_is_no_record():
    assert recrawl(known()).known(Row(URL, 1, earlier=0)) == known()
    assert recrawl(known(url=URL + "#x")).known(Row(URL, 1, earlier=0)) is not None
    assert recrawl(known(url="http://h.example/b")).known(Row(URL, 1, earlier=0)) is None
    assert recrawl(known()).known(Row(URL, 1)) is None


@pytest.mark.parametrize(
    ("fetched_at", "is_young"),
    [
        ("2026-11-23T07:15:04.000Z", True),
        ("2026-11-23T07:15:02.000Z", False),
        ("2026-11-24T06:15:04", True),
        ("soon", False),
        (None, False),
    ],
)
def test_how_old_a_page_is_counts_from_when_it_was_fetched(fetched_at, is_young):
    record = known(fetched_at=fetched_at)
    found = recrawl(record, max_age_s=86_400.0).unasked(Row(URL, 1, earlier=0))
    assert (found is not None) == is_young


def test_what_was_a_challenge_is_asked_for_without_conditions():
    record = known(verdict="blocked")
    decide = recrawl(record, max_age_s=1e9)
    assert decide.validators(record, job()) == ()
    assert decide.unasked(Row(URL, 1, earlier=0)) is None
    assert decide.validators(known(verdict="ok"), job())
    assert decide.validators(known(verdict="empty"), job())


def test_a_challenge_does_not_say_what_has_become_of_the_page():
    now = known(verdict="blocked", sha256="other")
    assert recrawl(known()).change(known(), now) is None
    assert recrawl(None).change(None, now) is None
    assert recrawl(known()).change(known(), structs.replace(now, verdict="soft-404")) == "changed"


def test_fields_are_compared_as_they_are_written():
    old = known(fields={"t": "\ufffd", "n": [1]}, extractor="7", sha256="other")
    new = structs.replace(old, fields={"t": "\ud800", "n": (1,)}, sha256="5a")
    decide = recrawl(old, change_on="fields")
    assert decide.change(old, new) == "same"
    assert decide.change(old, structs.replace(new, fields={"t": "x"})) == "changed"
    assert (
        decide.change(old, structs.replace(new, extractor="8")) == "changed"
    )  # by its hash, for want of comparable ones
