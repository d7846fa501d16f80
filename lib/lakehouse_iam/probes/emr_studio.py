"""The probes of the pattern `emr-studio`: from the Studio to the workgroup, and who must not pass for either.

What is behind the workgroup is in `emr_studio_data`. What Lake Formation and S3 Access Grants decide by their own grants is not
asked here: both answer by who the user is, and no policy of IAM says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse_iam.arns import RoleArn
from lakehouse_iam.plan.emr_studio_roles import function_role_arn, function_scope, where, workgroup_arn
from lakehouse_iam.probes.buckets import AccessPath
from lakehouse_iam.probes.emr_studio_data import data_probes
from lakehouse_iam.probes.emr_studio_needs import needs
from lakehouse_iam.probes.emr_studio_trust import Caller, other_role, trust_probes
from lakehouse_iam.probes.iam import iam_probes
from lakehouse_iam.probes.outsiders import OTHER_SERVICE, STRANGER_ACCOUNT, sister_role
from lakehouse_iam.probes.probe import Context, Expected, Probe
from lakehouse_iam.roles.emr_studio import EMR_SERVICE
from lakehouse_iam.setups.emr_studio import EmrStudioSetup, Use

OBJECT = "lakehouse-iam-probe"
_OTHER_REGION = "eu-west-3"
_OTHER_WORKGROUP = "lakehouse-iam-other-workgroup"
_OTHER_DATABASE = "lakehouse_iam_other_database"
_OTHER_APPLICATION = "application/ssoins-ffffffffffffffff/apl-0123456789abcdef"
_ATHENA = "athena.amazonaws.com"


def probes(setup: EmrStudioSetup) -> Iterator[Probe]:
    """Every question about a setup of this pattern."""
    yield from _service_role(setup)
    yield from _user_role(setup)
    yield from data_probes(setup)
    yield from _function(setup)
    yield from needs(setup)


def _studio_arn(setup: EmrStudioSetup, account: str = "") -> str:
    return f"arn:{setup.partition.name}:elasticmapreduce:{setup.region}:{account or setup.account}:studio/es-EXAMPLE"


def _studio_in(setup: EmrStudioSetup, region: str) -> str:
    return _studio_arn(setup).replace(f":{setup.region}:", f":{region}:")


def _studio(setup: EmrStudioSetup) -> Caller:
    return Caller("the Studio", EMR_SERVICE, str(setup.account), _studio_arn(setup))


# ---------------------------------------------------------------- the Studio's roles


def _service_role(setup: EmrStudioSetup) -> Iterator[Probe]:
    role, name = setup.studio.service_role, "the service role"
    others = (
        Caller("a Studio of another account", EMR_SERVICE, STRANGER_ACCOUNT, _studio_arn(setup, STRANGER_ACCOUNT)),
        Caller("a Studio of ours under another account's id", EMR_SERVICE, STRANGER_ACCOUNT, _studio_arn(setup)),
        Caller("a Studio of another region", EMR_SERVICE, str(setup.account), _studio_in(setup, _OTHER_REGION)),
        Caller("EMR, on nobody's behalf,", EMR_SERVICE),
    )
    yield from trust_probes(setup, role, name, _studio(setup), others, identity=False)
    path = AccessPath(str(role), ())
    place = setup.studio.storage
    arn, folder = place.bucket.arn(setup.partition.name), f"{place.folder}/" if place.folder else ""
    for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"):
        yield path.probe(f"the Studio keeps a Workspace ({action})", action, f"{arn}/{folder}{OBJECT}", Expected.ALLOW)
    if folder:
        outside = f"{arn}/{OBJECT}"
        yield path.probe("the Studio reads outside its folder", "s3:GetObject", outside, Expected.DENY)
    results = setup.workgroup.results
    if not place.url.covers(results.url):
        where_results = f"{results.bucket.arn(setup.partition.name)}/{results.folder or OBJECT}/{OBJECT}"
        yield path.probe("the Studio itself reads results", "s3:GetObject", where_results, Expected.DENY)
    yield path.probe(
        "the Studio itself runs a query", "athena:StartQueryExecution", workgroup_arn(setup), Expected.DENY
    )
    network = where(setup).arn("ec2", "network-interface/eni-0123456789abcdef0")
    tagged = (("aws:ResourceTag/for-use-with-amazon-emr-managed-policies", "true"),)
    expected = Expected.ALLOW if setup.studio.use is Use.FULL else Expected.DENY
    yield path.probe(
        "the Studio deletes a network interface of its own", "ec2:DeleteNetworkInterface", network, expected, tagged
    )
    yield path.probe(
        "the Studio deletes another's network interface", "ec2:DeleteNetworkInterface", network, Expected.DENY
    )
    yield from iam_probes(path, name, str(role))


def _user_role(setup: EmrStudioSetup) -> Iterator[Probe]:
    role, name = setup.studio.user_role, "the user role"
    yield from trust_probes(setup, role, name, _studio(setup), (), identity=True)
    path = AccessPath(str(role), ())
    workgroup = workgroup_arn(setup)
    other = where(setup).arn("athena", f"workgroup/{_OTHER_WORKGROUP}")
    for action in ("athena:StartQueryExecution", "athena:GetQueryResults", "athena:GetWorkGroup"):
        yield path.probe(f"a user queries in the workgroup ({action})", action, workgroup, Expected.ALLOW)
        yield path.probe(f"a user queries in another workgroup ({action})", action, other, Expected.DENY)
    yield path.probe("a user lists the workgroups", "athena:ListWorkGroups", "*", Expected.ALLOW)
    for action in ("athena:CreateWorkGroup", "athena:UpdateWorkGroup", "athena:DeleteWorkGroup"):
        yield path.probe(f"a user changes the workgroup ({action})", action, workgroup, Expected.DENY)
    yield from _catalog(setup, path)
    for action in (
        "lakeformation:GrantPermissions",
        "lakeformation:PutDataLakeSettings",
        "lakeformation:DeregisterResource",
    ):
        yield path.probe(f"a user decides in Lake Formation's place ({action})", action, "*", Expected.DENY)
    expected = Expected.DENY if setup.workgroup.identity_center else Expected.ALLOW
    yield path.probe(
        "a user's session asks Lake Formation for data itself", "lakeformation:GetDataAccess", "*", expected
    )
    yield from _passing(setup, path)
    yield from iam_probes(path, name, str(role))


def _catalog(setup: EmrStudioSetup, path: AccessPath) -> Iterator[Probe]:
    for database in setup.lake_formation.databases:
        table = where(setup).arn("glue", f"table/{database}/{OBJECT}")
        yield path.probe(f"a user reads a definition in {database}", "glue:GetTable", table, Expected.ALLOW)
        yield path.probe(f"a user changes a definition in {database}", "glue:UpdateTable", table, Expected.DENY)
        yield path.probe(f"a user deletes a table of {database}", "glue:DeleteTable", table, Expected.DENY)
    other = where(setup).arn("glue", f"table/{_OTHER_DATABASE}/{OBJECT}")
    yield path.probe("a user reads a definition in another database", "glue:GetTable", other, Expected.DENY)


def _passing(setup: EmrStudioSetup, path: AccessPath) -> Iterator[Probe]:
    """Roles that a user's session could pass or take."""
    to_emr: Context = (("iam:PassedToService", EMR_SERVICE),)
    expected = Expected.ALLOW if setup.studio.use is Use.FULL else Expected.DENY
    service_role = str(setup.studio.service_role)
    yield path.probe("a user passes the service role to EMR", "iam:PassRole", service_role, expected, to_emr)
    elsewhere: Context = (("iam:PassedToService", OTHER_SERVICE),)
    yield path.probe("a user passes the service role to Lambda", "iam:PassRole", service_role, Expected.DENY, elsewhere)
    for name, role in _other_roles(setup):
        yield path.probe(f"a user assumes {name}", "sts:AssumeRole", str(role), Expected.DENY)


def _other_roles(setup: EmrStudioSetup) -> Iterator[tuple[str, RoleArn]]:
    yield "the service role", setup.studio.service_role
    if setup.workgroup.identity_center:
        yield "the execution role", setup.workgroup.execution_role
        yield "the location role", setup.access_grants.location_role
    if setup.lake_formation.locations:
        yield "the registration role", setup.lake_formation.registration_role
    yield "the function's role", function_role_arn(setup, setup.account)


# ---------------------------------------------------------------- the function behind custom resources


def _function(setup: EmrStudioSetup) -> Iterator[Probe]:
    for account in dict.fromkeys((setup.account, setup.lake_formation.catalog)):
        role, scope = function_role_arn(setup, account), function_scope(setup, account)
        name = f"the function's role in {account}" if setup.shares_catalog else "the function's role"
        path = AccessPath(str(role), ())
        inside: Context = (("lambda:SourceFunctionArn", scope.function_arn),)
        another: Context = (("lambda:SourceFunctionArn", f"{scope.function_arn}-other"),)
        for who, principal, expected in (
            ("Lambda", OTHER_SERVICE, Expected.ALLOW),
            ("EMR", EMR_SERVICE, Expected.DENY),
            ("another role of the account", other_role(setup, str(account)), Expected.DENY),
            ("a role of another account", other_role(setup, STRANGER_ACCOUNT), Expected.DENY),
        ):
            yield Probe(f"{who} assumes {name}", principal, (), "sts:AssumeRole", str(role), expected)
        question = f"Lambda tags a session of {name}"
        yield Probe(question, OTHER_SERVICE, (), "sts:TagSession", str(role), Expected.DENY)
        connect = "lakeformation:CreateLakeFormationIdentityCenterConfiguration"
        yield path.probe(f"{name} connects Lake Formation, in the function", connect, "*", Expected.ALLOW, inside)
        yield path.probe(f"{name} does so in another function", connect, "*", Expected.DENY, another)
        yield path.probe(f"{name} does so outside any function", connect, "*", Expected.DENY)
        for action in ("lakeformation:GrantPermissions", "lakeformation:PutDataLakeSettings"):
            yield path.probe(f"{name} grants itself data ({action})", action, "*", Expected.DENY, inside)
        if scope.workgroup:
            yield from _function_and_workgroup(setup, name, path, inside)
        if scope.assignments:
            application = f"arn:{setup.partition.name}:sso::{setup.identity_center.account}:{_OTHER_APPLICATION}"
            assign = "sso:CreateApplicationAssignment"
            question = f"{name} assigns users to an application of another instance"
            yield path.probe(question, assign, application, Expected.DENY, inside)
        yield from iam_probes(path, name, str(role))


def _function_and_workgroup(setup: EmrStudioSetup, name: str, path: AccessPath, inside: Context) -> Iterator[Probe]:
    create, workgroup = "athena:CreateWorkGroup", workgroup_arn(setup)
    other = where(setup).arn("athena", f"workgroup/{_OTHER_WORKGROUP}")
    yield path.probe(f"{name} makes the workgroup, in the function", create, workgroup, Expected.ALLOW, inside)
    yield path.probe(f"{name} makes the workgroup outside it", create, workgroup, Expected.DENY)
    yield path.probe(f"{name} makes another workgroup", create, other, Expected.DENY, inside)
    yield path.probe(f"{name} runs a query", "athena:StartQueryExecution", workgroup, Expected.DENY, inside)
    execution = setup.workgroup.execution_role
    to_athena: Context = (("iam:PassedToService", _ATHENA), *inside)
    to_lambda: Context = (("iam:PassedToService", OTHER_SERVICE), *inside)
    pass_role = "iam:PassRole"
    yield path.probe(
        f"{name} passes the execution role to Athena", pass_role, str(execution), Expected.ALLOW, to_athena
    )
    yield path.probe(f"{name} passes the execution role to Lambda", pass_role, str(execution), Expected.DENY, to_lambda)
    another = str(sister_role(execution))
    yield path.probe(f"{name} passes another role to Athena", pass_role, another, Expected.DENY, to_athena)
