"""The command line: `lakehouse-iam`. One command a file; what is heavy is imported inside the command that needs it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import click

from lakehouse_iam import __version__
from lakehouse_iam.cli.ending import in_words, show_what_the_console_cannot

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_WIDEST = 100
_AS_JSON = "lakehouse_iam.as_json"


@dataclass(frozen=True)
class Listed:
    """What the help says of a command before anything of it is imported.

    Args:
        summary: one line of at most 60 characters, so that 80 columns hold it.
        examples: command lines, without the leading `lakehouse-iam`.
    """

    summary: str
    examples: tuple[str, ...]


# In the order of a setup's life; each is the function of that name in the module of that name.
COMMANDS = {
    "init": Listed(
        "Write a commented setup to start from",
        ("init instance-profile", "init unity-catalog-aws --out sales-lake.yaml"),
    ),
    "check": Listed(
        "Check setups and say what they would become",
        ("check sales-lake.yaml", "check setups/ --json", "check - < sales-lake.yaml"),
    ),
    "next": Listed(
        "Say what each admin does next",
        ("next sales-lake.yaml", "next sales-lake.yaml --as bucket-owner"),
    ),
    "template": Listed(
        "Write the CloudFormation of each account",
        ("template sales-lake.yaml --out templates",),
    ),
    "terraform": Listed(
        "Write plain Terraform of each account",
        ("terraform sales-lake.yaml --out terraform",),
    ),
    "handoff": Listed(
        "Write a folder for each admin, or verify a received one",
        (
            "handoff sales-lake.yaml --out for-others",
            "handoff lake.yaml --out packs --exchange lake.exchange.json",
            "handoff lake.yaml --out merged --existing key-policy.json",
            "handoff --verify received",
        ),
    ),
    "prove": Listed(
        "Prove offline what gets in and what stays out",
        ("prove sales-lake.yaml", "prove sales-lake.yaml --world our-accounts.yaml", "prove templates"),
    ),
    "report": Listed(
        "Write one page for the security reviewer",
        (
            "report sales-lake.yaml -o report.html",
            "report sales-lake.yaml -o report.html --against old.html",
            "report sales-lake.yaml --templates templates -o report.html",
        ),
    ),
    "diagram": Listed(
        "Draw a setup as SVG or Mermaid",
        ("diagram sales-lake.yaml -o sales-lake.svg", "diagram sales-lake.yaml --format mermaid"),
    ),
    "compare": Listed(
        "Show what a change lets in that was kept out before",
        ("compare templates-before templates", "compare templates --git main --markdown"),
    ),
    "simulate": Listed(
        "Decide IAM requests: one JSON case per line",
        ("simulate cases.jsonl", "simulate - < cases.jsonl"),
    ),
    "rehearse": Listed(
        "Deploy and try a setup on a local AWS",
        ("rehearse sales-lake.yaml",),
    ),
    "spark": Listed(
        "Print Spark configuration, cluster policy and mounts",
        ("spark partner-bucket.yaml", "spark partner-bucket.yaml --json"),
    ),
    "connect": Listed(
        "Create what a setup needs in Databricks",
        ("connect sales-lake.yaml --dry-run", "connect sales-lake.yaml --template templates"),
    ),
    "disconnect": Listed(
        "Remove from Databricks what connect created",
        ("disconnect sales-lake.yaml --dry-run",),
    ),
    "snapshot": Listed(
        "Read what an account or workspace holds of a setup",
        (
            "snapshot lake.yaml --account 444455556666 --out bank.json",
            "snapshot lake.yaml --account 444455556666 --permissions",
            "snapshot lake.yaml --account 444455556666 --commands",
            "snapshot lake.yaml --from account.json --out bank.json",
            "snapshot lake.yaml --workspace --out workspace.json",
        ),
    ),
    "doctor": Listed(
        "Find the broken link of a live setup, and the patch",
        (
            "doctor lake.yaml --snapshot bank.json --snapshot lake.json",
            "doctor lake.yaml --profile 444455556666=owner --workspace",
            "doctor lake.yaml --snapshot bank.json --markdown",
        ),
    ),
    "explain": Listed(
        "Explain an error: which link, who, and what to do",
        (
            "explain error.txt",
            "explain sales-lake.yaml event.json",
            "explain lake.yaml event.json --snapshot bank.snapshot.json",
            "explain okta-passthrough.yaml response.txt",
            "explain --lang ja - < error.txt",
        ),
    ),
    "schema": Listed(
        "Write the JSON Schemas for your editor",
        ("schema --out schemas",),
    ),
    "docs": Listed(
        "Print a page of the documentation",
        ("docs", "docs proof", "docs connect --lang ja"),
    ),
    "completion": Listed(
        "Complete commands with the Tab key",
        ("completion bash --install", "completion zsh --install", "completion fish --install"),
    ),
}


class CommandGroup(click.Group):
    """The commands, each imported when it is called: the others' options cost a call nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands, as the help shows them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or `None`."""
        if cmd_name not in COMMANDS:
            return None
        command = cast("click.Command", getattr(import_module(f"lakehouse_iam.cli.{cmd_name}"), cmd_name))
        examples = (f"  lakehouse-iam {example}" for example in COMMANDS[cmd_name].examples)
        # \b keeps the lines as they are.
        command.short_help = COMMANDS[cmd_name].summary
        command.epilog = "\b\n" + "\n".join(("Examples:", *examples))
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name; the nearest one is proposed where there is none."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            from difflib import get_close_matches

            close = get_close_matches(name, COMMANDS, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(COMMANDS)}"
            raise click.UsageError(f"the command {name!r} is not known: {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Every command with its summary, whole, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, listed.summary) for name, listed in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands and options that begin like this, without importing any command."""
        from click.shell_completion import CompletionItem

        commands = [
            CompletionItem(name, help=listed.summary)
            for name, listed in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the arguments; what is wrong with them is answered as the rest of them asks, in words or in JSON."""
        show_what_the_console_cannot()
        as_json = "--json" in args
        with in_words(as_json=as_json):
            context = super().make_context(info_name, args or ["--help"], parent, **extra)
        context.meta[_AS_JSON] = as_json
        return context

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; whatever it does not answer itself is answered here."""
        with in_words(as_json=ctx.meta[_AS_JSON]):
            return super().invoke(ctx)


@click.group(
    "lakehouse-iam",
    cls=CommandGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": _WIDEST},
)
@click.version_option(__version__, prog_name="lakehouse-iam")
def main() -> None:
    """Cross-account IAM for lakehouses: one description in, both sides out.

    Start with: lakehouse-iam init PATTERN. At any time, lakehouse-iam next SETUP says what each admin does next.

    Exit codes: 0 done; 1 a check failed; 2 the input is wrong; 3 something outside failed.
    """
