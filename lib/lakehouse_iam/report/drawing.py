"""The diagram of a plan, read out of its policies: every pattern has one, and nothing is drawn that no statement says.

Things that are alike are drawn once: three hundred buckets that one role reads are one box.
"""

from __future__ import annotations

from typing import Any

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.partitions import is_of_databricks
from lakehouse_iam.plan.phases import Plan
from lakehouse_iam.policy_elements import listed, principals_of
from lakehouse_iam.report.alike import grouped
from lakehouse_iam.report.diagram import (
    ASSUMES,
    ATTACHES,
    BUCKETS,
    CONTAINS,
    FEDERATION,
    KEYS,
    LISTS,
    PASSES,
    PROFILE,
    READS,
    ROLE,
    SERVICE,
    SERVICES_LANE,
    USED,
    USES,
    USES_KEY,
    WRITES,
    Diagram,
    Edge,
    Lane,
    Node,
)
from lakehouse_iam.report.policies import BUCKET, KEY, SESSION, TRUST
from lakehouse_iam.resources import ExistingBucket, InstanceProfile

Json = dict[str, Any]

# Names of services by the prefixes of their actions.
SERVICES = {
    "athena": "Amazon Athena",
    "ec2": "Amazon EC2",
    "elasticmapreduce": "Amazon EMR",
    "glue": "AWS Glue",
    "lakeformation": "AWS Lake Formation",
    "logs": "Amazon CloudWatch Logs",
    "ram": "AWS RAM",
    "s3": "S3 Access Grants",
    "secretsmanager": "AWS Secrets Manager",
    "sns": "Amazon SNS",
    "sqs": "Amazon SQS",
    "ssm": "AWS Systems Manager",
    "sso": "IAM Identity Center",
    "sso-directory": "IAM Identity Center",
}


def diagram_of(plan: Plan, policies: list[Json]) -> Diagram:
    """The diagram of a plan.

    Args:
        plan: the plan.
        policies: its policies, as `policies_of` gives them.
    """
    drawing = _Drawing(plan)
    for policy in policies:
        drawing.add(policy)
    drawing.add_profiles()
    return grouped(drawing.diagram())


class _Drawing:
    """Boxes and arrows as they are found, each once."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._nodes: dict[str, Node] = {}
        self._edges: dict[tuple[str, str, str], Edge] = {}
        self._account_of_bucket = {
            existing.name.arn(plan.partition): str(phase.account)
            for phase in plan.phases
            for existing in phase.existing
            if isinstance(existing, ExistingBucket)
        }

    def add(self, policy: Json) -> None:
        """What a policy says."""
        if policy["kind"] == BUCKET:
            self._account_of_bucket.setdefault(policy["of"], policy["account"])
        statements = [one["statement"] for one in policy["statements"] if one["statement"]["Effect"] == "Allow"]
        if policy["kind"] == TRUST:
            self._trust(policy, statements)
        elif policy["kind"] in (BUCKET, KEY):
            self._guard(policy, statements)
        elif policy["kind"] != SESSION:
            self._own(policy, statements)

    def add_profiles(self) -> None:
        """Instance profiles, through which EC2 comes to a role."""
        for phase in self._plan.phases:
            for profile in phase.resources:
                if not isinstance(profile, InstanceProfile):
                    continue
                role = next(
                    (one for one in self._nodes.values() if _is_role_of(one, profile, str(phase.account))), None
                )
                if role is None:
                    continue
                arn = f"arn:{self._plan.partition}:iam::{phase.account}:instance-profile{profile.path}{profile.name}"
                id = self._node(arn, str(phase.account), PROFILE, str(profile.name))
                ec2 = ("ec2.amazonaws.com", role.id, ASSUMES)
                if ec2 in self._edges:
                    del self._edges[ec2]
                    self._edge(ec2[0], id, ATTACHES)
                self._edge(id, role.id, CONTAINS)

    def diagram(self) -> Diagram:
        """What was found, in lanes: services first, then accounts of others, then the setup's own in its order."""
        own: dict[str, list[str]] = {}
        for phase in self._plan.phases:
            parties = own.setdefault(str(phase.account), [])
            if phase.party.value not in parties:
                parties.append(phase.party.value)
        used = {node.lane for node in self._nodes.values()}
        others = [lane for lane in dict.fromkeys(node.lane for node in self._nodes.values()) if lane not in own]
        lanes = [Lane(lane, (), _owner(lane)) for lane in others]
        lanes.sort(key=lambda lane: lane.id != SERVICES_LANE)
        lanes += [Lane(lane, tuple(parties)) for lane, parties in own.items() if lane in used]
        return Diagram(self._plan.setup, tuple(lanes), tuple(self._nodes.values()), tuple(self._edges.values()))

    def _trust(self, policy: Json, statements: list[Json]) -> None:
        role = self._role(policy["of"], policy["account"])
        if policy["handed_off"]:
            self._hand_off(role)
        for statement in statements:
            if not _assumes(statement):
                continue
            for kind, principal in principals_of(statement):
                named = _condition(statement, "aws:PrincipalArn")
                for who in named if named and principal.endswith(":root") else (principal,):
                    source = self._principal(kind, who, policy["account"])
                    if source != role:
                        self._edge(source, role, ASSUMES)

    def _guard(self, policy: Json, statements: list[Json]) -> None:
        """The policy of a bucket or key: the box, and arrows from the roles that it names."""
        kind = BUCKETS if policy["kind"] == BUCKET else KEYS
        node = self._bucket(policy["of"], policy["account"]) if kind == BUCKETS else self._key(policy["of"])
        if policy["handed_off"]:
            self._hand_off(node)
        for statement in statements:
            for principal_kind, principal in principals_of(statement):
                if principal_kind == "AWS" and ":role/" in principal:
                    source = self._role(principal, "")
                    self._uses(source, node, kind, statement)

    def _own(self, policy: Json, statements: list[Json]) -> None:
        role = self._role(policy["of"], policy["account"])
        if policy["handed_off"]:
            self._hand_off(role)
        for statement in statements:
            if "iam:PassRole" in listed(statement["Action"]):
                for target in listed(statement.get("Resource")):
                    self._edge(role, self._role(target, policy["account"]), PASSES)
                continue
            if "sts:AssumeRole" in listed(statement["Action"]):
                for target in listed(statement.get("Resource")):
                    # Both sides must allow it; the other one is drawn by the trust policy, if it is of this setup.
                    node = self._role(target, "")
                    if node != role:
                        self._edge(role, node, ASSUMES)
                continue
            for arn in listed(statement.get("Resource")):
                self._use_of(role, policy["account"], arn, statement)

    def _use_of(self, role: str, account: str, arn: str, statement: Json) -> None:
        fields = split_arn(arn)
        service = fields.service if fields is not None else ""
        if (
            service == "s3"
            and fields is not None
            and not fields.account
            and "*" not in fields.resource.partition("/")[0]
        ):
            bucket = f"arn:{fields.partition}:s3:::{fields.resource.partition('/')[0]}"
            self._uses(role, self._bucket(bucket, account), BUCKETS, statement)
        elif service == "kms":
            self._uses(role, self._key(arn), KEYS, statement)
        else:
            for name in sorted({action.partition(":")[0] for action in listed(statement["Action"])}):
                where = fields.account if fields is not None and _is_account(fields.account) else account
                self._edge(role, self._node(f"{where} {name}", where, USED, SERVICES.get(name, name)), USES)

    def _uses(self, role: str, node: str, kind: str, statement: Json) -> None:
        if kind == KEYS:
            self._edge(role, node, USES_KEY)
            return
        actions = listed(statement["Action"])
        wanted = WRITES if "s3:PutObject" in actions else READS if "s3:GetObject" in actions else LISTS
        for weaker, stronger in ((LISTS, (READS, WRITES)), (READS, (WRITES,))):
            if wanted == weaker and any((role, node, one) in self._edges for one in stronger):
                return
        for weaker in (LISTS, READS):
            if wanted != weaker and (wanted == WRITES or weaker == LISTS):
                self._edges.pop((role, node, weaker), None)
        self._edge(role, node, wanted)

    def _principal(self, kind: str, who: str, account: str) -> str:
        if kind == "Service":
            return self._node(who, SERVICES_LANE, SERVICE, who)
        if kind == "Federated":
            fields = split_arn(who)
            return self._node(
                who, fields.account if fields is not None else account, FEDERATION, who.rpartition("/")[2]
            )
        return self._role(who, account)

    def _role(self, arn: str, account: str) -> str:
        fields = split_arn(arn)
        where = fields.account if fields is not None and _is_account(fields.account) else account
        return self._node(arn, where, ROLE, arn.rpartition("/")[2] if ":role/" in arn else arn)

    def _bucket(self, arn: str, account: str) -> str:
        name = arn.rpartition(":")[2]
        return self._node(arn, self._account_of_bucket.get(arn, account), BUCKETS, name)

    def _key(self, arn: str) -> str:
        fields = split_arn(arn)
        return self._node(arn, fields.account if fields is not None else "", KEYS, arn.rpartition("/")[2])

    def _hand_off(self, id: str) -> None:
        node = self._nodes[id]
        self._nodes[id] = Node(node.id, node.lane, node.kind, node.names, node.arns, handed_off=True)

    def _node(self, id: str, lane: str, kind: str, name: str) -> str:
        self._nodes.setdefault(id, Node(id, lane, kind, (name,), (id,)))
        return id

    def _edge(self, source: str, target: str, kind: str) -> None:
        self._edges.setdefault((source, target, kind), Edge(source, target, kind))


def _is_role_of(node: Node, profile: InstanceProfile, account: str) -> bool:
    return node.kind == ROLE and node.lane == account and node.names == (str(profile.role),)


def _owner(account: str) -> str:
    return "databricks" if is_of_databricks(account) else ""


def _is_account(text: str) -> bool:
    return len(text) == 12 and text.isdecimal()


def _assumes(statement: Json) -> bool:
    return any(action.startswith("sts:AssumeRole") for action in listed(statement["Action"]))


def _condition(statement: Json, key: str) -> tuple[str, ...]:
    values = (test[key] for test in statement.get("Condition", {}).values() if key in test)
    return tuple(value for one in values for value in listed(one))
