"""A process of our own comes up without collecting garbage, and leaves nothing behind."""

import gc

from scraper.start import lean_imports


def test_what_was_imported_is_not_looked_through_by_the_first_collection():
    collected = []
    with lean_imports():
        made = [[] for _ in range(2 * gc.get_threshold()[0])]
        gc.callbacks.append(lambda phase, _: collected.append(phase))
    more = [[]]
    gc.callbacks.pop()
    gc.unfreeze()
    assert gc.isenabled()
    assert (collected, len(made), len(more)) == ([], 2 * gc.get_threshold()[0], 1)
