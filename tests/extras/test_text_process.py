"""What the process says to whoever asks it, over its pipes."""

import subprocess
import sys

import pytest

from scraper.extras import text_process
from scraper.extras.text_process import LENGTH, READY

SENTENCE = "This is a sentence of an article that goes on for a while, as they do. "


def answers(*pages, form="txt", limit_s="10"):
    """Return what comes out for `pages`, and how the process ended."""
    questions = b"".join(LENGTH.pack(len(page)) + page for page in pages)
    command = [sys.executable, "-P", text_process.__file__, form, limit_s]
    done = subprocess.run(command, input=questions, capture_output=True, check=False, timeout=60)
    return done.stdout, done.returncode


def test_it_is_ready_answers_each_page_and_ends_with_its_input():
    article = f"<html><body><article><h1>Grüße</h1><p>{SENTENCE * 10}</p></article>".encode()
    found, code = answers(article, b"", b"\xff\xfe\x00broken", article)
    assert code == 0
    assert found.startswith(READY)
    rest = found.removeprefix(READY)
    texts = []
    while rest:
        has_text, size = rest[0], LENGTH.unpack(rest[1:5])[0]
        assert bool(has_text) == bool(size) or not has_text
        texts.append(rest[5 : 5 + size].decode())
        rest = rest[5 + size :]
    assert len(texts) == 4
    assert texts[0] == texts[3]
    assert "Grüße" in texts[0]
    assert SENTENCE.strip() in texts[0]
    assert texts[1] == ""


@pytest.mark.parametrize("limit_s", ["0.2"])
def test_c1_it_ends_over_a_page_that_takes_too_long(limit_s):
    found, code = answers(b"<html><p>" + b"<span>a</span>" * 100_000, limit_s=limit_s)
    assert found == READY
    assert code != 0
