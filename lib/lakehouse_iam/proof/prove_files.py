"""Templates from files, proved: every probe answered, and everything they allow held against what their setup means."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from lakehouse_iam.plan import plan_setup
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.probes.document import ProbeDocument
from lakehouse_iam.proof.beyond import Beyond, NotRead
from lakehouse_iam.proof.beyond_constructs import beyond_constructs
from lakehouse_iam.proof.closed import beyond_policies
from lakehouse_iam.proof.deployed import Deployed
from lakehouse_iam.proof.expectations import add_handed_off
from lakehouse_iam.proof.from_templates import add_bound
from lakehouse_iam.proof.handoff_files import HandOffFile, beyond_handoffs
from lakehouse_iam.proof.inventory import beyond_resources, not_read
from lakehouse_iam.proof.meaning import Meaning, meaning_of
from lakehouse_iam.proof.place import Place
from lakehouse_iam.proof.prove import Progress, Proof, prove_templates, tell_nobody
from lakehouse_iam.proof.real_world import RealWorld
from lakehouse_iam.proof.stack_templates import StackTemplate, bind
from lakehouse_iam.proof.template_files import TemplateFiles, in_regions, probes_of
from lakehouse_iam.proof.written_beside import beyond_beside, taken_beside
from lakehouse_iam.setups import setups_from_text


@dataclass(frozen=True)
class Held:
    """What templates hold beyond a setup, and what of them was not read."""

    beyond: tuple[Beyond, ...]
    not_read: tuple[NotRead, ...]


def prove_setup(
    files: TemplateFiles,
    plan: Plan,
    real: RealWorld | None = None,
    progress: Progress = tell_nobody,
    given: Collection[Plan] = (),
) -> Proof:
    """Ask a setup's probes of templates, and hold everything in them against the setup.

    Args:
        files: the templates that its stacks are among.
        plan: what the setup means.
        real: what is known of the accounts.
        progress: told how far it is.
        given: the plans of every setup that is proved of these templates.

    Raises:
        PolicyError: a policy that AWS would refuse.
    """
    meaning = meaning_of(plan, real.known_policies if real is not None else {})
    templates = in_regions(files.templates, meaning.document)
    held = held_against(replace(files, templates=templates), meaning)
    proof = prove_templates(templates, meaning.document, real, progress)
    beyond = (*beyond_beside(files, meaning), *held.beyond, *_of_setups_not_given(files, (plan, *given)))
    taken = (*taken_beside(files, meaning), *proof.taken)
    return replace(proof, beyond=beyond, not_read=held.not_read, taken=taken)


def _of_setups_not_given(files: TemplateFiles, plans: Collection[Plan]) -> Iterator[Beyond]:
    """Templates of a folder that other probes claim, whose setup nobody gave: nothing shows that it is meant."""
    proved = {(str(phase.account), phase.stack) for plan in plans for phase in plan.phases}
    claimed = {(place.account, place.stack): one for one in files.documents for place in one.stacks}
    for template in files.templates if not files.of_an_app else ():
        stack = (template.account, template.stack)
        if stack in claimed and stack not in proved:
            what = f"the template is of the setup {claimed[stack].setup}, which was not given"
            yield Beyond(Place(template.place), what, "give its setup too, or prove the folder by itself")


def prove_files(
    files: TemplateFiles, real: RealWorld | None = None, progress: Progress = tell_nobody
) -> Iterator[Proof]:
    """Prove templates by what came with them: every setup, and the constructs that belong to none.

    Raises:
        PolicyError: a policy that AWS would refuse.
        SetupError: a setup beside the templates that is not one.
    """
    plans = {document.place: plan_of(document) for document in files.documents if document.definition}
    for document in probes_of(files):
        if document.definition:
            plan = plans[document.place]
            yield prove_setup(files, plan, real, progress, plans.values())
            continue
        proof = prove_templates(in_regions(files.templates, document), document, real, progress)
        if document.pattern:
            what = "the probes do not hold the setup that they are of, so what is beyond it cannot be told"
            remedy = "write the folder again, or give the setup: lakehouse-iam prove SETUP --templates DIR"
            yield replace(proof, beyond=(Beyond(Place(document.place), what, remedy),))
        else:
            yield replace(proof, warnings=tuple(beyond_constructs(files)))


def plan_of(document: ProbeDocument) -> Plan:
    """The plan of the setup that came with probes.

    Raises:
        SetupError: it is not a setup.
        PlanError: it is larger than AWS accepts.
    """
    return plan_setup(setups_from_text(json.dumps(dict(document.definition)), document.place)[0])


def held_against(files: TemplateFiles, meaning: Meaning) -> Held:
    """Everything in templates that is beyond a setup.

    Args:
        files: the templates that its stacks are among.
        meaning: what the setup means.

    Raises:
        PolicyError: a policy that AWS would refuse.
    """
    bound = bind(files.templates, meaning.document.parameters)
    judged = _judged(files, meaning.document)
    found = Deployed(known_policies=dict(meaning.deployed.known_policies))
    add_bound(found, bound)
    add_handed_off(found, meaning.document.handed_off)
    _leave_to_other_setups(found, meaning, _of_others(files, meaning.document))
    partition = meaning.bound[0].deployment.partition if meaning.bound else "aws"
    beyond = (
        *beyond_policies(found, meaning.deployed, judged),
        *beyond_resources(bound, meaning.bound, judged, meaning.names),
        *beyond_handoffs(_handoffs_of(files, meaning.document), meaning.handed_off, partition),
    )
    unread = (
        *not_read(bound, meaning.bound, judged, meaning.names),
        *(NotRead("file", "", file) for file in files.unread),
    )
    return Held(tuple({(one.where, one.what): one for one in beyond}.values()), unread)


def _of_others(files: TemplateFiles, document: ProbeDocument) -> frozenset[str]:
    """The templates that other setups of the folder claim; each of them is held against its own setup."""
    own = {(place.account, place.stack) for place in document.stacks}
    others = {(place.account, place.stack) for other in files.documents for place in other.stacks} - own
    return frozenset(one.place for one in files.templates if (one.account, one.stack) in others)


def _leave_to_other_setups(found: Deployed, meaning: Meaning, of_others: frozenset[str]) -> None:
    """Leave out what other setups add to a role that no setup makes, such as the role that starts clusters of a workspace.

    A role that this setup makes keeps everything that anybody adds to it.
    """
    for arn, role in found.roles.items():
        meant = meaning.deployed.roles.get(arn)
        if meant is not None and meant.trust is None:
            for name in [name for name, written in role.identity.items() if written.place.file in of_others]:
                del role.identity[name]


def _judged(files: TemplateFiles, document: ProbeDocument) -> frozenset[str]:
    """The templates in which everything must be of the setup: its own, and in a folder those that are nobody's."""
    own = {(place.account, place.stack) for place in document.stacks}
    others = {(place.account, place.stack) for other in files.documents for place in other.stacks} - own
    judged = {
        template.place
        for template in files.templates
        if not template.parent and _is_judged((template.account, template.stack), own, others, files)
    }
    return frozenset(_with_nested(judged, files.templates))


def _is_judged(
    stack: tuple[str, str], own: set[tuple[str, str]], others: set[tuple[str, str]], files: TemplateFiles
) -> bool:
    return stack in own or (not files.of_an_app and stack not in others)


def _with_nested(judged: set[str], templates: Sequence[StackTemplate]) -> set[str]:
    found = set(judged)
    for template in templates:
        # A nested template comes after the one that it is nested in.
        if template.parent in found:
            found.add(template.place)
    return found


def _handoffs_of(files: TemplateFiles, document: ProbeDocument) -> list[HandOffFile]:
    """The hand-off files of a setup, and those that are nobody's."""
    others = {
        (place.account, place.stack)
        for other in files.documents
        if other.setup != document.setup
        for place in other.stacks
    }
    return [one for one in files.handoffs if (one.account, one.stack) not in others]
