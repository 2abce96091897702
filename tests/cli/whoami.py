"""A command that only says who acts."""

import click

from tacenda.cli import session
from tacenda.cli.options import acting


@click.command()
@acting
def whoami(override: str, yes: bool) -> None:
    """Say who acts."""
    click.echo(session.actor())
