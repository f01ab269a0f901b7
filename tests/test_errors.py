"""The tree of errors: its slugs are the closed set of DESIGN.md, and the drawing is true."""

import re

from scraper import errors

KINDS = """invalid-url unsupported-scheme blocked-address robots-denied robots-unreachable dns-not-found dns-failure
dns-timeout connect-refused connect-failed connect-timeout tls-error read-timeout deadline disconnected truncated
protocol-error decode-error too-large too-many-redirects bad-redirect http-status not-html parse-limit extract-error
host-down internal-error""".split()


def test_the_kinds_are_the_closed_set():
    assert sorted(errors.ERROR_KINDS) == sorted(KINDS)


def test_the_drawing_shows_every_leaf_with_its_slug_and_whether_it_is_retried():
    drawn = re.findall(r"│   [├└]── (\w+) +([a-z-]+)(?: +(retried))?", errors.__doc__)
    leaves = errors.UrlError.__subclasses__()
    assert {(name, slug) for name, slug, _ in drawn} == {(leaf.__name__, leaf.kind) for leaf in leaves}
    retried = {name for name, _, mark in drawn if mark}
    assert retried - {"HttpStatus"} == {leaf.__name__ for leaf in leaves if leaf.is_retried}


def test_run_errors_carry_the_exit_code():
    codes = {error.__name__: error.exit_code for error in errors.RunError.__subclasses__()}
    others = {"DataCheckFailed": 3, "ProcessDied": 71, "RunInterrupted": 130}
    assert codes == {"UsageError": 2, "OutputLocked": 4, "OutputError": 5, **others}


def test_the_reason_of_a_group_is_its_run_error_wherever_it_is():
    disk, bug = errors.OutputError("disk full"), ValueError("x")
    assert errors.reason_of(BaseExceptionGroup("", [bug, BaseExceptionGroup("", [KeyError(), disk])])) is disk
    assert errors.reason_of(BaseExceptionGroup("", [BaseExceptionGroup("", [bug]), KeyError()])) is bug
