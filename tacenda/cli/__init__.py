"""The command line: thin, lazy, and never ending in a traceback."""

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from tacenda import __version__
from tacenda.errors import TacendaError

INTERRUPTED = 130

COMMANDS = {
    "demo": ("tacenda.cli.demo:demo", "One sample case through all five steps, in a minute."),
    "up": ("tacenda.cli.stack:up", "The embedded stack: Temporal, Web UI, mail catcher, worker."),
    "open": ("tacenda.cli.opening:open_case", "Open a case from a report."),
    "ack": ("tacenda.cli.acts:ack", "Take the case; the reporter is answered."),
    "score": ("tacenda.cli.acts:score", "Score the case with a CVSS vector."),
    "cve": ("tacenda.cli.acts:cve", "Assign CVE ids."),
    "fixed": ("tacenda.cli.acts:fixed", "The fix landed, or a mitigation is known."),
    "notify": ("tacenda.cli.approvals:notify", "Approve a notice to users, vendors or reporter."),
    "release": ("tacenda.cli.approvals:release", "Approve the release, now or at an instant."),
    "extend": ("tacenda.cli.acts:extend", "Move the limit of a step, or do without the step."),
    "decide": ("tacenda.cli.deciding:decide", "Make a choice that the severity leaves to you."),
    "policy": ("tacenda.cli.policy:policy", "The rules that a case carries; move it to others."),
    "handoff": ("tacenda.cli.events:handoff", "Hand the case to another lead, or take it over."),
    "leak": ("tacenda.cli.events:leak", "The embargo broke: somebody must decide."),
    "exploited": ("tacenda.cli.events:exploited", "It is being exploited: somebody must decide."),
    "filed": ("tacenda.cli.filing:filed", "A report was filed with the regulator, or users told."),
    "public": ("tacenda.cli.events:public", "It is public: every limit is now."),
    "confirm": (
        "tacenda.cli.events:confirm",
        "The retrospective is held, a credit agreed.",
    ),
    "bounces": ("tacenda.cli.bounces:bounces", "Letters that came back: record whose, and why."),
    "vendor": ("tacenda.cli.vendors:vendor", "What a vendor answered: yes, no, ready."),
    "secret": ("tacenda.cli.secrecy:secret", "Words that no public text may hold."),
    "link": ("tacenda.cli.linking:link", "Release it together with another case, or part them."),
    "close": ("tacenda.cli.closing:close", "Close the case, or take a closed one up again."),
    "list": ("tacenda.cli.listing:list_cases", "The cases, the overdue ones first."),
    "show": ("tacenda.cli.showing:show", "One case: where it stands and who was told."),
    "vendors": ("tacenda.cli.vendors:vendors", "The vendors: consent, told what, what is open."),
    "plan": ("tacenda.cli.planning:plan", "When to publish, who is told when, and why then."),
    "next": ("tacenda.cli.reading:next_entries", "What will happen if nobody acts."),
    "history": ("tacenda.cli.history:history", "Who did what, when and why."),
    "watch": ("tacenda.cli.watching:watch", "One case, or all, as they change."),
    "preview": ("tacenda.cli.reading:preview", "A letter as it would be now."),
    "report": ("tacenda.cli.reporting:report", "Are promises kept: how many, how late, what next."),
    "record": ("tacenda.cli.record:record", "The full account of a case, which outlives all."),
    "keys": ("tacenda.cli.keys:keys", "Make, list, rotate and shred the keys of cases."),
    "codec": ("tacenda.cli.codec:codec", "Decode cases for those who may read them."),
    "doctor": ("tacenda.cli.doctor:doctor", "What is misconfigured, and how to mend it."),
}


class LazyGroup(click.Group):
    """A group that imports a command only when it is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands in the order of a case."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        _collect_garbage()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their sentences, without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, (_, sentence) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--as", "actor", metavar="NAME", help="Who acts; else TACENDA_ACTOR, else git.")
@click.option("--config", metavar="FILE", help="The tacenda.toml to use.")
@click.version_option(__version__, prog_name="tacenda")
@click.pass_context
def cli(ctx: click.Context, actor: str | None, config: str | None) -> None:
    """Coordinated vulnerability disclosure that keeps its promises and its embargoes."""
    ctx.obj = {"actor": actor, "config": config}


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; say what went wrong in one sentence."""
    try:
        result = cli.main(args=list(arguments), prog_name="tacenda", standalone_mode=False)
    except TacendaError as error:
        click.echo(f"tacenda: {_harmless(str(error))}", err=True)
        return error.exit_code
    except click.ClickException as error:
        if isinstance(error, click.UsageError) and error.ctx:
            click.echo(error.ctx.get_usage(), err=True)
        click.echo(f"tacenda: {_harmless(error.format_message())}", err=True)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        return 0
    except Exception as error:
        if "TACENDA_UNSAFE_TRACEBACK" in os.environ:
            raise  # it quotes whatever the error does: the report, a letter, a password
        _say_unforeseen(error)
        return 1
    return result if isinstance(result, int) else 0


def _say_unforeseen(error: Exception) -> None:
    """Say what kind of error it was, and in debugging where; nothing that it quotes."""
    from tacenda.traces import kinds_of, where_of

    if "TACENDA_DEBUG" in os.environ:
        click.echo(f"tacenda: {kinds_of(error)} in {where_of(error)}", err=True)
        return
    click.echo(
        f"tacenda: Something unforeseen went wrong ({type(error).__name__}). Run it again "
        "with TACENDA_DEBUG=1 to see where, and report it: no text of a case is shown.",
        err=True,
    )


def _harmless(text: str) -> str:
    """Return a complaint that may quote what was typed, fit for a terminal."""
    from tacenda.render import safe

    return safe(text)


def _collect_garbage() -> None:
    """Look for garbage again, from now on, but not among all that was imported."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def main() -> None:
    """Run the command line and end the process."""
    gc.disable()  # imports make none, and to look for it takes a fifth of a short command
    code = 1
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # nobody reads any more, or the terminal is gone
        pass
    except Exception:
        sys.excepthook(*sys.exc_info())  # only with TACENDA_UNSAFE_TRACEBACK
    # The SDK's native part can abort or hang a process at interpreter exit (sdk-python#300).
    os._exit(code)
