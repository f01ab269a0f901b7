import os
import sys

import pytest

from scraper.errors import OutputError
from scraper.output import open_destination
from scraper.output.stream import OutputStream


@pytest.fixture
def pipe():
    reader, writer = os.pipe()
    stream = OutputStream("pipe", writer)
    yield reader, stream
    os.close(reader)
    stream.close()


def test_it_takes_a_piece_at_a_time(pipe):
    reader, stream = pipe
    sent = stream.send(memoryview(b"x" * 100_000))
    assert 0 < sent < 100_000
    assert os.read(reader, 100_000) == b"x" * sent


def test_a_full_pipe_is_not_ready_until_it_is_read_from(pipe):
    reader, stream = pipe
    while stream.is_ready():
        stream.send(memoryview(b"x" * 100_000))  # which therefore never blocks
    assert not stream.is_ready(0.001)
    os.read(reader, 100_000)
    assert stream.is_ready()


def test_a_device_is_always_ready():
    stream = open_destination("/dev/full")
    assert stream.is_ready()
    with pytest.raises(OutputError, match="cannot write /dev/full: No space left on device"):
        stream.send(memoryview(b"x"))
    stream.close()


def test_a_reader_that_left_is_told(pipe):
    reader, stream = pipe
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, reader)
    os.close(null)
    with pytest.raises(OutputError, match=r"^pipe was closed by its reader$"):
        stream.send(memoryview(b"x"))


def test_a_non_blocking_pipe_that_is_full_takes_nothing(pipe):
    _, stream = pipe
    os.set_blocking(stream._fd, False)
    while stream.send(memoryview(b"x" * 4096)):
        pass
    assert not stream.is_ready()


def test_standard_output_that_was_closed_before_the_start_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "__stdout__", None)
    with pytest.raises(OutputError, match="cannot open standard output: Bad file descriptor; choose another --output"):
        open_destination("-")


def test_its_compression_goes_by_the_name():
    stream = OutputStream("pipe.gz", -1)
    assert stream.compression == ".gz"
