"""What a resource becomes in scripts: how to see whether it is there, make it, change it and take it away again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from lakehouse_iam.aws_cli import AwsCommand, Document, Value, Variable, command, json_document, query_text
from lakehouse_iam.policy import Json
from lakehouse_iam.resources import Resource
from lakehouse_iam.setups.top_level import SETUP_TAG


class How(Enum):
    """How a command is run; the value is the function of the scripts."""

    ONCE = ""
    """It must succeed."""
    AGAIN = "again"
    """Again for a while where AWS does not know a new role yet."""
    UNLESS_GONE = "unless_gone"
    """What is not there any more is fine."""
    UNLESS_THERE = "unless_there"
    """What is there already is fine."""


@dataclass(frozen=True)
class Do:
    """A command and how it is run."""

    command: AwsCommand
    how: How = How.ONCE


@dataclass(frozen=True)
class EachOf:
    """A command for each of the words that another one prints.

    Args:
        variable: the variable that holds the word.
        of: prints the words.
        do: uses the variable.
    """

    variable: str
    of: AwsCommand
    do: Do


Action = Do | EachOf


@dataclass(frozen=True)
class Lookup:
    """The id of something that AWS has named itself.

    Args:
        variable: the variable of the scripts that holds it; whoever runs them may set it.
        command: prints it, or nothing.
        known: the id, where the setup tells it; then nothing is looked up.
    """

    variable: str
    command: AwsCommand
    known: str = ""

    @property
    def value(self) -> Variable:
        """The id, as an option's value."""
        return Variable(self.variable)


@dataclass(frozen=True)
class Replaced:
    """A policy that a setup keeps as a whole; the scripts keep the one before, and give it back.

    Args:
        name: the file that the one before is kept in.
        ours: the document that takes its place.
        read: prints the policy that is there.
        give_back: puts the policy that is kept.
    """

    name: str
    ours: Document
    read: AwsCommand
    give_back: AwsCommand


@dataclass(frozen=True)
class Holds:
    """What something without tags must hold. Where somebody else has made it, it is not changed.

    Args:
        read: prints what it holds, as words.
        wanted: the words that must be among them.
        is_ours: whether `wanted` is one document, and what holds exactly that can only have been made for the setup, so that it
            may be taken away.
    """

    read: AwsCommand
    wanted: tuple[str, ...]
    is_ours: bool = False


@dataclass(frozen=True)
class Step:
    """One resource.

    Args:
        title: what it is, for people.
        seen_by: how to see whether it is there: a command that AWS refuses where it is not, or the look-up of its id; `None`
            where that makes no difference.
        create: makes it, where it is not there.
        update: changes it, where it is.
        always: what is done in both cases, after that.
        delete: takes it away, where it is there.
        owner: prints the name of the setup that made it, which stands in a tag; `None` where it has no tags.
        mark: where it has no tags: the name under which the scripts note that they made it, so that nothing is taken away that
            was there before.
        begun: where tags come by a command of their own: the name under which the scripts note that they have made it and not
            tagged it yet.
        holds: where it has no tags and an update would replace what somebody else has written: what it must hold.
        needs: look-ups of other resources whose variables it uses.
        kept_if: where AWS refuses the deletion with this word, it is kept, and that is said.
        replaces: the policy that it takes the place of.
    """

    title: str
    seen_by: AwsCommand | Lookup | None
    create: tuple[Action, ...] = ()
    update: tuple[Action, ...] = ()
    always: tuple[Action, ...] = ()
    delete: tuple[Action, ...] = ()
    owner: AwsCommand | None = None
    mark: str = ""
    begun: str = ""
    holds: Holds | None = None
    needs: tuple[Lookup, ...] = ()
    kept_if: str = ""
    replaces: Replaced | None = None


@dataclass(frozen=True)
class Place:
    """Where steps are done.

    Args:
        partition: the partition.
        account: the account.
        region: the region.
        setup: the name of the setup.
        tags: of everything that takes tags.
        folder: where the documents of the phase are, such as `documents`.
        unknown: the stand-ins of values that are still unknown, and the parameters' names.
        documents: what was written so far, by file; filled by `document`.
        lookups: the ids of resources that later ones use, by the `id` of the planned resource; filled as they come.
        resources: every resource of the pack, by its `id`.
    """

    partition: str
    account: str
    region: str
    setup: str
    tags: tuple[tuple[str, str], ...]
    folder: str
    unknown: Mapping[str, str]
    documents: dict[str, str]
    lookups: dict[str, Lookup]
    resources: Mapping[str, Resource]

    def document(self, name: str, content: Json | str) -> Document:
        """A document in a file of its own; the scripts fill in what is still unknown.

        Args:
            name: the file's name within the folder of documents.
            content: JSON, or text as it is.
        """
        file = f"{self.folder}/{name}"
        given = json_document(content, file) if isinstance(content, dict) else Document(content, file)
        text = given.text
        for stand_in, parameter in self.unknown.items():
            text = text.replace(stand_in, placeholder(parameter))
        self.documents[file] = text
        return Document(text, file, folder="filled" if text != given.text else "")

    def value(self, text: str) -> Value:
        """A value that may still be unknown."""
        return Variable(variable_of(self.unknown[text])) if text in self.unknown else text

    @property
    def tag_list(self) -> str:
        """The tags as IAM and S3 take them."""
        return json.dumps([{"Key": key, "Value": value} for key, value in self.tags], ensure_ascii=False)


Renderer = Callable[[Any, Place], Iterator[Step]]
"""From a planned resource and its place to steps."""


def placeholder(parameter: str) -> str:
    """What stands in documents for a value that is still unknown. IAM takes neither bracket in any name."""
    return f"<{parameter}>"


def variable_of(parameter: str) -> str:
    """The variable of the shell for a parameter: `EXTERNAL_ID` for `ExternalId`."""
    return "".join(f"_{one}" if one.isupper() and at else one for at, one in enumerate(parameter)).upper()


def told(service: str, operation: str, query: str, **options: Value) -> AwsCommand:
    """A command that prints what a query finds, as plain words."""
    return command(service, operation, **options, query=query, output="text")


def tag_query(path: str = "Tags") -> str:
    """The query for the name of the setup among tags with `Key` and `Value`."""
    return f"{path}[?Key=={query_text(SETUP_TAG)}].Value"
