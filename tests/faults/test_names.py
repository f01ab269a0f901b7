"""Names resolved for real: the whole command, the system's resolver, a name server that misbehaves (FAULTS D1, D2)."""

import json
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import local_site
import name_server
import pytest
from local_site import html
from name_server import NXDOMAIN, REFUSED, SERVFAIL

pytestmark = pytest.mark.slow

HANGS = None
PAGE = {"/": html("<title>here</title>")}


@pytest.fixture
def scrape(tmp_path):
    """Run `scrape` with these URLs where `names` alone answers; return the records."""

    def run(names, urls, *words, robots=False, timeout_s=10.0):
        (tmp_path / "urls.txt").write_text("\n".join(urls) + "\n")
        patch = f"from scraper.config import constants; constants.DNS_TIMEOUT_S = {timeout_s}"
        main = f"{patch}; from scraper import cli; cli.main()"
        command = [sys.executable, "-c", main, "urls.txt", "-o", "-", *words, *([] if robots else ["--no-robots"])]
        process = subprocess.run(names.command(command), cwd=tmp_path, capture_output=True, timeout=60, check=False)
        assert b"Traceback" not in process.stderr
        return [json.loads(line) for line in process.stdout.splitlines()]

    return run


def kinds(records):
    return {record["url"].split("/")[2].split(".")[0]: record.get("error", {}).get("kind", "ok") for record in records}


def test_d1_every_answer_of_a_name_server_is_its_own_kind_and_what_may_pass_is_tried_again(scrape):
    zone = {
        "good.test": "127.0.0.1",
        "gone.test": NXDOMAIN,
        "broken.test": SERVFAIL,
        "refused.test": REFUSED,
        "empty.test": [],
        "many.test": ["127.0.0.1"] * 1000,
    }
    with local_site.running(PAGE) as site, name_server.running(zone) as names:
        records = scrape(names, [site.url(host=name) for name in zone])
    assert kinds(records) == {
        "good": "ok", "gone": "dns-not-found", "broken": "dns-failure", "refused": "dns-failure",
        "empty": "dns-not-found", "many": "ok",
    }  # fmt: skip
    attempts = {record["url"].split("/")[2].split(".")[0]: record["attempts"] for record in records}
    assert attempts == {"good": 1, "gone": 1, "broken": 4, "refused": 4, "empty": 1, "many": 1}
    assert (names.asked["gone.test"], names.asked["empty.test"]) == (1, 1)
    assert names.asked["broken.test"] == 4


def test_d1_of_a_thousand_addresses_where_nothing_listens_only_a_few_are_tried(scrape):
    zone = {"many.test": [f"127.9.{n // 250}.{n % 250 + 1}" for n in range(1000)]}
    with local_site.closed_port() as port, name_server.running(zone) as names:
        (record,) = scrape(names, [f"http://many.test:{port}/"], "--retries", "0")
    assert record["error"]["kind"] == "connect-refused"


def test_d1_a_name_that_fails_for_a_while_is_not_lost(scrape):
    started = time.monotonic()

    def zone(_):
        return SERVFAIL if time.monotonic() < started + 2 else "127.0.0.1"

    with local_site.running(PAGE) as site, name_server.running(zone) as names:
        records = scrape(names, [site.url(host="later.test")], "--retries", "8")
    assert kinds(records) == {"later": "ok"}


def test_d1_robots_txt_of_a_name_that_does_not_exist_is_dns_not_found_and_asked_for_once(scrape):
    with local_site.running(PAGE) as site, name_server.running({"good.test": "127.0.0.1"}) as names:
        urls = [site.url(f"/{n}", host="gone.test") for n in range(20)]
        records = scrape(names, [*urls, site.url(host="good.test")], robots=True)
    found = Counter((record.get("error") or {"kind": "ok"})["kind"] for record in records)
    assert found == {"dns-not-found": 20, "ok": 1}
    assert names.asked["gone.test"] == 1


def test_d2_names_that_hang_hold_no_worker_and_not_the_exit(scrape):
    """Two workers, twelve names that hang for 30 s and come first: the others' pages do not wait for them."""
    zone = {f"hangs{n}.test": HANGS for n in range(12)} | {f"good{n}.test": "127.0.0.1" for n in range(4)}
    with local_site.running(PAGE) as site, name_server.running(zone, options="timeout:30 attempts:1") as names:
        began = time.monotonic()
        records = scrape(names, [site.url(host=name) for name in zone], "-c", "2", timeout_s=2.0)
        ended = time.monotonic()
        first, last = site.hits[0].time, site.hits[-1].time
    assert kinds(records) == {name.split(".")[0]: "dns-timeout" if "hangs" in name else "ok" for name in zone}
    assert last - first < 2  # were a worker held for each, the last page would come after 12 s
    assert ended - began < 20  # nobody waits for the threads that hang for 30 s
    assert {names.asked[name] for name in zone} == {1}


def test_t22_a_dead_first_address_costs_less_than_the_connect_timeout(scrape):
    if not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists():
        pytest.skip("there is no IPv6 here")
    zone = {"refuses.test": ["::1", "127.0.0.1"], "silent.test": ["::1", "127.0.0.1"]}
    with ExitStack() as stack:
        names = stack.enter_context(name_server.running(zone))
        refuses = stack.enter_context(local_site.running(PAGE))
        silent = stack.enter_context(local_site.running(PAGE))
        stack.enter_context(local_site.silent_listener("::1", silent.port))
        records = scrape(names, [refuses.url(host="refuses.test"), silent.url(host="silent.test")])
    assert kinds(records) == {"refuses": "ok", "silent": "ok"}
    assert all(record["attempts"] == 1 and record["timings"]["connect"] < 5000 for record in records)
