"""What is written into a pack for whoever opens it: the runbook and the review in both languages."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.handoff.databricks_files import databricks_files
from lakehouse_iam.handoff.pack import Pack, PackFile, PackKind
from lakehouse_iam.handoff.runbook.parts import DATABRICKS, IDENTITY_PROVIDER, Person, Side
from lakehouse_iam.handoff.runbook.readme import README, people_of, readme
from lakehouse_iam.handoff.runbook.review import REVIEW, review
from lakehouse_iam.handoff.runbook.turns import runbook_of
from lakehouse_iam.languages import Language
from lakehouse_iam.plan.phases import Plan


def person_of(pack: Pack) -> Person:
    """Whose pack it is."""
    if pack.kind is PackKind.AWS_ACCOUNT:
        return Person(Side.ACCOUNT, pack.account)
    return DATABRICKS if pack.kind is PackKind.DATABRICKS else IDENTITY_PROVIDER


def runbook_files(plan: Plan, pack: Pack) -> Iterator[PackFile]:
    """The files for people; none for somebody who has nothing to do.

    Args:
        plan: the plan.
        pack: the folder with its other files, which steps may name.
    """
    person = person_of(pack)
    if person not in people_of(plan):
        return
    own = _of_databricks(plan, pack)
    yield from own
    names = [file.name for file in (*pack.files, *own)]
    for language in Language:
        yield PackFile(README[language], readme(plan, person, language, names))
    if pack.kind is PackKind.AWS_ACCOUNT:
        for language in Language:
            yield PackFile(REVIEW[language], review(plan, person, language))


def _of_databricks(plan: Plan, pack: Pack) -> list[PackFile]:
    write = runbook_of(plan).databricks
    if pack.kind is not PackKind.DATABRICKS or write is None:
        return []
    files = databricks_files(write(plan))
    return [PackFile(name, text, executable=name.endswith(".sh")) for name, text in files.items()]
