"""Security groups and their rules as commands. A new group lets everything out until that rule is taken away.

Source of the options `--protocol`, `--port`, `--source-group` and `--cidr`: the AWS CLI's own help, `aws ec2
authorize-security-group-ingress help` and `…-egress help` of 1.46.3, tried in a test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from lakehouse_iam.aws_cli import AwsCommand, Value, command, inline_json
from lakehouse_iam.handoff.commands.step import Do, How, Lookup, Place, Renderer, Step, tag_query, told, variable_of
from lakehouse_iam.resources import InboundRule, OutboundRule, SecurityGroup

_EVERYTHING_OUT = inline_json([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])


def _security_group(group: SecurityGroup, place: Place) -> Iterator[Step]:
    name = f"{place.setup}-{group.id}"
    filters = inline_json([{"Name": "vpc-id", "Values": [group.vpc]}, {"Name": "group-name", "Values": [name]}])
    found = Lookup(
        variable_of(group.id),
        told("ec2", "describe-security-groups", "SecurityGroups[].GroupId", filters=filters),
    )
    place.lookups[group.id] = found
    tags = [*json.loads(place.tag_list), *({"Key": key, "Value": value} for key, value in group.tags)]
    create = command(
        "ec2",
        "create-security-group",
        group_name=name,
        description=group.description,
        vpc_id=group.vpc,
        tag_specifications=inline_json([{"ResourceType": "security-group", "Tags": tags}]),
    )
    close = command("ec2", "revoke-security-group-egress", group_id=found.value, ip_permissions=_EVERYTHING_OUT)
    yield Step(
        f"security group {name}",
        found,
        create=(Do(create),),
        always=(Do(close, How.UNLESS_GONE),),
        delete=(Do(command("ec2", "delete-security-group", group_id=found.value)),),
        owner=_owner(found),
    )


def _owner(group: Lookup) -> AwsCommand:
    return told("ec2", "describe-security-groups", tag_query("SecurityGroups[0].Tags"), group_ids=group.value)


def _rule(title: str, direction: str, group: Lookup, port: int, other: Lookup | None) -> Step:
    whom: dict[str, Value] = {"source_group": other.value} if other else {"cidr": "0.0.0.0/0"}
    options: dict[str, Value] = {"group_id": group.value, "protocol": "tcp", "port": str(port), **whom}
    return Step(
        title,
        None,
        always=(Do(command("ec2", f"authorize-security-group-{direction}", **options), How.UNLESS_THERE),),
        delete=(Do(command("ec2", f"revoke-security-group-{direction}", **options), How.UNLESS_GONE),),
        owner=_owner(group),
        needs=(group, other) if other else (group,),
    )


def _inbound(rule: InboundRule, place: Place) -> Iterator[Step]:
    yield _rule(rule.description, "ingress", place.lookups[rule.group], rule.port, place.lookups[rule.source])


def _outbound(rule: OutboundRule, place: Place) -> Iterator[Step]:
    target = place.lookups[rule.target] if rule.target else None
    yield _rule(rule.description, "egress", place.lookups[rule.group], rule.port, target)


RENDERERS: dict[type, Renderer] = {SecurityGroup: _security_group, InboundRule: _inbound, OutboundRule: _outbound}
