"""What a killed process was parsing is known to the next one; a page that killed two is not tried again."""

import stat

import outputs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.errors import UrlError
from scraper.extract import build_extractor
from scraper.fetcher.attempt import Attempt
from scraper.models import Extracted, Page, Request
from scraper.poison import ParseNotes
from scraper.urls import fingerprint, identity, parse

URL = "http://h.example/poison"
POISON = Page(url=URL, final_url="http://h.example/elsewhere", status=200)


def die_of(path, page=POISON):
    """Be killed in the middle of a parse, with the output open as in a run."""

    def run():
        notes = ParseNotes()
        extract = notes.around(lambda _: outputs.killed())
        with outputs.opened(path) as output, notes.beside(output.target):
            extract(page)

    assert outputs.in_child(run) < 0


def fatal(path):
    notes = ParseNotes()
    with outputs.opened(path) as output, notes.beside(output.target):
        return set(notes.fatal)


def hidden(path):
    return path.with_name(f".{path.name}.parsing")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "out.jsonl"


def test_a_page_that_killed_two_processes_is_fatal(path):
    die_of(path)
    assert fatal(path) == set()
    die_of(path)
    assert fatal(path) == {identity(URL)}


def test_it_stays_so_until_its_record_is_made(path):
    die_of(path)
    die_of(path)
    assert fatal(path) == fatal(path) == {identity(URL)}
    notes = ParseNotes()
    with outputs.opened(path) as output, notes.beside(output.target):
        notes.fatal.clear()
    assert not hidden(path).exists()


def test_two_pages_that_killed_a_process_each_are_not_fatal(path):
    die_of(path)
    die_of(path, Page(url="http://h.example/other", final_url=URL, status=200))
    assert fatal(path) == set()
    assert hidden(path).exists()


def test_a_page_that_is_parsed_after_all_is_forgiven(path):
    die_of(path)
    notes = ParseNotes()
    extract = notes.around(lambda _: Extracted(title="x"))
    with outputs.opened(path) as output, notes.beside(output.target):
        assert extract(POISON).title == "x"
    assert not hidden(path).exists()


def test_an_end_leaves_nothing_behind(path):
    extract = build_extractor(select={}, links=False, meta=False, html=False, parse=lambda _: 1 / 0)
    notes = ParseNotes()
    noted = notes.around(extract)
    with outputs.opened(path) as output, notes.beside(output.target):
        assert stat.S_IMODE(hidden(path).stat().st_mode) == 0o600
        with pytest.raises(Exception, match="ZeroDivisionError"):
            noted(POISON)
    assert list(path.parent.iterdir()) == [path]


def test_without_an_output_nothing_is_noted(tmp_path):
    extract = ParseNotes().around(lambda _: Extracted(title="x"))
    assert extract(POISON).title == "x"
    with outputs.opened("/dev/null") as output, ParseNotes().beside(output.target):
        assert extract(POISON).title == "x"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("data", [b"", b"x" * 100, b"\xff" * 519, b"\xff" * 5000])
def test_a_file_that_is_not_ours_means_nothing(path, data):
    hidden(path).write_bytes(data)
    fatal(path)
    assert fatal(path) == set()


def test_what_stands_in_the_way_is_not_written_to(path, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    hidden(path).symlink_to(victim)
    assert fatal(path) == set()
    assert victim.read_text() == "precious"


def test_a_folder_in_its_place_costs_the_notes_and_not_the_run(path):
    hidden(path).mkdir()
    notes = ParseNotes()
    extract = notes.around(lambda _: Extracted(title="x"))
    with outputs.opened(path) as output, notes.beside(output.target):
        assert extract(POISON).title == "x"


USERINFO = st.sampled_from(
    ["", "user@", "user:secret@", ":secret@", "a%40b:c%3Ad@", "üser:pässwörd@", "u:@", "***:***@"]
)
PATHS = st.text(st.characters(codec="utf-8"), max_size=12)


@given(USERINFO, st.sampled_from(["Example.com", "bücher.example:8080", "[::1]", "127.1"]), PATHS)
def test_what_is_noted_of_a_page_is_the_identity_of_its_line(userinfo, host, path):
    line = f"HTTP://{userinfo}{host}/{path}"
    try:
        href = parse(line).href
    except UrlError:
        return
    page = Attempt(Request(url=href)).listed_url  # what Page.url is
    assert fingerprint(page) == identity(line)


def test_several_processes_keep_their_parts_of_the_notes_and_one_that_dies_leaves_its_page(path):
    die_of(path)
    notes = ParseNotes()
    with outputs.opened(path) as output, notes.beside(output.target):
        for number, page in enumerate((Page(url="http://h.example/fine", final_url="", status=200), POISON)):
            die_in_share(notes.share(number), page)
        notes.bury(1)
    assert fatal(path) == {identity(URL)}


def die_in_share(share, page):
    def run():
        notes = ParseNotes()
        with notes.joined(share):
            notes.around(lambda _: outputs.killed())(page)

    assert outputs.in_child(run) < 0


def test_a_page_that_another_process_has_parsed_or_recorded_is_forgiven(path):
    die_of(path)
    notes, others = ParseNotes(), ParseNotes()
    with outputs.opened(path) as output, notes.beside(output.target):
        share = notes.share(0)
        with others.joined(share):
            assert others.settled_since(share) == []
            others.around(lambda _: Extracted())(POISON)
            assert others.settled_since(share) == [identity(URL)]
        notes.settle(others.settled_since(share))
    assert not hidden(path).exists()


def test_without_an_output_a_process_has_no_notes_to_keep():
    notes = ParseNotes()
    with notes.joined(ParseNotes().share(0)):
        assert notes.around(lambda _: Extracted(title="x"))(POISON).title == "x"
