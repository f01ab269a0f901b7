"""The rows of a table are read from the file as they are asked for, those that are wanted only."""

import pytest
from outputs import failed, opened, record, urls, write

from scraper.export.columns import Survey
from scraper.export.sheet import Sheet, filtered
from scraper.resume.reading import Records, open_to_read


@pytest.mark.parametrize(("ok", "wanted"), [(None, [0, 1, 2]), (True, [0, 1]), (False, [2])])
def test_rows_are_of_the_wanted_records_and_counted(tmp_path, ok, wanted):
    path = tmp_path / "out.jsonl"
    with opened(path) as output:
        write(output, [*map(record, urls(2)), failed(urls(3)[2], "deadline")])
    with open_to_read(str(path)) as file:
        records = Records(file)
        survey = Survey(["url"])
        for entry in filtered(records, ok):
            survey.add(entry)
        sheet = Sheet(survey.table(), records, ok)
        assert list(sheet) == [[urls(3)[n]] for n in wanted]
        assert (sheet.number, sheet.kind) == (len(wanted), "pages")
        assert sheet.bytes_read == path.stat().st_size
