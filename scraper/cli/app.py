"""The typer application: help that is grouped, and a first word that may be a source as well as a command."""

import glob
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from scraper.cli.commands import NAMES, SCRAPE, load
from scraper.config.values import split_kinds
from scraper.errors import UsageError

_COMPLETION = ("--install-completion", "--show-completion")


class Command(TyperCommand):
    """Its help shows the options by what they are for."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write each panel under its title, the options that belong to none last."""
        panels: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                panel = "Arguments" if parameter.param_type_name == "argument" else "Options"
                panels.setdefault(getattr(parameter, "rich_help_panel", None) or panel, []).append(record)
        for title, records in sorted(panels.items(), key=lambda panel: panel[0] == "Options"):
            with formatter.section(title):
                formatter.write_dl(records)


class _Group(TyperGroup):
    """Its unknown first word falls to the scraping command: `scrape urls.txt` beside `scrape demo`."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's signature
        """Return the names of all commands, imported or not."""
        return list(NAMES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command, which is imported when it is first asked for; None when there is none."""
        if cmd_name in NAMES and cmd_name not in self.commands:
            self.commands[cmd_name] = load(cmd_name)
        return super().get_command(ctx, cmd_name)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the scraping command's name before words that begin with no command's."""
        if ctx.resilient_parsing and not args:  # a shell wants to complete the first word
            return super().parse_args(ctx, args)
        if not args or (args[0] not in NAMES and not args[0].startswith(_COMPLETION)):
            args = [SCRAPE, *_with_values(args)]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Complete the first word: commands and, with them, files; the scraping command's options."""
        items = [item for item in super().shell_complete(ctx, incomplete) if item.value != SCRAPE]
        if incomplete.startswith("-"):
            command = self.get_command(ctx, SCRAPE)
            context = command.make_context(SCRAPE, [], parent=ctx, resilient_parsing=True)
            items += command.shell_complete(context, incomplete)
            return list({item.value: item for item in items}.values())
        if items and incomplete:  # without any item the shell completes files, and knows better how
            kind = type(items[0])
            items += [kind(path) for path in _paths(incomplete)]
        return items

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Leave that name out of what is shown."""
        name, command, rest = super().resolve_command(ctx, args)
        return ("" if name == SCRAPE else name), command, rest


app = typer.Typer(
    cls=_Group,
    callback=lambda: None,  # typer makes no group of nothing
    rich_markup_mode=None,  # rich takes 0.25 s to import, half of what `--help` took
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _paths(beginning: str) -> list[str]:
    """Return the files and folders here that begin so."""
    return sorted(f"{path}/" if path.is_dir() else str(path) for path in Path().glob(f"{glob.escape(beginning)}*"))


def _with_values(args: Sequence[str]) -> list[str]:
    """Give an option whose value may be left out that value when none stands behind it: the word there is a source."""
    words = []
    for place, word in enumerate(args):
        words.append(word)
        following = "".join(args[place + 1 : place + 2])
        if word == "--retry-failed" and not _are_kinds(following):
            words.append("all")
        if word == "--dashboard" and not following.isdecimal():
            words.append("true")
    return words


def _are_kinds(word: str) -> bool:
    try:
        return word == "all" or bool(split_kinds(word))
    except UsageError:
        return False
