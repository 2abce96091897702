"""`tacenda secret`: words that no public text of a case may hold."""

import sys

import click

from tacenda import acts
from tacenda.cli import dialogue
from tacenda.cli.acts import perform
from tacenda.cli.options import acting, case_argument, read_text
from tacenda.errors import BadInput
from tacenda.fields import MAX_NOTICE_BYTES


@click.command()
@case_argument
@click.argument("words", nargs=-1, metavar="[WORDS]...")
@click.option("--words", "file", metavar="FILE", help="One a line; - for stdin.")
@acting
def secret(case: str, words: tuple[str, ...], file: str | None, override: str, yes: bool) -> None:
    """Mark WORDS that no public text of the CASE may hold, also after the release.

    Words on a command line stay in the shell's history, and others on this machine can see
    them: without WORDS you are asked for them, or they are read from --words.
    """
    if words and file is not None:
        raise BadInput("The words are either named or in the file of --words.")
    marked = words or tuple(filter(None, map(str.strip, _asked(file))))
    if not marked:
        raise BadInput("No words are named. Name some, one a line, or give --words FILE.")
    perform(case, dialogue.build(acts.MarkSecret, words=marked, override=override))


def _asked(file: str | None) -> list[str]:
    """Return the words, one a line: from a file, or from whoever sits at the terminal."""
    if file is not None or not sys.stdin.isatty():
        return read_text(file or "-", MAX_NOTICE_BYTES).splitlines()
    told: list[str] = []
    while answer := click.prompt("One more (none: done)", "", show_default=False, err=True):
        told.append(answer)
    return told
