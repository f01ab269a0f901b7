"""Config from its layers: the config file, SCRAPER_* variables, the options given."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Any

from scraper.compression import compression_of
from scraper.config import Config
from scraper.errors import InvalidUrl, UsageError
from scraper.urls import parse

_ENVIRONMENT = "SCRAPER_"


def settings(
    sources: Sequence[str], given: Mapping[str, Any], file: Path | None, variables: Mapping[str, str]
) -> Config:
    """Return the Config of a call; later layers win. Raises UsageError."""
    options = {name: value for name, value in given.items() if value is not None and value != []}
    if "select" in options:
        options["select"] = _selectors(options["select"])
    if options.get("retry_failed") == "all":
        options["retry_failed"] = True
    layers = [{"output": default_output(sources)}, _from_file(file), _from_environment(variables), options]
    return Config.build(*layers)


def default_output(sources: Sequence[str]) -> str:
    """Return `output/<name of the first source>.jsonl`."""
    first = sources[0]
    if first == "-":
        name = "stdin"
    elif first.lower().startswith(("http://", "https://")):
        with suppress(InvalidUrl):
            return f"output/{parse(first).host.partition(':')[0].strip('[]') or 'url'}.jsonl"
        name = "url"
    else:
        path = PurePath(first)
        name = PurePath(path.stem).stem if compression_of(path) else path.stem
    return f"output/{name}.jsonl"


def _from_file(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    import tomllib  # noqa: PLC0415 - 3 ms that a call without a file does without

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"--config {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"--config {path} is not valid TOML: {error}") from error


def _from_environment(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings among the environment's variables; names that are no setting are other programs' business.

    SCRAPER_SELECT, SCRAPER_HEADER and SCRAPER_EXPECT hold what the option takes, one on each line.
    """
    names = {_ENVIRONMENT + name.upper(): name for name in Config.__struct_fields__}
    found: dict[str, Any] = {names[variable]: value for variable, value in variables.items() if variable in names}
    for name in found.keys() & {"select", "header", "expect"}:
        found[name] = [line.strip() for line in found[name].splitlines() if line.strip()]
    if "select" in found:
        found["select"] = _selectors(found["select"])
    return found


def _selectors(texts: Sequence[str]) -> dict[str, str]:
    selectors: dict[str, str] = {}
    for name, selector in map(_split_select, texts):
        if name in selectors:
            raise UsageError(f"--select names {name!r} twice; give each field a name of its own")
        selectors[name] = selector
    return selectors


def _split_select(text: str) -> tuple[str, str]:
    name, equals, selector = text.partition("=")
    if not equals or not name.strip() or not selector.strip():
        raise UsageError(f"--select is {text!r}; write NAME=CSS, like title=h1 or price=.price::text")
    return name.strip(), selector.strip()
