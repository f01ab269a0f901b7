"""robots.txt: what it says (RFC 9309)."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from robots_google import CASES, DIFFERENCES

from scraper.robots.rules import ALLOW_ALL, MAX_BYTES, MAX_SPECIAL_RULES, parse, product_token

ORIGIN = "https://example.com"


def allows(text, path, token="FooBot"):
    body = text if isinstance(text, bytes) else text.encode()
    return parse(body, token).allows(ORIGIN + path)


# -- which group is ours


@pytest.mark.parametrize(
    ("user_agent", "token"),
    [
        ("scraper/0.1 (+https://example.org)", "scraper"),
        ("Mozilla/5.0 (compatible; FooBot/1.0)", "Mozilla"),
        ("Foo_Bot-News/2", "Foo_Bot-News"),
        ("FooBot2000", "FooBot"),
        ("", "scraper"),
        ("/1.0", "scraper"),
    ],
)
def test_the_product_token_is_what_the_user_agent_begins_with(user_agent, token):
    assert product_token(user_agent) == token


@pytest.mark.parametrize(
    ("agents", "is_ours"),
    [
        ("FooBot", True),
        ("fOObOT", True),
        ("FooBot/2.1 (comment)", True),
        ("FooBot Images", True),
        ("*", True),
        ("* # everyone", True),
        ("Foo", False),
        ("FooBotNews", False),
        ("FooBot-News", False),
        ("MyFooBot", False),
        ("*bot", False),
        ("", False),
    ],
)
def test_a_group_applies_to_the_whole_token_in_any_case_and_to_everyone(agents, is_ours):
    assert allows(f"User-agent: {agents}\nDisallow: /", "/x") is not is_ours


def test_a_group_for_us_replaces_the_group_for_everyone_wherever_it_stands():
    for text in ("User-agent: *\nDisallow: /\nUser-agent: FooBot\nDisallow: /y/\n", "User-agent: FooBot\nDisallow: /y/\nUser-agent: *\nDisallow: /\n"):  # fmt: skip  # noqa: E501 - two files side by side
        assert allows(text, "/x/")
        assert not allows(text, "/y/")
        assert not allows(text, "/x/", "BarBot")


def test_a_group_for_us_without_rules_allows_everything():
    assert allows("User-agent: *\nDisallow: /\n\nUser-agent: FooBot\nDisallow:\n", "/x")


def test_groups_are_joined_and_rules_outside_of_any_are_ignored():
    text = (
        "allow: /foo/bar/\n\nuser-agent: FooBot\ndisallow: /\nallow: /x/\nuser-agent: BarBot\ndisallow: /\nallow: /y/"
        "\n\n\nallow: /w/\nuser-agent: BazBot\n\nuser-agent: FooBot\nallow: /z/\ndisallow: /\n"
    )
    expected = {"FooBot": "xz", "BarBot": "yw", "BazBot": "z", "QuxBot": "wxyz"}
    for token, allowed in expected.items():
        assert "".join(letter for letter in "wxyz" if allows(text, f"/{letter}/a", token)) == "".join(sorted(allowed))
        assert allows(text, "/foo/bar/", token) == (token == "QuxBot")


def test_records_that_rfc_9309_does_not_know_do_not_end_the_list_of_user_agents():
    text = "User-agent: FooBot\nSitemap: https://example.com/s.xml\nCrawl-delay: 2\nUser-agent: BarBot\nDisallow: /x"
    assert not allows(text, "/x")
    assert parse(text.encode(), "BarBot").crawl_delay_s is None


# -- which rule decides


@pytest.mark.parametrize(
    ("rules", "allowed", "disallowed"),
    [
        ("disallow: /x/page.html\nallow: /x/", "/x/y", "/x/page.html"),
        ("allow: /x/page.html\ndisallow: /x/", "/x/page.html", "/x/"),
        ("disallow: /x\nallow: /x/", "/x/", "/x"),
        ("disallow: /folder\nallow: /folder\ndisallow: /y", "/folder/page", "/y"),
        ("allow: /page\ndisallow: /*.html", "/page", "/page.html"),
        ("allow: /x/page.\ndisallow: /*.html", "/x/page.html", "/x/y.html"),
        ("allow: /$\ndisallow: /", "/", "/page.html"),
        ("disallow: /\nallow: /fish", "/fish.html?id=anything /fishheads/yummy.html", "/Fish.asp /catfish /?id=fish"),
        ("disallow: /\nallow: /fish*", "/fish /fishheads", "/Fish /catfish /?id=fish"),
        ("disallow: /\nallow: /fish/", "/fish/ /fish/?salmon", "/fish /fish.html /Fish/Salmon"),
        (
            "disallow: /\nallow: /*.php",
            "/a.php /folder/a.php?b //folder/any.php.file.html /a.php/ /index?f=a.php/",
            "/bar /php/ /index?php /windows.PHP",
        ),
        ("disallow: /\nallow: /*.php$", "/a.php /folder/a.php", "/a.php?b /a.php/ /a.php5 /a?php /aaaphpaaa"),
        ("disallow: /\nallow: /fish*.php", "/fish.php /fishheads/catfish.php?b", "/Fish.PHP"),
        ("disallow: /foo/bar$\nallow: /foo/bar/qux", "/foo/bar/ /foo/bar/qux", "/foo/bar"),
        ("# disallow: /\ndisallow: /foo/quz#qux\nallow: /", "/foo/bar", "/foo/quz"),
        ("disallow: /\nallow: /a/index.html", "/a/ /a/index.html", "/a/index.htm /other"),
        ("disallow: /X/", "/x/y", "/X/y"),
        ("disallow: ", "/ /x", ""),
        ("disallow: /*?", "/a", "/a? /a?b=c"),
        ("disallow: /", "/robots.txt", "/ /robots.txtx"),
    ],
)
def test_the_longest_rule_decides_and_allow_wins_a_tie(rules, allowed, disallowed):
    text = f"user-agent: FooBot\n{rules}\n"
    assert [path for path in allowed.split() if not allows(text, path)] == []
    assert [path for path in disallowed.split() if allows(text, path)] == []


@pytest.mark.parametrize(
    ("rule", "disallowed", "allowed"),
    [
        ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https://foo.bar", "/foo/bar?baz=http"),
        ("/bar/ツ", "/bar/%E3%83%84", "/bar/%E3%83%85"),
        ("/bar/%e3%83%84", "/bar/%E3%83%84", "/bar/%E3%83%85"),
        ("/bar/%62%61%7A", "/bar/baz", "/bar/ba"),
        ("/bar/baz", "/bar/%62%61%7A", "/bar/ba"),
        ("/a%2Fb", "/a%2fb", "/a/b"),
        ("/100%25", "/100%25x", "/100%x"),
        ("/a%2A", "/a*", "/ab"),
        ("/a%24", "/a$b", "/a"),
        ("/a b", "/a%20b", "/ab"),
        ("/%FF", "/%ff", "/%FE"),
        ("/%EA%E0/", "/%EA%E0/", "/%F1%EE/"),
        ("/a%0Bb", "/a%0bb", "/a%0Cb"),
    ],
)
def test_rules_and_urls_are_compared_octet_by_octet_however_they_are_escaped(rule, disallowed, allowed):
    text = f"User-agent: *\nDisallow: {rule}\n"
    assert not allows(text, disallowed)
    assert allows(text, allowed)


def test_octets_that_are_not_utf_8_match_themselves():
    body = b"User-agent: *\nDisallow: /\xea\xe0\x85\n"
    assert not allows(body, "/%EA%E0%85x")
    assert allows(body, "/%EA%E1%85x")


def expression_of(rule):
    anchored = rule.endswith("$")
    body = ".*".join(re.escape(part) for part in rule.removesuffix("$").split("*"))
    return body + ("$" if anchored else "")


PATTERNS = st.builds("/{}{}".format, st.text("ab/*", max_size=6), st.sampled_from(["", "$"]))


@given(
    rules=st.lists(st.tuples(st.sampled_from(["Allow", "Disallow"]), PATTERNS), max_size=6),
    path=st.builds("/{}".format, st.text("ab/", max_size=8)),
)
@settings(max_examples=200, deadline=None)
def test_the_verdict_is_that_of_the_rfc_s_definition(rules, path):
    matching = [(len(rule), field == "Allow") for field, rule in rules if re.match(expression_of(rule), path)]
    text = "User-agent: *\n" + "".join(f"{field}: {rule}\n" for field, rule in rules)
    assert allows(text, path) == max(matching, default=(0, True))[1]


# -- what Google publishes


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_google_s_expectations_are_met_or_the_difference_is_stated(case):
    found = {path: allows(case.text, path, case.agent) for path in f"{case.allowed} {case.denied}".split()}
    expected = {path: path in case.allowed.split() for path in found}
    assert found
    assert (found == expected) == (case.name not in DIFFERENCES)


# -- how files are written


@pytest.mark.parametrize(
    "text",
    [
        "USER-AGENT: FooBot\nDISALLOW: /x\n",
        "user-agent FooBot\ndisallow /x\n",
        "  User agent : FooBot \n\t Dissallow :/x \n",
        "User-agent: FooBot\r\nDisallow: /x\r\n",
        "User-agent: FooBot\rDisallow: /x",
        "\ufeffUser-agent: FooBot\nDisallow: /x",
        "<!-- robots -->\nUser-agent: FooBot\nDisallow: /x",
        "\x00\n\x00\x01\nUser-agent: FooBot\nDisallow: /x\nDisallow: \x00\n",
        "User-agent: FooBot\nDisallow: /y\u2028Disallow: /z\nDisallow: /x",
    ],
)
def test_what_webmasters_write_is_understood(text):
    assert not allows(text, "/x")
    assert allows(text, "/z")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        b"<!DOCTYPE html><html><pre>\nUser-agent: *\nDisallow: /\n</pre>",
        b" \n<HTML>\nUser-agent: *\nDisallow: /\n",
        b"User-agent: *\nDisallow:\nAllow: /x",
        b"foo: *\nbar: /\n",
        b"Disallow: /\n",
        b"User-agent: *\nDisallowed: /\n",
        b"User-agent: *\nCrawl-delay: 0",
    ],
)
def test_whatever_disallows_nothing_is_one_shared_object(body):
    assert parse(body, "FooBot") is ALLOW_ALL


@given(st.binary(max_size=200), st.sampled_from([b"", b"User-agent: *\nDisallow: ", b"User-agent: *\nCrawl-delay:"]))
@settings(max_examples=200, deadline=None)
def test_no_bytes_raise(body, start):
    parse(start + body, "FooBot").allows(f"{ORIGIN}/%E3?x")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("10", 10.0), ("0.5", 0.5), (".25 # s", 0.25), ("1e9", 1e9), ("0", None), ("-1", None), ("nan", None),
        ("inf", None), ("1e999", None), ("ten", None), ("", None), ("0,5", None), ("2\nCrawl-delay: 7", 7.0),
    ],
)  # fmt: skip
def test_crawl_delay_is_a_sensible_number_of_seconds_or_none(value, seconds):
    assert parse(f"User-agent: *\nCrawl-delay: {value}\n".encode(), "FooBot").crawl_delay_s == seconds


def test_crawl_delay_is_our_group_s():
    text = b"User-agent: *\nCrawl-delay: 9\nUser-agent: FooBot\nCrawl-delay: 1.5\nDisallow: /x"
    assert parse(text, "FooBot").crawl_delay_s == 1.5
    assert parse(text, "BarBot").crawl_delay_s == 9


# -- files made to hurt


def file_of(rule):
    lines = ["User-agent: *", "Disallow: /forbidden"]
    size = 0
    while size < MAX_BYTES:
        lines.append(rule(len(lines)))
        size += len(lines[-1]) + 1
    return "\n".join(lines).encode()


def test_at_least_500_kib_are_read():
    comment = b"#" + b"x" * 78 + b"\n"
    text = b"User-agent: *\n" + comment * (500 * 1024 // len(comment)) + b"Disallow: /x\n"
    assert not allows(text, "/x")
    assert allows(text.replace(b"Disallow", comment * 200 + b"Disallow"), "/x")  # and not much more


@pytest.mark.parametrize(
    ("rule", "is_allowed"),
    [
        (lambda _: "Disallow: /same", True),
        pytest.param(lambda n: f"Allow: /{n:x}", True, marks=pytest.mark.slow),
        (lambda n: f"Disallow: /*{n:x}z$", False),  # over the bound: cut to "/"
        (lambda n: "Disallow: /" + "a*" * 30 + f"{n:x}z", False),
        (lambda n: "Disallow: /" + "*a" * 130 + f"*{n:x}z", False),
        (lambda _: "Disallow: /" + "é" * 100_000, True),
        (lambda _: "User-agent: *\nAllow:/", True),
    ],
    ids=["repeated", "many", "wildcards", "a-star", "star-a", "long", "agents"],
)
def test_half_a_megabyte_made_to_hurt_costs_little(rule, is_allowed):
    body = file_of(rule)
    started = time.process_time()
    rules = parse(body, "FooBot")
    parsed = time.process_time()
    assert not rules.allows(f"{ORIGIN}/forbidden")
    assert rules.allows(f"{ORIGIN}/{'a' * 8000}") == is_allowed
    matched = time.process_time()
    assert parsed - started < 2.0  # each several times what it takes
    assert matched - parsed < 0.2


def test_wildcard_rules_over_the_bound_disallow_more_not_less():
    many = "".join(f"Disallow: /a*{n}x\n" for n in range(MAX_SPECIAL_RULES))
    text = f"User-agent: *\n{many}Disallow: /b/*secret\nAllow: /c*\nDisallow: /c\n"
    assert not allows(text, "/b/secret")
    assert not allows(text, "/b/")
    assert not allows(text, "/c")
    assert allows(text, "/d")
