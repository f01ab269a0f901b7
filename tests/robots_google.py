"""What Google publishes of how robots.txt is to be read, as data: the expectations of its parser and documentation.

The cases are those of google/robotstxt (robots_test.cc; the comments name its tests) and of "How Google interprets the
robots.txt specification". Left out is what cannot come up: empty URLs and agents, and URLs that are not normalised.
Where we differ, the case holds Google's answer, and the reason stands in `DIFFERENCES`.
"""

from typing import NamedTuple

LINE = 8 * 2083 - 1
"""Bytes of a line that Google reads: 8 times the URL that a browser once could hold."""
LONG_DISALLOW = "/x/".ljust(LINE - len("disallow: /"), "a")
LONG_ALLOW, OTHER_LONG_ALLOW = ("/x/".ljust(LINE - len("allow: /"), letter) for letter in "ab")


class Case(NamedTuple):
    """A robots.txt, who asks, and which paths Google allows and does not."""

    name: str
    text: str | bytes
    allowed: str = ""
    denied: str = ""
    agent: str = "FooBot"


def _rules(*lines: str, agent: str = "FooBot") -> str:
    return "".join(f"{line}\n" for line in (f"user-agent: {agent}", *lines))


_GROUPS = (
    "allow: /foo/bar/\n\nuser-agent: FooBot\ndisallow: /\nallow: /x/\nuser-agent: BarBot\ndisallow: /\nallow: /y/\n\n\n"
    "allow: /w/\nuser-agent: BazBot\n\nuser-agent: FooBot\nallow: /z/\ndisallow: /\n"
)
_TWO_GROUPS = "user-agent: *\nallow: /\nuser-agent: FooBot\ndisallow: /\n"
_SPECIFIC = "user-agent: FooBot\nallow: /\nuser-agent: BarBot\ndisallow: /\nuser-agent: BazBot\ndisallow: /\n"
_WITH_SPACE = "User-Agent: *\nDisallow: /\nUser-Agent: Foo Bar\nAllow: /x/\nDisallow: /\n"
_FIRST_SPACE = "User-Agent: {}\nAllow: /x/\nDisallow: /\n"
_LINES = "User-Agent: foo\nAllow: /some/path\nUser-Agent: bar\n\n\nDisallow: /\n"
_INDEX = "User-Agent: *\nAllow: /allowed-slash/index.html\nDisallow: /\n"
_BOM = b"User-Agent: foo\nAllow: /AnyValue\nDisallow: /\n"
_SITEMAP = "Sitemap: https://foo.bar/sitemap.xml\n"
_NEWS = (
    "user-agent: googlebot-news\ndisallow: /fish\n\nuser-agent: *\ndisallow: /carrots\n\n"
    "user-agent: googlebot\ndisallow: /shrimp\n"
)

CASES = [
    # GoogleOnly_SystemTest
    Case("an empty file allows all", "", "/ /x"),
    # ID_LineSyntax_Line
    Case("a line is a field and a value", _rules("disallow: /"), denied="/x/y"),
    Case("other fields mean nothing", "foo: FooBot\nbar: /\n", "/x/y"),
    Case("the colon may be missing", "user-agent FooBot\ndisallow /\n", denied="/x/y"),
    # ID_LineSyntax_Groups
    Case("groups of one agent are joined", _GROUPS, "/x/b /z/d", "/y/c /w/a /foo/bar/"),
    Case("a blank line does not end a group", _GROUPS, "/y/c /w/a", "/z/d /x/b /foo/bar/", "BarBot"),
    Case("two agents share what follows", _GROUPS, "/z/d", "/w/a /foo/bar/", "BazBot"),
    # the same, with rules that are not of the protocol between the agents
    Case("other rules do not end a list of agents", f"user-agent: BarBot\n{_SITEMAP}user-agent: FooBot\ndisallow: /\n",
         denied="/x"),
    Case("nor for the first of them", f"user-agent: BarBot\n{_SITEMAP}user-agent: FooBot\ndisallow: /\n",
         denied="/x", agent="BarBot"),
    Case("an unknown rule does neither", "user-agent: BarBot\nInvalid: x\nuser-agent: FooBot\ndisallow: /\n",
         denied="/x", agent="BarBot"),
    # ID_REPLineNamesCaseInsensitive
    *(Case(f"fields are {how} case", "".join(f"{change(field)}: {value}\n" for field, value in
           (("user-agent", "FooBot"), ("allow", "/x/"), ("disallow", "/"))), "/x/y", "/a/b")
      for how, change in (("in upper", str.upper), ("in lower", str.lower), ("in any", str.swapcase),
                          ("in mixed", str.title))),
    # ID_UserAgentValueCaseInsensitive; GoogleOnly_AcceptUserAgentUpToFirstSpace
    *(Case(f"{text} is read up to the space, for {agent}", _FIRST_SPACE.format(text), "/x/y", "/a/b", agent)
      for text in ("FOO BAR", "foo bar", "FoO bAr") for agent in ("Foo", "foo")),
    Case("a name that ends at a space is a name", _WITH_SPACE, "/x/y", agent="Foo"),
    # ID_GlobalGroups_Secondary
    Case("a group of ours stands before that of all", _TWO_GROUPS, denied="/x/y"),
    Case("the group of all is for all others", _TWO_GROUPS, "/x/y", agent="BarBot"),
    Case("no group is no rule", _SPECIFIC, "/x/y", agent="QuxBot"),
    # ID_AllowDisallow_Value_CaseSensitive
    Case("paths are compared in their case", _rules("disallow: /x/"), denied="/x/y"),
    Case("and do not match in another", _rules("disallow: /X/"), "/x/y"),
    # ID_LongestMatch
    Case("longest: disallow", _rules("disallow: /x/page.html", "allow: /x/"), denied="/x/page.html"),
    Case("longest: allow", _rules("allow: /x/page.html", "disallow: /x/"), "/x/page.html", "/x/"),
    Case("empty rules allow", _rules("disallow: ", "allow: "), "/x/page.html"),
    Case("a tie of roots allows", _rules("disallow: /", "allow: /"), "/x/page.html"),
    Case("a slash is longer", _rules("disallow: /x", "allow: /x/"), "/x/", "/x"),
    Case("a tie allows", _rules("disallow: /x/page.html", "allow: /x/page.html"), "/x/page.html"),
    Case("a star counts", _rules("allow: /page", "disallow: /*.html"), "/page", "/page.html"),
    Case("a star counts once", _rules("allow: /x/page.", "disallow: /*.html"), "/x/page.html", "/x/y.html"),
    Case("our group alone counts", "User-agent: *\nDisallow: /x/\nUser-agent: FooBot\nDisallow: /y/\n",
         "/x/page", "/y/page"),
    # ID_Encoding
    Case("a query is compared as it is", _rules("Disallow: /", "Allow: /foo/bar?qux=taz&baz=http://foo.bar?tar&par"),
         "/foo/bar?qux=taz&baz=http://foo.bar?tar&par"),
    Case("three bytes are escaped", _rules("Disallow: /", "Allow: /foo/bar/ツ"), "/foo/bar/%E3%83%84"),
    Case("escaped bytes stay escaped", _rules("Disallow: /", "Allow: /foo/bar/%E3%83%84"), "/foo/bar/%E3%83%84"),
    Case("escaped letters match themselves", _rules("Disallow: /", "Allow: /foo/bar/%62%61%7A"), "/foo/bar/%62%61%7A"),
    Case("escaped letters match no letters", _rules("Disallow: /", "Allow: /foo/bar/%62%61%7A"), denied="/foo/bar/baz"),
    # ID_SpecialCharacters
    Case("a star between slashes", _rules("Disallow: /foo/bar/quz", "Allow: /foo/*/qux"),
         "/foo/quz /foo//quz /foo/bax/quz", "/foo/bar/quz"),
    Case("a dollar ends", _rules("Disallow: /foo/bar$", "Allow: /foo/bar/qux"),
         "/foo/bar/qux /foo/bar/ /foo/bar/baz", "/foo/bar"),
    Case("a hash begins a comment", _rules("# Disallow: /", "Disallow: /foo/quz#qux", "Allow: /"),
         "/foo/bar", "/foo/quz"),
    # GoogleOnly_IndexHTMLisDirectory
    Case("index.html is its directory", _INDEX, "/allowed-slash/ /allowed-slash/index.html",
         "/allowed-slash/index.htm /anyother-url", "foobot"),
    # GoogleOnly_LineTooLong
    Case("a long disallow is cut", _rules(f"disallow: {LONG_DISALLOW}/qux"), f"/fux {LONG_DISALLOW}",
         f"{LONG_DISALLOW}/fux"),
    Case("a long allow is cut", _rules("disallow: /", f"allow: {LONG_ALLOW}/qux", f"allow: {OTHER_LONG_ALLOW}/qux"),
         f"{LONG_ALLOW}/qux {OTHER_LONG_ALLOW}/fux", "/"),
    # GoogleOnly_DocumentationChecks, "URL matching based on path values"
    Case("/fish", _rules("disallow: /", "allow: /fish"),
         "/fish /fish.html /fish/salmon.html /fishheads /fishheads/yummy.html /fish.html?id=anything",
         "/bar /Fish.asp /catfish /?id=fish /desert/fish"),
    Case("/fish*", _rules("disallow: /", "allow: /fish*"),
         "/fish /fish.html /fish/salmon.html /fishheads /fishheads/yummy.html /fish.html?id=anything",
         "/bar /Fish.bar /catfish /?id=fish /desert/fish"),
    Case("/fish/", _rules("disallow: /", "allow: /fish/"),
         "/fish/ /fish/salmon /fish/?salmon /fish/salmon.html /fish/?id=anything",
         "/bar /fish /fish.html /Fish/Salmon.html /animals/fish/"),
    Case("/*.php", _rules("disallow: /", "allow: /*.php"),
         "/filename.php /folder/filename.php /folder/filename.php?parameters //folder/any.php.file.html /filename.php/ "
         "/index?f=filename.php/ /index.php",
         "/bar /php/ /index?php /windows.PHP /"),
    Case("/*.php$", _rules("disallow: /", "allow: /*.php$"), "/filename.php /folder/filename.php",
         "/bar /filename.php?parameters /filename.php/ /filename.php5 /php/ /filename?php /aaaphpaaa //windows.PHP"),
    Case("/fish*.php", _rules("disallow: /", "allow: /fish*.php"), "/fish.php /fishheads/catfish.php?parameters",
         "/bar /Fish.PHP"),
    # the same, "Order of precedence for rules"
    Case("allow /p, disallow /", _rules("allow: /p", "disallow: /"), "/page"),
    Case("allow and disallow /folder", _rules("allow: /folder", "disallow: /folder"), "/folder/page"),
    Case("allow /page, disallow /*.htm", _rules("allow: /page", "disallow: /*.htm"), denied="/page.htm"),
    Case("allow /page, disallow /*.ph", _rules("allow: /page", "disallow: /*.ph"), "/page.php5"),
    Case("allow /$", _rules("allow: /$", "disallow: /"), "/", "/page.html /page.htm"),
    # ID_LinesNumbersAreCountedCorrectly
    *(Case(f"lines end in {name}", _LINES.replace("\n", end), "/x", "", "foo")
      for name, end in (("LF", "\n"), ("CRLF", "\r\n"), ("CR", "\r"))),
    *(Case(f"rules after lines that end in {name}", _LINES.replace("\n", end), "", "/x", "bar")
      for name, end in (("LF", "\n"), ("CRLF", "\r\n"), ("CR", "\r"))),
    Case("the last line may have no end", _LINES.rstrip(), denied="/x", agent="bar"),
    Case("lines may end in both", _LINES.replace("path\n", "path\r\n").replace("\n\n", "\r\n\n"), denied="/x",
         agent="bar"),
    # ID_UTF8ByteOrderMarkIsSkipped
    Case("a byte order mark is skipped", b"\xef\xbb\xbf" + _BOM, "/AnyValue", "/x", "foo"),
    Case("two bytes of one are skipped", b"\xef\xbb" + _BOM, "/AnyValue", "/x", "foo"),
    Case("one byte of one is skipped", b"\xef" + _BOM, "/AnyValue", "/x", "foo"),
    Case("a broken one spoils its line", b"\xef\x11\xbf" + _BOM, "/AnyValue /x", "", "foo"),
    Case("one inside of the file spoils its line", _BOM.replace(b"Disallow", b"\xef\xbb\xbfDisallow"), "/x", "", "foo"),
    # ID_NonStandardLineExample_Sitemap
    Case("a sitemap at the end", f"{_LINES}{_SITEMAP}", denied="/x", agent="bar"),
    Case("a sitemap at the beginning", f"{_SITEMAP}{_LINES}", denied="/x", agent="bar"),
    # "How Google interprets": order of precedence for user agents, grouping of lines and rules
    Case("the group that names us is the only one", _NEWS, "/carrots /shrimp", "/fish", "Googlebot-News"),
    Case("a longer name is another name", _NEWS, "/carrots /fish", "/shrimp", "Googlebot"),
    Case("all others", _NEWS, "/fish /shrimp", "/carrots", "Otherbot"),
    Case("groups of one name are one", "user-agent: a\ndisallow: /c\n\nuser-agent: *\ndisallow: /d\n\n"
         "user-agent: a\ndisallow: /e\n\nuser-agent: *\ndisallow: /f\n", "/d /f", "/c /e", "a"),
    Case("also those of all", "user-agent: a\ndisallow: /c\n\nuser-agent: *\ndisallow: /d\n\n"
         "user-agent: a\ndisallow: /e\n\nuser-agent: *\ndisallow: /f\n", "/c /e", "/d /f", "b"),
    Case("three names of one group", "user-agent: e\nuser-agent: f\nuser-agent: g\ndisallow: /g\n", "/h", "/g", "f"),
    Case("a space before the comment is no part", _rules("disallow: /x  # not y"), "/", "/x"),
    Case("spaces around field and value", "  user-agent :  FooBot \n disallow :  /x \n", "/", "/x"),
    # robots.cc: KeyIsDisallow, KeyIsUserAgent
    *(Case(f"{field} is a spelling of disallow", _rules(f"{field}: /x"), "/", "/x")
      for field in ("disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw")),
    *(Case(f"{field} is a spelling of user-agent", f"{field}: FooBot\ndisallow: /x\n", "/", "/x")
      for field in ("user-agent", "useragent", "user agent")),
    # TestGetPathParamsQuery, TestMaybeEscapePattern: what is compared
    Case("path and query are compared", _rules("disallow: /a/b?c=http://d.e/"), "/a/b?c=http://d.e", "/a/b?c=http://d.e/"),
    Case("parameters are part of the path", _rules("disallow: /a;b"), "/a", "/a;b"),
    Case("a rule's bytes are escaped", _rules("disallow: /á"), "/a", "/%C3%A1"),
    Case("an escape's case does not count", _rules("disallow: /%aa"), "/aa", "/%AA"),
]  # fmt: skip

DIFFERENCES = {
    "escaped letters match no letters": (
        "Google compares %62 with itself only, and says that it should not be relied on; RFC 9309, section 2.2.2, has "
        "an escaped unreserved character compared as the character"
    ),
}
"""Cases where we answer otherwise, and why. Besides: Google ignores Crawl-delay, we obey it; Google's parser takes any
field that begins like one (`Disallowed:`), we take the spellings above; Google goes on with an old copy of a robots.txt
that cannot be reached and after 30 days without, we fetch no page of that origin; Google reads 500 KiB, we read 512."""
