"""A pack: what one party gets, as a folder that stands alone. Texts only; the command line writes them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from lakehouse_iam.plan.phases import Phase


class PackKind(Enum):
    """Whose hands a pack is for."""

    AWS_ACCOUNT = "AWS account"
    DATABRICKS = "Databricks workspace"
    IDENTITY_PROVIDER = "identity provider"


@dataclass(frozen=True)
class PackFile:
    """One file of a pack.

    Args:
        name: its path within the pack, with `/`, such as `documents/SalesReader.trust.json`.
        text: what it holds.
        executable: whether it may be run.
    """

    name: str
    text: str
    executable: bool = False


@dataclass(frozen=True)
class Pack:
    """What one party gets.

    Args:
        folder: its name within the folder of all packs, such as `444455556666-bucket-owner`.
        kind: whose hands it is for.
        title: whose it is, for people.
        party: whose side, as `plan.phases.Party` calls it; for an identity provider the word itself.
        account: the AWS account; empty for the others.
        region: the AWS region; empty for the others.
        phases: the phases of the plan that are its, in the order in which they are deployed.
        files: in the order in which they are listed.
    """

    folder: str
    kind: PackKind
    title: str
    party: str
    account: str
    region: str
    phases: tuple[Phase, ...]
    files: tuple[PackFile, ...]

    def file(self, name: str) -> PackFile:
        """The file of that name.

        Raises:
            KeyError: there is none.
        """
        return {file.name: file for file in self.files}[name]
