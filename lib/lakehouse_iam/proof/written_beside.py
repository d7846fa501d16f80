"""The files that `lakehouse-iam template` writes beside templates, held against what the setup gives: probes and hand-offs.

Templates say themselves who wrote them: `lakehouse-iam template` and the stages of the CDK describe each one as
`cloudformation.description` does. With such a template the probes must be, as the setup gives them, and in a folder the
hand-offs. Where no template of a setup says so, somebody wrote them in another way, and nothing is missing.
"""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.file_names import HANDOFF_FILE, PROBES_FILE
from lakehouse_iam.probes.document import ProbeDocument, to_json
from lakehouse_iam.proof.beyond import Beyond
from lakehouse_iam.proof.meaning import Meaning
from lakehouse_iam.proof.place import Place
from lakehouse_iam.proof.template_files import TemplateFiles

_WRITE_AGAIN = "write it again with lakehouse-iam template; the probes of the setup were asked instead"
_SECTIONS = ("setup", "pattern", "stacks", "parameters", "existing", "handed_off", "definition")


def beyond_beside(files: TemplateFiles, meaning: Meaning) -> Iterator[Beyond]:
    """Where the probes or the hand-offs beside templates are missing, and where the probes are not those of the setup.

    Args:
        files: the templates and what came with them.
        meaning: what the setup means.
    """
    documents = _of_the_setup(files, meaning.document)
    for document in documents:
        yield from _other_than_given(document, meaning.document)
    written = _described_as_ours(files, meaning)
    if not written:
        return
    if not documents:
        name = f"{meaning.document.setup}{PROBES_FILE}"
        what = f"the template was written with the probes of its setup, and they are missing here ({name})"
        yield Beyond(Place(written[0]), what, _WRITE_AGAIN)
    there = {(one.account, one.stack) for one in files.handoffs}
    for account, stack in () if files.of_an_app else meaning.handed_off:
        if meaning.handed_off[account, stack] and (account, stack) not in there:
            what = f"the hand-offs of the setup are missing here ({account}/{stack}{HANDOFF_FILE})"
            yield Beyond(Place(written[0]), what, "write the folder again: lakehouse-iam template")


def taken_beside(files: TemplateFiles, meaning: Meaning) -> Iterator[str]:
    """What to say of templates of the setup's stacks that came without probes, because somebody else wrote them."""
    own = {(place.account, place.stack) for place in meaning.document.stacks}
    is_there = any((one.account, one.stack) in own for one in files.templates)
    if is_there and not _of_the_setup(files, meaning.document) and not _described_as_ours(files, meaning):
        yield (
            "no probes came with the templates, and nothing in the templates says that lakehouse-iam wrote them: the probes of "
            "the setup were asked"
        )


def _of_the_setup(files: TemplateFiles, wanted: ProbeDocument) -> list[ProbeDocument]:
    """The probes that came with the templates and are of the setup, by its name or by one of its stacks."""
    own = {(place.account, place.stack) for place in wanted.stacks}
    return [
        one
        for one in files.documents
        if one.setup == wanted.setup or not own.isdisjoint((place.account, place.stack) for place in one.stacks)
    ]


def _described_as_ours(files: TemplateFiles, meaning: Meaning) -> list[str]:
    """The templates of the setup's stacks that say that they were written from it."""
    described = {
        (one.template.account, one.template.stack): one.template.body.get("Description") for one in meaning.bound
    }
    return [
        one.place
        for one in files.templates
        if not one.parent and one.body.get("Description") == described.get((one.account, one.stack), _NEVER)
    ]


_NEVER = object()


def _other_than_given(document: ProbeDocument, wanted: ProbeDocument) -> Iterator[Beyond]:
    """Where the document beside the templates is not what its setup gives."""
    place = Place(document.place, property="probes")
    there, meant = set(document.probes), set(wanted.probes)
    missing = [probe for probe in wanted.probes if probe not in there]
    other = [probe for probe in document.probes if probe not in meant]
    if missing:
        what = f"{len(missing)} of the {len(wanted.probes)} probes of the setup are missing here, first: {missing[0].question}"
        yield Beyond(place, what, _WRITE_AGAIN)
    if other:
        what = f"{len(other)} probes here are not of the setup, first: {other[0].question}"
        yield Beyond(place, what, _WRITE_AGAIN)
    written, expected = to_json(document), to_json(wanted)
    for section in _SECTIONS:
        if written.get(section) != expected.get(section):
            what = f"{section} is not what the setup gives"
            yield Beyond(Place(document.place, property=section), what, _WRITE_AGAIN)
