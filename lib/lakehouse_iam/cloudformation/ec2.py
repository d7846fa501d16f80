"""Security groups in CloudFormation."""

from __future__ import annotations

from lakehouse_iam.cloudformation.rendering import Renderer, rendered
from lakehouse_iam.plan.phases import Phase
from lakehouse_iam.policy import Json
from lakehouse_iam.resources import InboundRule, OutboundRule, SecurityGroup

# A group without a rule for what goes out gets one that lets out everything. This one matches nothing, and replaces it; the CDK
# writes the same for `allow_all_outbound=False` (aws-cdk-lib 2.275 `aws-ec2/lib/security-group`, read 2026-11-25).
_NOTHING_OUT: Json = {
    "CidrIp": "255.255.255.255/32",
    "Description": "Matches nothing, in place of the rule that lets out everything",
    "IpProtocol": "icmp",
    "FromPort": 252,
    "ToPort": 86,
}


def _security_group(group: SecurityGroup, phase: Phase, tags: list[Json]) -> Json:
    own = [{"Key": key, "Value": value} for key, value in group.tags]
    properties = {
        "GroupDescription": group.description,
        "VpcId": group.vpc,
        "SecurityGroupEgress": [_NOTHING_OUT],
        "Tags": [*tags, *own],
    }
    return rendered("AWS::EC2::SecurityGroup", properties)


def _group_id(id: str) -> Json:
    return {"Fn::GetAtt": [id, "GroupId"]}


def _inbound(rule: InboundRule, phase: Phase, tags: list[Json]) -> Json:
    properties = {
        "GroupId": _group_id(rule.group),
        "SourceSecurityGroupId": _group_id(rule.source),
        "IpProtocol": "tcp",
        "FromPort": rule.port,
        "ToPort": rule.port,
        "Description": rule.description,
    }
    return rendered("AWS::EC2::SecurityGroupIngress", properties)


def _outbound(rule: OutboundRule, phase: Phase, tags: list[Json]) -> Json:
    target: Json = {"DestinationSecurityGroupId": _group_id(rule.target)} if rule.target else {"CidrIp": "0.0.0.0/0"}
    properties = {
        "GroupId": _group_id(rule.group),
        **target,
        "IpProtocol": "tcp",
        "FromPort": rule.port,
        "ToPort": rule.port,
        "Description": rule.description,
    }
    return rendered("AWS::EC2::SecurityGroupEgress", properties)


RENDERERS: dict[type, Renderer] = {SecurityGroup: _security_group, InboundRule: _inbound, OutboundRule: _outbound}
