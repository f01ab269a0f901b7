"""Records in memory while they are few, else in a temporary file."""

import errno
import os

import pytest
from runs import RECORDS, ok

from scraper.errors import OutputError
from scraper.run import spool as module
from scraper.run.records import Records
from scraper.run.spool import Spool


def filled(records, memory_bytes):
    spool = Spool(memory_bytes)
    for record in records:
        spool.add(record)
    return spool.records()


def test_few_records_are_a_list_of_the_very_objects():
    records = filled(RECORDS, 10_000)
    assert isinstance(records, list)
    assert records[0] is RECORDS[0]


@pytest.mark.parametrize("memory_bytes", [1, 300, 5000])
def test_many_go_to_a_file_in_their_order(memory_bytes):
    many = [ok(f"http://h/{n}", title="x" * 100) for n in range(1000)]
    records = filled(many, memory_bytes)
    assert isinstance(records, Records)
    assert records == many
    assert repr(records).startswith("<1,000 records of a temporary file>")


def test_a_full_disk_is_told_with_the_remedy(monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(module, "write_all", full)
    spool = Spool(1)
    with pytest.raises(OutputError, match=r"No space left on device\); name an output, or another folder in TMPDIR"):
        spool.add(RECORDS[0])
    spool.close()


def test_what_nobody_takes_is_dropped():
    spool = Spool(1)
    spool.add(RECORDS[0])
    spool.close()
    Spool().close()
