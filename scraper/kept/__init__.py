"""The bodies of fetched pages in one container: a WARC file (ISO 28500), each page a compressed record of its own.

============  ==================================================================
`warc`        a WARC record as bytes, and back
`pages`       a Page and its Record as a WARC record, and back
`container`   the file: appended to, mended after a crash, named by --keep
`reading`     the records that begin in a stretch of the file
============  ==================================================================

WARC, because web archives have it and other tools read it: `.warc.gz` all of them, `.warc.zst` those that follow the
IIPC's "Zstandard Compression for WARC Files" (and any after `zstd -d`).
"""

from scraper.kept.container import SUFFIXES, PageKeeper, container_name, open_container

__all__ = ["SUFFIXES", "PageKeeper", "container_name", "open_container"]
