import os
import shutil
import subprocess
import sys
import threading

import pytest
from outputs import opened

from scraper.errors import OutputError
from scraper.output import OutputFile, OutputStream, open_destination


@pytest.mark.parametrize(
    "name",
    [
        "{tmp}",
        "{tmp}/new/",
        "{tmp}/file/out.jsonl",
        "{tmp}/loop",
        "{tmp}/" + "x" * 300,
        "{tmp}/a\0b",
        "",
        "/proc/nothing/out.jsonl",
    ],
    ids=["folder", "slash", "below a file", "loop of links", "long name", "NUL", "empty", "foreign folder"],
)
def test_p6_a_place_that_cannot_be_written_to_is_refused_in_one_line(tmp_path, name):
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(OutputError, match=r"\A.*--output\Z"):
        opened(name.replace("{tmp}", str(tmp_path)))
    assert not (tmp_path / "new").exists()


def test_p6_a_file_on_a_read_only_mount_is_refused(tmp_path):
    (tmp_path / "out.jsonl").touch()
    mount = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'
    code = """
import sys
from scraper.errors import OutputError
from scraper.output import open_destination
try:
    open_destination(sys.argv[1])
except OutputError as error:
    print(error)
"""
    command = ["unshare", "-m", "sh", "-c", mount, "sh", tmp_path, sys.executable, "-c", code, tmp_path / "out.jsonl"]
    if not shutil.which("unshare"):
        pytest.skip("needs unshare")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"needs the right to mount: {done.stderr}")
    assert "Read-only file system; choose another --output" in done.stdout


def test_a_device_is_a_stream_and_is_not_locked():
    first, second = open_destination("/dev/null"), open_destination("/dev/null")
    assert isinstance(first, OutputStream)
    first.close()
    second.close()


def test_a_named_pipe_waits_for_its_reader(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    received = []
    thread = threading.Thread(target=lambda: received.append(path.read_bytes()))
    thread.start()
    stream = open_destination(str(path))
    assert isinstance(stream, OutputStream)
    stream.send(memoryview(b"line\n"))
    stream.close()
    thread.join()
    assert received == [b"line\n"]


def test_anything_else_is_a_file(tmp_path):
    file = open_destination(str(tmp_path / "out.jsonl"))
    assert isinstance(file, OutputFile)
    file.close()
