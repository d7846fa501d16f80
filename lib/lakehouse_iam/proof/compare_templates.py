"""Two versions of templates compared: what each role may do, who may become it, who gets to each bucket and key.

Both versions are read as the proof reads them, hand-offs merged. A value that only the deployment knows is read twice, as
narrow and as wide as it can be; a change that shows in one reading only is not decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.evaluator.compare import Change, Comparison, Unit, compare_worlds
from lakehouse_iam.evaluator.policies import Policy
from lakehouse_iam.evaluator.world import World
from lakehouse_iam.proof.deployed import Deployed
from lakehouse_iam.proof.expectations import add_existing, add_handed_off
from lakehouse_iam.proof.from_templates import add_templates
from lakehouse_iam.proof.made_at_deployment import made_at_deployment
from lakehouse_iam.proof.place import Place
from lakehouse_iam.proof.replacements import (
    AttributeChange,
    Replaced,
    Resources,
    attribute_changes,
    in_both,
    replaced,
    resources_of,
)
from lakehouse_iam.proof.resource_types import READ_TYPES, may_carry_access
from lakehouse_iam.proof.stack_templates import StackTemplate, bind
from lakehouse_iam.proof.template_files import TemplateFiles, in_regions, read_templates, told_at_deployment
from lakehouse_iam.proof.terraform_plan import is_plan, read_plan
from lakehouse_iam.proof.unresolved import Reading

Json = dict[str, Any]


@dataclass(frozen=True)
class Version:
    """One version of templates.

    Args:
        name: what sentences call it.
        files: its templates: one entry for a folder, one for each stage of a cloud assembly.
        setups: the setups that they belong to, as far as they say so.
        not_read: what was not read, by address.
    """

    name: str
    files: tuple[TemplateFiles, ...]
    setups: frozenset[str] = frozenset()
    not_read: tuple[str, ...] = ()


@dataclass(frozen=True)
class TemplateComparison:
    """How one version differs from another.

    Args:
        before: the name of the earlier version.
        after: the name of the later version.
        units: every role, trust, bucket and key, the unchanged ones too.
        replaced: what CloudFormation makes anew.
        attributes: what changed beside policies.
        not_decided: resources that changed and are not read, though they can carry access.
        not_read: other resources that are not read, a sentence each.
    """

    before: str
    after: str
    units: tuple[Unit, ...]
    replaced: tuple[Replaced, ...] = ()
    attributes: tuple[AttributeChange, ...] = ()
    not_decided: tuple[str, ...] = ()
    not_read: tuple[str, ...] = ()

    @property
    def changed(self) -> tuple[Unit, ...]:
        """The units that are not the same."""
        return tuple(unit for unit in self.units if unit.change is not Change.SAME)

    @property
    def is_wider(self) -> bool:
        """Whether something is allowed that was refused before."""
        return any(unit.is_wider for unit in self.units) or any(one.widens for one in self.attributes)

    @property
    def is_undecided(self) -> bool:
        """Whether something could not be told."""
        return bool(self.not_decided) or any(unit.comparison.not_decided for unit in self.units)

    @property
    def is_changed(self) -> bool:
        """Whether anything that is read differs."""
        return bool(self.changed or self.replaced or self.attributes or self.not_decided)

    def to_json(self) -> Json:
        """The comparison for machines."""
        changed = self.changed
        return {
            "before": self.before,
            "after": self.after,
            "widened": self.is_wider,
            "decided": not self.is_undecided,
            "units": [unit.to_json() for unit in changed],
            "unchanged": len(self.units) - len(changed),
            "replaced": [one.to_json() for one in self.replaced],
            "attributes": [one.to_json() for one in self.attributes],
            "not_decided": list(self.not_decided),
            "not_read": list(self.not_read),
        }


def read_version(path: Path, name: str = "") -> Version:
    """Read a folder of templates, a cloud assembly, or the JSON of a Terraform plan.

    Args:
        path: where.
        name: what sentences call it; the path by default.

    Raises:
        TemplateError: it holds none of these, or a file that is not what it should be.
        InvalidValue: a document of probes that is not one.
    """
    if is_plan(path):
        plan = read_plan(path)
        return Version(name or str(path), (TemplateFiles(plan.templates, ()),), plan.setups, plan.not_read)
    files = read_templates(path)
    return Version(name or str(path), files, frozenset(one.setup for each in files for one in each.documents))


def compare_versions(before: Version, after: Version) -> TemplateComparison:
    """Compare two versions.

    Raises:
        InvalidValue: they are of different setups.
        PolicyError: a policy that AWS would refuse.
    """
    _same_setups(before, after)
    compared = [_compared(old, new) for old, new in _pairs(before, after)]
    return TemplateComparison(
        before.name,
        after.name,
        tuple(unit for one in compared for unit in one.units),
        tuple(found for one in compared for found in one.replaced),
        tuple(found for one in compared for found in one.attributes),
        tuple(dict.fromkeys(text for one in compared for text in one.not_decided)),
        tuple(dict.fromkeys((*before.not_read, *after.not_read, *(t for one in compared for t in one.not_read)))),
    )


def _same_setups(before: Version, after: Version) -> None:
    old, new = (version.setups or _stacks(version.files) for version in (before, after))
    if old.isdisjoint(new):
        raise InvalidValue(
            f"{before.name} is of {', '.join(sorted(old))}, and {after.name} is of {', '.join(sorted(new))}",
            allowed="two versions of the same setups",
            next_step="name the folders of one setup, or compare folders that hold both",
        )


def _stacks(files: Iterable[TemplateFiles]) -> frozenset[str]:
    return frozenset(template.stack for one in files for template in one.templates)


def _pairs(before: Version, after: Version) -> Iterator[tuple[TemplateFiles | None, TemplateFiles | None]]:
    """The stages of both versions that belong together: of the same setups, or else with the same stacks."""
    left = list(before.files)
    for new in after.files:
        old = next((one for one in left if _belong_together(one, new)), None)
        if old is None and len(before.files) == len(after.files) == 1:
            old = left[0]
        if old is not None:
            left.remove(old)
        yield old, new
    yield from ((old, None) for old in left)


def _belong_together(one: TemplateFiles, other: TemplateFiles) -> bool:
    setups = [{document.setup for document in files.documents} for files in (one, other)]
    if all(setups):
        return not setups[0].isdisjoint(setups[1])
    return not _stacks([one]).isdisjoint(_stacks([other]))


@dataclass(frozen=True)
class _Read:
    deployed: Deployed
    resources: Resources


def _read(files: TemplateFiles | None) -> _Read:
    deployed = Deployed()
    if files is None:
        return _Read(deployed, {})
    templates: Sequence[StackTemplate] = files.templates
    parameters: dict[str, str] = told_at_deployment(templates)
    for document in files.documents:
        templates = in_regions(templates, document)
        parameters |= document.parameters
    add_templates(deployed, templates, parameters)
    for document in files.documents:
        add_existing(deployed, document.existing)
        add_handed_off(deployed, document.handed_off)
    return _Read(deployed, resources_of(bind(templates, parameters)))


def _compared(before: TemplateFiles | None, after: TemplateFiles | None) -> TemplateComparison:
    old, new = _read(before), _read(after)
    changes = list(in_both(old.resources, new.resources))
    least = _worlds(old.deployed, new.deployed, Reading.LEAST)
    not_decided, not_read = _unread(old.resources, new.resources)
    not_decided += tuple(_rewritten(before, after))
    return TemplateComparison(
        "",
        "",
        _units(old.deployed, new.deployed, least),
        tuple(
            replace(found, loses=_losing(found, least))
            for one, other in changes
            if (found := replaced(one, other)) is not None
        ),
        tuple(change for one, other in changes for change in attribute_changes(one, other)),
        not_decided,
        not_read,
    )


_Worlds = tuple[World, World]


def _worlds(before: Deployed, after: Deployed, reading: Reading) -> _Worlds:
    return before.world(reading), after.world(reading)


def _units(before: Deployed, after: Deployed, least: _Worlds) -> tuple[Unit, ...]:
    units = compare_worlds(*least).units
    open_arns = before.open_arns | after.open_arns
    if not open_arns:
        return units
    most = {(unit.kind, unit.arn): unit for unit in compare_worlds(*_worlds(before, after, Reading.MOST)).units}
    return tuple(
        _both_readings(unit, most[unit.kind, unit.arn], before, after) if unit.arn in open_arns else unit
        for unit in units
    )


def _both_readings(least: Unit, most: Unit, before: Deployed, after: Deployed) -> Unit:
    """What both readings say; what only one of them says is not decided, with what it waits for."""
    one, other = least.comparison, most.comparison
    places = dict.fromkeys(str(place) for side in (before, after) for place in side.open_places(least.arn))
    open_to_reading = bool(one.wider) is not bool(other.wider) or bool(one.narrower) is not bool(other.narrower)
    comparison = Comparison(
        one.subject,
        one.wider if other.wider else (),
        one.narrower if other.narrower else (),
        (*one.not_decided, *other.not_decided, *(places if open_to_reading else ())),
    )
    change = least.change if least.change in (Change.ADDED, Change.REMOVED) else comparison.change
    return replace(least, comparison=comparison, change=change)


def _unread(before: Resources, after: Resources) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Resources of types that are not read: those that changed and can carry access, and how many others there are."""
    not_decided, others = [], dict[str, int]()
    for key, resource in {**before, **after}.items():
        if resource.type in READ_TYPES:
            continue
        if not may_carry_access(resource.type):
            others[resource.type] = others.get(resource.type, 0) + 1
        elif before.get(key) != after.get(key):
            how = "is added" if key not in before else "is removed" if key not in after else "changes"
            not_decided.append(
                f"{resource.place} {how}: what a resource of the type {resource.type} lets in is not read"
            )
    listed = ", ".join(f"{type} ({count})" for type, count in sorted(others.items()))
    return tuple(not_decided), (f"not read, for they carry no access: {listed}",) if listed else ()


def _rewritten(before: TemplateFiles | None, after: TemplateFiles | None) -> Iterator[str]:
    """Where the later version is rewritten while it is deployed, unless nothing of its template has changed."""
    old = {template.stack: template.body for template in before.templates} if before is not None else {}
    for template in after.templates if after is not None else ():
        if old.get(template.stack) == template.body:
            continue
        for found in made_at_deployment(template.body):
            yield f"{Place(template.place, property=found.path)}: {found.what}"


def _losing(found: Replaced, worlds: _Worlds) -> tuple[str, ...]:
    """Who loses access while a resource is replaced, and until what names it is written again."""
    if found.type == "AWS::S3::Bucket":
        return (f"everybody who uses {found.before}: the new bucket is empty and under another name",)
    if found.type != "AWS::IAM::Role":
        return ()
    before, after = worlds
    callers = [name for role in before.roles if role.arn == found.before for name in _named(role.trust)]
    sentences = [f"{name} can no longer assume {found.before}" for name in dict.fromkeys(callers)]
    if found.before == found.after:
        why = "keeps the unique id of the deleted role, until it is written again"
    else:
        why = f"still names the role that is gone, not {found.after}"
    return (*sentences, *(f"{holder} {why}" for holder in _naming(after, found.before)))


def _named(policy: Policy) -> Iterator[str]:
    for statement in policy.parsed.statements:
        if statement.allow and statement.principal is not None:
            yield from sorted(name for name in statement.principal.named if not name.startswith("role:"))


def _naming(world: World, arn: str) -> Iterator[str]:
    policies: list[Policy | None] = [role.trust for role in world.roles if role.arn != arn]
    policies += [bucket.policy for bucket in world.buckets]
    policies += [key.policy for key in world.keys]
    yield from (policy.name for policy in policies if policy is not None and arn in set(_named(policy)))
