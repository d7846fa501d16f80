"""Every kind of addition to templates that lets somebody else in, or lets somebody do more, at every place that takes it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from lakehouse_iam.cloudformation import HANDOFF_METADATA
from lakehouse_iam.proof.stack_templates import StackTemplate
from lakehouse_iam.template_text import with_makers_named

Json = dict[str, Any]
Body = dict[str, Any]
OTHER_ACCOUNT = "666677778888"
_OTHER_ROOT = f"arn:aws:iam::{OTHER_ACCOUNT}:root"
_OTHER_ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/attacker"
_CANONICAL = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
_ORIGIN_ACCESS_IDENTITY = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E15MNIMTCFKK4C"
_NESTED = "https://attacker.s3.amazonaws.com/template.json"


@dataclass(frozen=True)
class Addition:
    """One addition: of which kind, in which stack, at which place."""

    kind: str
    stack: str
    where: str
    templates: tuple[StackTemplate, ...]

    @property
    def name(self) -> str:
        return f"{self.kind} | {self.stack} | {self.where}"


def additions(templates: tuple[StackTemplate, ...]) -> Iterator[Addition]:
    """One addition at a time."""
    for number, template in enumerate(templates):
        for kind, make in KINDS.items():
            for where, body in make(json.loads(json.dumps(template.body))):
                if body == template.body:
                    continue
                changed = replace(template, body=json.loads(json.dumps(body)))
                yield Addition(kind, template.stack, where, (*templates[:number], changed, *templates[number + 1 :]))


Make = Callable[[Body], Iterator[tuple[str, Body]]]


def _of_type(body: Body, type_: str) -> Iterator[tuple[str, Json]]:
    for logical_id, resource in body["Resources"].items():
        if resource["Type"] == type_:
            yield logical_id, resource


def _changing(type_: str, change: Callable[[Json], object]) -> Make:
    """The change at every resource of the type; False from it means that the place does not take it."""

    def make(body: Body) -> Iterator[tuple[str, Body]]:
        for logical_id, _ in _of_type(body, type_):
            changed = json.loads(json.dumps(body))
            if change(changed["Resources"][logical_id]) is not False:
                yield logical_id, changed

    return make


def _trusting(principal: Any, **more: Any) -> Make:
    def change(role: Json) -> None:
        statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}
        role["Properties"]["AssumeRolePolicyDocument"]["Statement"].append(statement)

    return _changing("AWS::IAM::Role", change)


def _external_id(value: Callable[[Any], Json]) -> Make:
    def change(role: Json) -> object:
        found = False
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            condition = statement.get("Condition", {}).get("StringEquals", {})
            if "sts:ExternalId" in condition:
                found = True
                old = condition.pop("sts:ExternalId")
                for operator, keys in value(old).items():
                    statement["Condition"].setdefault(operator, {}).update(keys)
                if not condition:
                    statement["Condition"].pop("StringEquals", None)
        return found

    return _changing("AWS::IAM::Role", change)


def _inline(**statement: Any) -> Make:
    def change(role: Json) -> None:
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
        role["Properties"].setdefault("Policies", []).append({"PolicyName": "extra", "PolicyDocument": document})

    return _changing("AWS::IAM::Role", change)


def _resource(type_: str, properties: Json | Callable[[Body], Json | None] | None = None) -> Make:
    def make(body: Body) -> Iterator[tuple[str, Body]]:
        given = properties(body) if callable(properties) else properties or {}
        if given is not None:
            body["Resources"]["Added"] = {"Type": type_, "Properties": given}
            yield "Added", body

    return make


def _property(type_: str, name: str, value: Any) -> Make:
    return _changing(type_, lambda resource: resource["Properties"].__setitem__(name, value))


def _without(type_: str, name: str) -> Make:
    return _changing(type_, lambda resource: resource["Properties"].pop(name, False))


def _second(type_: str) -> Make:
    """The same resource again, before the one that is there."""

    def make(body: Body) -> Iterator[tuple[str, Body]]:
        for logical_id, resource in _of_type(body, type_):
            yield logical_id, {**body, "Resources": {"Added": resource, **body["Resources"]}}

    return make


def _attribute(type_: str, name: str, value: Any) -> Make:
    return _changing(type_, lambda resource: resource.__setitem__(name, value))


def _bucket_statement(principal: Any, action: Any = "s3:GetObject", **more: Any) -> Make:
    def change(policy: Json) -> None:
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        resource = next(one["Resource"] for one in statements)
        statements.append({"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource, **more})

    return _changing("AWS::S3::BucketPolicy", change)


def _role_of(body: Body) -> str | None:
    return next((logical_id for logical_id, _ in _of_type(body, "AWS::IAM::Role")), None)


def _attached(type_: str, document: Json, holder: str = "Roles") -> Make:
    def properties(body: Body) -> Json | None:
        role = _role_of(body)
        held = {"Roles": [{"Ref": role}], "RoleName": {"Ref": role}, "Users": ["somebody"], "Groups": ["some"]}
        return None if role is None else {"PolicyName": "extra", "PolicyDocument": document, holder: held[holder]}

    return _resource(type_, properties)


def _with_role(key: str, **more: Any) -> Callable[[Body], Json | None]:
    def properties(body: Body) -> Json | None:
        role = _role_of(body)
        return None if role is None else {key: {"Fn::GetAtt": [role, "Arn"]}, **more}

    return properties


_ADMIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def _in_statements(change: Callable[[Json], object]) -> Make:
    """The change at every Allow of every identity policy."""

    def make(body: Body) -> Iterator[tuple[str, Body]]:
        for logical_id, resource in body["Resources"].items():
            if resource["Type"] in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"):
                for index in range(len(resource["Properties"]["PolicyDocument"]["Statement"])):
                    changed = json.loads(json.dumps(body))
                    statement = changed["Resources"][logical_id]["Properties"]["PolicyDocument"]["Statement"][index]
                    if statement["Effect"] == "Allow" and change(statement) is not False:
                        yield f"{logical_id}.{statement.get('Sid', index)}", changed

    return make


def _add_actions(statement: Json) -> None:
    """One more action for whatever the statement is about."""
    old = statement["Action"]
    more = (
        "s3:PutBucketPolicy",
        "s3:PutObjectTagging",
        "sts:TagSession",
        "kms:ScheduleKeyDeletion",
        "iam:PutRolePolicy",
    )
    statement["Action"] = [*(old if isinstance(old, list) else [old]), *more, "sns:AddPermission", "sqs:AddPermission"]


def _in_handoffs(change: Callable[[Json], object]) -> Make:
    def make(body: Body) -> Iterator[tuple[str, Body]]:
        for key, handoffs in body.get("Metadata", {}).items():
            for number, handoff in enumerate(handoffs):
                for index in range(len(handoff["Statements"])):
                    changed = json.loads(json.dumps(body))
                    statement = changed["Metadata"][key][number]["Statements"][index]
                    if statement["Effect"] == "Allow" and change(statement) is not False:
                        yield f"{key}[{number}].{index}", changed

    return make


def _principal(value: Any) -> Callable[[Json], object]:
    def change(statement: Json) -> object:
        if "Principal" not in statement:
            return False
        statement["Principal"] = value
        return True

    return change


def _plain_http(policy: Json) -> object:
    """Without its denials; not where nothing is left, because AWS refuses a policy without a statement."""
    document = policy["Properties"]["PolicyDocument"]
    document["Statement"] = [one for one in document["Statement"] if one["Effect"] == "Allow"]
    return bool(document["Statement"])


def _no_plain_http_if(branch: Callable[[Json], Json]) -> Make:
    def change(policy: Json) -> object:
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        for index, statement in enumerate(statements):
            if statement["Effect"] == "Deny" and len(statements) > 1:
                statements[index] = branch(statement)
                return True
        return False

    return _changing("AWS::S3::BucketPolicy", change)


def _with_conditions(make: Make, conditions: Json, parameters: Json | None = None) -> Make:
    def conditional(body: Body) -> Iterator[tuple[str, Body]]:
        for where, changed in make(body):
            changed["Conditions"] = conditions
            changed.setdefault("Parameters", {}).update(parameters or {})
            yield where, changed

    return conditional


def _section(name: str, value: Any) -> Make:
    def make(body: Body) -> Iterator[tuple[str, Body]]:
        yield name, {**body, name: value}

    return make


def _parameters(change: Callable[[Json], object]) -> Make:
    def make(body: Body) -> Iterator[tuple[str, Body]]:
        for name in body.get("Parameters", {}):
            changed = json.loads(json.dumps(body))
            change(changed["Parameters"][name])
            yield name, changed

    return make


def _dropped(type_: str) -> Make:
    def make(body: Body) -> Iterator[tuple[str, Body]]:
        for logical_id, _ in list(_of_type(body, type_)):
            yield logical_id, {**body, "Resources": {k: v for k, v in body["Resources"].items() if k != logical_id}}

    return make


def _entry(section: str, key: str, value: Any) -> Make:
    """An entry as the reader of templates gives it."""

    def make(body: Body) -> Iterator[tuple[str, Body]]:
        yield key, {**body, section: with_makers_named({**body.get(section, {}), key: value})}

    return make


def _handing_out_parameters(body: Body) -> Iterator[tuple[str, Body]]:
    for name in body.get("Parameters", {}):
        output = {"Value": {"Fn::Sub": f"${{{name}}}"}, "Export": {"Name": "handed-out"}}
        yield name, {**body, "Outputs": {**body.get("Outputs", {}), "Added": output}}


def _naming_a_bucket(key: str, text: str) -> Callable[[Body], Json | None]:
    """A property that names a bucket of the setup, whether the setup makes it or not."""

    def properties(body: Body) -> Json | None:
        found = re.search(r"arn:(?:aws|\$\{AWS::Partition\}):s3:::([a-z0-9.-]{3,63})", json.dumps(body))
        return None if found is None else {key: text.format(found[1])}

    return properties


def _claimed(target: Json) -> Make:
    statement = {"Effect": "Allow", "Principal": {"AWS": _OTHER_ROOT}, "Action": "*", "Resource": "*"}
    if "TrustPolicyOf" in target:
        del statement["Resource"]
    if "PolicyOf" in target:
        del statement["Principal"]

    def make(body: Body) -> Iterator[tuple[str, Body]]:
        metadata = body.get("Metadata", {})
        handoffs = [*metadata.get(HANDOFF_METADATA, []), {**target, "Statements": [statement]}]
        yield "Metadata", {**body, "Metadata": {**metadata, HANDOFF_METADATA: handoffs}}

    return make


_NEVER = {"Never": {"Fn::Equals": ["one", "another"]}}
_ASKED = {"Asked": {"Fn::Equals": [{"Ref": "Switch"}, "on"]}}
_SWITCH = {"Switch": {"Type": "String", "Default": "off"}}

KINDS: dict[str, Make] = {
    # whom roles trust
    "trust: a service": _trusting({"Service": "codebuild.amazonaws.com"}),
    "trust: another account": _trusting({"AWS": _OTHER_ROOT}),
    "trust: a role of another account": _trusting({"AWS": _OTHER_ROLE}),
    "trust: a user": _trusting({"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:user/attacker"}),
    "trust: everybody": _trusting({"AWS": "*"}),
    "trust: everybody of an organization": _trusting(
        {"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-attacker00"}}
    ),
    "trust: a web identity": _trusting({"Federated": "accounts.google.com"}, Action="sts:AssumeRoleWithWebIdentity"),
    "trust: what a parameter says": _with_conditions(
        _trusting({"AWS": {"Ref": "Somebody"}}), {}, {"Somebody": {"Type": "String"}}
    ),
    "trust: what another stack exports": _trusting({"AWS": {"Fn::ImportValue": "somebody"}}),
    "trust: somebody if a condition is met": _with_conditions(
        _trusting({"AWS": {"Fn::If": ["Asked", _OTHER_ROLE, "arn:aws:iam::111122223333:root"]}}), _ASKED, _SWITCH
    ),
    "trust: an external id by its beginning": _external_id(lambda _: {"StringLike": {"sts:ExternalId": "0*"}}),
    "trust: a second external id": _external_id(
        lambda old: {"StringEquals": {"sts:ExternalId": [old, "11111111-2222-4333-8444-555555555555"]}}
    ),
    "trust: no external id": _external_id(lambda _: {}),
    "trust: an external id if there is one": _external_id(
        lambda old: {"StringEqualsIfExists": {"sts:ExternalId": old}}
    ),
    # what roles may do
    "role: secrets": _inline(Action="secretsmanager:GetSecretValue", Resource="*"),
    "role: any other role": _inline(Action="sts:AssumeRole", Resource="*"),
    "role: users": _inline(Action="iam:CreateUser", Resource="*"),
    "role: passing any role": _inline(Action="iam:PassRole", Resource="*"),
    "role: key policies": _inline(Action="kms:PutKeyPolicy", Resource="*"),
    "role: replication": _inline(Action="s3:PutReplicationConfiguration", Resource="*"),
    "role: retention": _inline(Action="s3:BypassGovernanceRetention", Resource="*"),
    "role: a bucket of somebody else": _inline(Action="s3:GetObject", Resource="arn:aws:s3:::somebody-elses/*"),
    "role: everything but IAM": _inline(NotAction="iam:*", Resource="*"),
    "role: every resource but one": _inline(Action="s3:*", NotResource="arn:aws:s3:::some-bucket"),
    "role: a public ACL": _inline(Action="s3:PutBucketAcl", Resource="arn:aws:s3:::*"),
    "role: AdministratorAccess": _property(
        "AWS::IAM::Role", "ManagedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"]
    ),
    "role: a policy of its own resource": _attached("AWS::IAM::Policy", _ADMIN),
    "role: a RolePolicy": _attached("AWS::IAM::RolePolicy", _ADMIN, "RoleName"),
    "role: a managed policy": _attached("AWS::IAM::ManagedPolicy", _ADMIN),
    "role: an action in a statement": _in_statements(_add_actions),
    "role: every action in a statement": _in_statements(lambda one: one.__setitem__("Action", "*")),
    "role: every resource in a statement": _in_statements(lambda one: one.__setitem__("Resource", "*")),
    "role: a statement without its condition": _in_statements(lambda one: one.pop("Condition", False)),
    "role: a longer session": _property("AWS::IAM::Role", "MaxSessionDuration", 43_200),
    "role: no boundary": _without("AWS::IAM::Role", "PermissionsBoundary"),
    "role: another path": _property("AWS::IAM::Role", "Path", "/elsewhere/"),
    # others who have permissions
    "a second role": _resource(
        "AWS::IAM::Role",
        {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Principal": {"AWS": _OTHER_ROOT}, "Action": "sts:AssumeRole"}],
            },
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
        },
    ),
    "a user": _resource("AWS::IAM::User", {"Policies": [{"PolicyName": "all", "PolicyDocument": _ADMIN}]}),
    "an access key": _resource("AWS::IAM::AccessKey", {"UserName": "somebody"}),
    "a group": _resource("AWS::IAM::Group", {}),
    "a policy for users": _attached("AWS::IAM::ManagedPolicy", _ADMIN, "Users"),
    "a policy for groups": _attached("AWS::IAM::Policy", _ADMIN, "Groups"),
    "a policy for nobody yet": _resource("AWS::IAM::ManagedPolicy", {"PolicyDocument": _ADMIN}),
    "an OIDC provider": _resource("AWS::IAM::OIDCProvider", {"Url": "https://attacker.example"}),
    "a second instance profile": _resource(
        "AWS::IAM::InstanceProfile", lambda body: {"Roles": [{"Ref": _role_of(body)}]} if _role_of(body) else None
    ),
    "roles anywhere": _resource("AWS::RolesAnywhere::Profile", _with_role("RoleArns")),
    "an identity pool": _resource("AWS::Cognito::IdentityPool", {"AllowUnauthenticatedIdentities": True}),
    "an assignment in Identity Center": _resource("AWS::SSO::Assignment", {}),
    # other ways to data
    "an access point": _resource("AWS::S3::AccessPoint", {"Bucket": "some-bucket"}),
    "an object lambda": _resource("AWS::S3ObjectLambda::AccessPoint", {}),
    "an access grant": _resource("AWS::S3::AccessGrant", {}),
    "a multi-region access point": _resource("AWS::S3::MultiRegionAccessPoint", {}),
    "another bucket": _resource("AWS::S3::Bucket", {}),
    "a key": _resource("AWS::KMS::Key", {"EnableKeyRotation": True}),
    "an alias of a key": _resource("AWS::KMS::Alias", {}),
    "a function with a role": _resource("AWS::Lambda::Function", _with_role("Role")),
    "an instance with a profile": _resource("AWS::EC2::Instance", {"IamInstanceProfile": "some-profile"}),
    "a launch template": _resource(
        "AWS::EC2::LaunchTemplate", {"LaunchTemplateData": {"IamInstanceProfile": {"Name": "some-profile"}}}
    ),
    "a task with a role": _resource("AWS::ECS::TaskDefinition", _with_role("TaskRoleArn")),
    "a rule with a role": _resource("AWS::Events::Rule", {"Targets": [{"RoleArn": _OTHER_ROLE}]}),
    "a custom resource": _resource("AWS::CloudFormation::CustomResource", {"ServiceToken": "arn:aws:lambda:::f"}),
    "a custom resource by its name": _resource("Custom::Anything", {"ServiceToken": "arn:aws:lambda:::f"}),
    "a nested stack": _resource("AWS::CloudFormation::Stack", {"TemplateURL": _NESTED}),
    "a stack set": _resource("AWS::CloudFormation::StackSet", {}),
    "a type of somebody else": _resource("Attacker::Tools::Anything"),
    "a module": _resource("AWS::Anything::Else::MODULE"),
    "a parameter that decides": _with_conditions(
        _property("AWS::IAM::Role", "Description", {"Ref": "Extra"}), {}, {"Extra": {"Type": "String", "Default": "x"}}
    ),
    "a second bucket policy": _second("AWS::S3::BucketPolicy"),
    "a transform": _section("Transform", ["Attacker::Macro"]),
    "hooks": _section("Hooks", {"One": {"Type": "AWS::CodeDeploy::BlueGreen"}}),
    "a transform within": _resource("AWS::SNS::Topic", {"Fn::Transform": {"Name": "AWS::Include"}}),
    # bucket policies
    "bucket: another account": _bucket_statement({"AWS": _OTHER_ROOT}),
    "bucket: a canonical user": _bucket_statement({"CanonicalUser": _CANONICAL}),
    "bucket: everybody": _bucket_statement("*"),
    "bucket: everybody of a network": _bucket_statement("*", Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}}),
    "bucket: a service": _bucket_statement({"Service": "cloudfront.amazonaws.com"}),
    "bucket: its own policy": _bucket_statement({"AWS": _OTHER_ROLE}, "s3:PutBucketPolicy"),
    "bucket: plain HTTP": _changing("AWS::S3::BucketPolicy", _plain_http),
    "bucket: plain HTTP by a false condition": _with_conditions(
        _no_plain_http_if(lambda one: {"Fn::If": ["Never", one, {"Ref": "AWS::NoValue"}]}), _NEVER
    ),
    "bucket: plain HTTP by a parameter": _with_conditions(
        _no_plain_http_if(lambda one: {"Fn::If": ["Asked", one, {"Ref": "AWS::NoValue"}]}), _ASKED, _SWITCH
    ),
    "bucket: a policy that may not be made": _with_conditions(
        _attribute("AWS::S3::BucketPolicy", "Condition", "Asked"), _ASKED, _SWITCH
    ),
    # buckets
    "bucket: public access not blocked": _without("AWS::S3::Bucket", "PublicAccessBlockConfiguration"),
    "bucket: one block off": _changing(
        "AWS::S3::Bucket",
        lambda one: one["Properties"]["PublicAccessBlockConfiguration"].__setitem__("RestrictPublicBuckets", False),
    ),
    "bucket: another encryption": _property(
        "AWS::S3::Bucket",
        "BucketEncryption",
        {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms:dsse"}}]},
    ),
    "bucket: ACLs": _property(
        "AWS::S3::Bucket", "OwnershipControls", {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    ),
    "bucket: PublicRead": _property("AWS::S3::Bucket", "AccessControl", "PublicRead"),
    "bucket: replication of its objects": _property("AWS::S3::Bucket", "ReplicationConfiguration", {"Role": "x"}),
    "bucket: a website": _property("AWS::S3::Bucket", "WebsiteConfiguration", {"IndexDocument": "index.html"}),
    "bucket: notifications": _property("AWS::S3::Bucket", "NotificationConfiguration", {"TopicConfigurations": []}),
    "bucket: deletion": _attribute("AWS::S3::Bucket", "DeletionPolicy", "Delete"),
    "bucket: deletion when it is replaced": _attribute("AWS::S3::Bucket", "UpdateReplacePolicy", "Delete"),
    # principals that nobody can use as things are
    "trust: a SAML provider of another account": _trusting(
        {"Federated": f"arn:aws:iam::{OTHER_ACCOUNT}:saml-provider/attacker"}, Action="sts:AssumeRoleWithSAML"
    ),
    "trust: an OIDC provider of another account": _trusting(
        {"Federated": f"arn:aws:iam::{OTHER_ACCOUNT}:oidc-provider/attacker.example"},
        Action="sts:AssumeRoleWithWebIdentity",
    ),
    "trust: somebody by a unique id": _trusting({"AWS": "AROAEXAMPLEATTACKER01"}),
    "trust: an account of another partition": _trusting({"AWS": f"arn:aws-cn:iam::{OTHER_ACCOUNT}:root"}),
    "bucket: somebody by a unique id": _bucket_statement({"AWS": "AIDAEXAMPLEATTACKER01"}),
    "bucket: a role of another partition": _bucket_statement({"AWS": f"arn:aws-cn:iam::{OTHER_ACCOUNT}:role/a"}),
    "bucket: a CloudFront origin access identity": _bucket_statement({"AWS": _ORIGIN_ACCESS_IDENTITY}),
    "bucket: whoever a dynamic reference names": _bucket_statement({"AWS": "{{resolve:ssm:/attacker}}"}),
    # what only the deployment knows
    "trust: whoever a dynamic reference names": _trusting({"AWS": "{{resolve:ssm:/attacker}}"}),
    "trust: an account by a dynamic reference": _trusting({"AWS": "arn:aws:iam::{{resolve:ssm:/account}}:root"}),
    "role: actions by a dynamic reference": _inline(Action="{{resolve:ssm:/actions}}", Resource="*"),
    "trust: an external id by a dynamic reference": _external_id(
        lambda old: {"StringEquals": {"sts:ExternalId": [old, "{{resolve:ssm:/external-id}}"]}}
    ),
    "parameter: from Parameter Store": _parameters(lambda one: one.update(Type="AWS::SSM::Parameter::Value<String>")),
    "parameter: handed out by an output": _handing_out_parameters,
    "a macro among the resources": _entry("Resources", "Fn::Transform", {"Name": "AWS::Include"}),
    "a loop among the resources": _entry("Resources", "Fn::ForEach::Roles", ["Name", ["a"], {}]),
    # tags by which policies of others let somebody in
    "role: a tag": _changing(
        "AWS::IAM::Role",
        lambda role: role["Properties"].setdefault("Tags", []).append({"Key": "team", "Value": "administrators"}),
    ),
    # buckets
    "bucket: an ACL for every AWS account": _property("AWS::S3::Bucket", "AccessControl", "AuthenticatedRead"),
    "bucket: its inventory": _property("AWS::S3::Bucket", "InventoryConfigurations", [{"Id": "x"}]),
    "bucket: its analytics": _property("AWS::S3::Bucket", "AnalyticsConfigurations", [{"Id": "x"}]),
    "bucket: its logs": _property("AWS::S3::Bucket", "LoggingConfiguration", {"DestinationBucketName": "attacker"}),
    "bucket: other origins": _property("AWS::S3::Bucket", "CorsConfiguration", {"CorsRules": []}),
    "bucket: metadata tables": _property("AWS::S3::Bucket", "MetadataTableConfiguration", {}),
    "bucket: the end of its objects": _property("AWS::S3::Bucket", "LifecycleConfiguration", {"Rules": []}),
    # resources that open data, or run with somebody's permissions
    "the policy of a multi-region access point": _resource("AWS::S3::MultiRegionAccessPointPolicy", {}),
    "the policy of a table bucket": _resource("AWS::S3Tables::TableBucketPolicy", {}),
    "the policy of a directory bucket": _resource("AWS::S3Express::BucketPolicy", {}),
    "a share": _resource("AWS::RAM::ResourceShare", {"Principals": [OTHER_ACCOUNT]}),
    "a trust anchor": _resource("AWS::RolesAnywhere::TrustAnchor", {}),
    "an endpoint with a policy": _resource("AWS::EC2::VPCEndpoint", {"PolicyDocument": _ADMIN}),
    "an endpoint service for somebody": _resource(
        "AWS::EC2::VPCEndpointServicePermissions", {"AllowedPrincipals": [_OTHER_ROLE]}
    ),
    "a replica of a key": _resource("AWS::KMS::ReplicaKey", {}),
    "a job": _resource("AWS::Glue::Job", {"Role": "some-role"}),
    "a table over a bucket": _resource("AWS::Glue::Table", _naming_a_bucket("Location", "s3://{}/x/")),
    "a trail into a bucket": _resource("AWS::CloudTrail::Trail", _naming_a_bucket("S3BucketName", "{}")),
    "permissions of Lake Formation": _resource("AWS::LakeFormation::PrincipalPermissions", {}),
    "a copy task": _resource("AWS::DataSync::Task", {}),
    "a user of SFTP": _resource("AWS::Transfer::User", {}),
    "a state machine": _resource("AWS::StepFunctions::StateMachine", {"RoleArn": _OTHER_ROLE}),
    "another version of a type": _resource("AWS::CloudFormation::ResourceDefaultVersion", {}),
    "a product of a catalog": _resource("AWS::ServiceCatalog::CloudFormationProvisionedProduct", {}),
    "a warehouse with roles": _resource("AWS::Redshift::Cluster", {"IamRoles": [_OTHER_ROLE]}),
    "a cluster with a role": _resource("AWS::EMR::Cluster", {"JobFlowRole": "some-profile"}),
    "a vault with a policy": _resource("AWS::Backup::BackupVault", {"AccessPolicy": _ADMIN}),
    "a repository with a policy": _resource("AWS::ECR::Repository", {"RepositoryPolicyText": _ADMIN}),
    "a file system with a policy": _resource("AWS::EFS::FileSystem", {"FileSystemPolicy": _ADMIN}),
    "a search domain with a policy": _resource("AWS::OpenSearchService::Domain", {"AccessPolicies": _ADMIN}),
    "a permission for an event bus": _resource("AWS::Events::EventBusPolicy", {"Principal": OTHER_ACCOUNT}),
    "a clean room": _resource("AWS::CleanRooms::Collaboration", {}),
    # hand-offs that the setup does not hand off
    "hand-off: of a role that is not of the setup": _claimed({"TrustPolicyOf": "arn:aws:iam::444455556666:role/prod"}),
    "hand-off: of a bucket that is not of the setup": _claimed({"BucketPolicyOf": "prod-data"}),
    "hand-off: of a key that is not of the setup": _claimed(
        {"KeyPolicyOf": "arn:aws:kms:us-west-2:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"}
    ),
    "hand-off: for a role": _claimed({"PolicyOf": "administrators"}),
    "hand-off: for something unknown": _claimed({"SecretOf": "prod"}),
    # instance profiles, parameters, hand-offs
    "profile: gone": _dropped("AWS::IAM::InstanceProfile"),
    "profile: another role": _property("AWS::IAM::InstanceProfile", "Roles", ["some-other-role"]),
    "parameter: a default": _parameters(lambda one: one.__setitem__("Default", "0f1e2d3c-0000-4000-8000-000000000000")),
    "parameter: any value": _parameters(lambda one: one.pop("AllowedPattern")),
    "hand-off: everybody": _in_handoffs(_principal("*")),
    "hand-off: another account": _in_handoffs(_principal({"AWS": _OTHER_ROOT})),
    "hand-off: every action": _in_handoffs(
        lambda one: one.__setitem__("Action", "kms:*" if "kms" in str(one) else "s3:*")
    ),
    "hand-off: no condition": _in_handoffs(lambda one: one.pop("Condition", False)),
}
