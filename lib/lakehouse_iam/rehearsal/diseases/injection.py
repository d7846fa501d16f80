"""An injection: how a deployment that is healthy comes by a disease that the doctor knows by name.

What it changes is said in the paths of snapshots, so that one value serves both: a local AWS that is changed (`local`), and
snapshots that are changed where the local AWS keeps no such thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from lakehouse_iam.doctor.after_patch import after_patch
from lakehouse_iam.doctor.diseases import Disease, disease
from lakehouse_iam.doctor.finding import Change, Patch
from lakehouse_iam.doctor.workspace import WORKSPACE
from lakehouse_iam.rehearsal.diseases.healthy import Healthy
from lakehouse_iam.snapshot.document import Snapshot

Changes = tuple[Change, ...]
Inject = Callable[[Healthy], Iterable[Changes]]


@dataclass(frozen=True)
class Injection:
    """A disease and how to bring it about.

    Args:
        slug: the doctor's name for it.
        inject: from a healthy deployment to the ways in which it can come by the disease, each the changes that do it: none
            where it has nothing that could fall ill of it, such as a key.
        mended: whether a patch can fix it; not where the setup itself must change, or only AWS could.
        not_held: why the local AWS cannot hold it, although it keeps what is changed; empty where it can.
    """

    slug: str
    inject: Inject
    mended: bool = True
    not_held: str = ""

    @property
    def disease(self) -> Disease:
        """The disease, as the doctor describes it."""
        return disease(self.slug)

    def cases(self, healthy: Healthy) -> Iterator[Injected]:
        """Every way in which a deployment can come by it."""
        for changes in self.inject(healthy):
            if changes:
                yield Injected(self, changes)


@dataclass(frozen=True)
class Injected:
    """One way to come by a disease, in one deployment.

    Args:
        injection: the disease.
        changes: what is changed; the last change is on the side of whoever must fix it.
    """

    injection: Injection
    changes: Changes

    @property
    def side(self) -> str:
        """The account whose admin must fix it; empty for the admin of the workspace."""
        of = self.changes[-1].of
        return "" if of == WORKSPACE else of

    def into(self, snapshots: Sequence[Snapshot]) -> tuple[Snapshot, ...]:
        """The snapshots of a deployment that has it."""
        return after_patch(snapshots, Patch(self.changes))
