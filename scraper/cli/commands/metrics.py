"""`scrape metrics`: the metrics of a run, and the files for Grafana and Prometheus."""

from typing import Annotated, Literal

import typer

from scraper.cli.app import Command


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("metrics", cls=Command)(metrics)


def metrics(
    what: Annotated[
        Literal["list", "grafana", "alerts"],
        typer.Argument(show_default=False, help="A table of the metrics, a dashboard (JSON), or alert rules (YAML)."),
    ] = "list",
) -> None:
    """Print what --metrics-port and --metrics-file tell, a dashboard for Grafana, or alert rules for Prometheus."""
    from scraper.metrics import catalogue  # noqa: PLC0415 - `--help` need not import it

    typer.echo(catalogue.table() if what == "list" else catalogue.data(what), nl=False)
