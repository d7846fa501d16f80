"""Bad input of the pattern `emr-studio`: the whole message, as its reader sees it, with file, line and path."""

from __future__ import annotations

import pytest
from emr_studio_texts import CROSS_ACCOUNT, GROUP, REGULAR, USER, changed

from lakehouse_iam.setups import SetupError, setups_from_text

ASSIGNED = f"    - {{group: {GROUP}}}"
NAME = "  name: analytics\n"
TABLE = "      table: flightdata\n"
TO = f"      to: [{{group: {GROUP}}}]\n"
LAKE_FORMATION = "lake_formation:\n"
PERMISSIONS = "[SELECT, DESCRIBE]"
INSTANCE = "arn:aws:sso:::instance/ssoins-0123456789abcdef"


def accounts(count: int) -> str:
    """That many account ids, as a list in YAML."""
    return ", ".join(f'"{number:012}"' for number in range(1, count + 1))


CASES: dict[str, tuple[tuple[tuple[str, str], ...], str]] = {
    "a Studio in IAM mode with a user role": (
        ((NAME, "  name: analytics\n  auth_mode: IAM\n  user_role: studio-user\n"),),
        "setup.yaml:9: studio.auth_mode: the Studio authenticates with IAM, and the workgroup authenticates "
        "with Identity Center, so it would not be shown in the Studio: allowed here is SSO: only then the "
        "identity of the user reaches Athena and Lake Formation: leave auth_mode out; it cannot be changed "
        "after the Studio is made"
        "\n"
        "setup.yaml:10: studio.user_role: a Studio in IAM mode has no user role: user_role goes with "
        "auth_mode: SSO; AWS::EMR::Studio refuses the two together: write auth_mode: SSO",
    ),
    "a Studio in IAM mode and a regular workgroup": (
        (
            (NAME, "  name: analytics\n  auth_mode: IAM\n"),
            REGULAR,
        ),
        "setup.yaml:9: studio.auth_mode: the Studio authenticates with IAM, and the grants of Lake Formation "
        "to users and groups never apply in it: allowed here is SSO: only then the identity of the user "
        "reaches Athena and Lake Formation: leave auth_mode out; it cannot be changed after the Studio is "
        "made",
    ),
    "the id of an instance for its ARN": (
        (("arn:aws:sso:::instance/", ""),),
        "setup.yaml:6: identity_center.instance: 'ssoins-0123456789abcdef' is the id of an instance: allowed "
        "is its ARN, such as arn:aws:sso:::instance/ssoins-0123456789abcdef: write "
        "'arn:aws:sso:::instance/ssoins-0123456789abcdef'",
    ),
    "the id of the directory for the instance": (
        ((INSTANCE, "d-0123456789"),),
        "setup.yaml:6: identity_center.instance: 'd-0123456789' is the id of the directory: allowed is the "
        "ARN of the instance, such as arn:aws:sso:::instance/ssoins-0123456789abcdef: aws sso-admin "
        "list-instances shows both",
    ),
    "an instance of another partition": (
        (("arn:aws:sso", "arn:aws-cn:sso"),),
        "setup.yaml:6: identity_center.instance: arn:aws-cn:sso:::instance/ssoins-0123456789abcdef is in the "
        "partition aws-cn: allowed is an instance of aws",
    ),
    "something else for the instance": (
        ((INSTANCE, "arn:aws:s3:::bucket"),),
        "setup.yaml:6: identity_center.instance: 'arn:aws:s3:::bucket' is not an instance of IAM Identity "
        "Center: allowed is its ARN, such as arn:aws:sso:::instance/ssoins-0123456789abcdef: aws sso-admin "
        "list-instances shows it",
    ),
    "a group by its name": (
        ((ASSIGNED, "    - {group: analysts}"),),
        "setup.yaml:13: studio.assigned[0].group: 'analysts' is not the id of a user or group of IAM Identity"
        " Center: allowed is an id such as 1234567890-1234abcd-12ab-34cd-56ef-1234567890ab, or the same "
        "without the first ten digits: aws identitystore list-groups, or list-users, --identity-store-id d-… "
        "shows the ids by name",
    ),
    "a group by its ARN": (
        ((ASSIGNED, f"    - {{group: 'arn:aws:identitystore:::group/{GROUP}'}}"),),
        "setup.yaml:13: studio.assigned[0].group: "
        "'arn:aws:identitystore:::group/1234567890-1234abcd-12ab-34cd-56ef-1234567890ab' is an ARN: allowed "
        "here is only the id: write '1234567890-1234abcd-12ab-34cd-56ef-1234567890ab'",
    ),
    "a user and a group in one entry": (
        ((ASSIGNED, f"    - {{group: {GROUP}, user: {USER}}}"),),
        "setup.yaml:13: studio.assigned[0]: user and group stand in one entry: exactly one of user, group: "
        "write an entry for each",
    ),
    "nobody in an entry": (
        ((ASSIGNED, "    - {name: analysts}"),),
        "setup.yaml:13: studio.assigned[0]: the entry names nobody: exactly one of user, group",
    ),
    "a group that is assigned twice, which is two grants of one prefix": (
        ((ASSIGNED, f"    - {{group: {GROUP}}}\n    - {{group: {GROUP}}}"),),
        "setup.yaml:14: studio.assigned[1].group: the group 1234567890-1234abcd-12ab-34cd-56ef-1234567890ab "
        "is assigned already, at studio.assigned[0]: each once: S3 Access Grants refuses two grants of the "
        "same prefix to the same user or group: leave one out",
    ),
    "a session without a name": (
        ((ASSIGNED, f"    - {{group: {GROUP}, session: query}}"),),
        "setup.yaml:13: studio.assigned[0].session: session is written without a name: the user name, or the "
        "group's display name: CloudFormation maps sessions by name only: add name:, exactly as Identity "
        "Center shows it",
    ),
    "nobody assigned": (
        ((f"  assigned:\n    - {{group: {GROUP}}}\n", ""),),
        "setup.yaml:7: studio: nobody is assigned to the Studio: at least one user or group under assigned, "
        "or access: everyone: without an assignment the Studio opens for nobody",
    ),
    "everyone in the Studio and nobody in the workgroup": (
        ((f"  assigned:\n    - {{group: {GROUP}}}\n", "  access: everyone\n"),),
        "setup.yaml:12: studio.access: nobody is assigned to the workgroup: a workgroup with Identity Center "
        "opens only for those under studio.assigned, whatever studio.access is: list them, or write "
        "identity_center: false under workgroup",
    ),
    "a VPC of the wrong form": (
        (("vpc-0123456789abcdef0", "vpc-0123456789"),),
        "setup.yaml:9: studio.vpc: 'vpc-0123456789' is not the id of a VPC: allowed are vpc- and 8 or 17 "
        "digits from 0 to f",
    ),
    "a subnet of the wrong form": (
        (("subnet-0123456789abcdef0", "subnet-xyz"),),
        "setup.yaml:10: studio.subnets[0]: 'subnet-xyz' is not the id of a subnet: allowed are subnet- and 8 "
        "or 17 digits from 0 to f",
    ),
    "six subnets": (
        (("[subnet-0123456789abcdef0]", "[" + ", ".join(f"subnet-0123456{number}" for number in range(6)) + "]"),),
        "setup.yaml:10: studio.subnets: 6 subnets are too many: a Studio takes 5",
    ),
    "a role name with a dot": (
        ((NAME, "  name: analytics\n  user_role: studio.user\n"),),
        "setup.yaml:9: studio.user_role: the role name 'studio.user' has a dot: allowed are letters, digits "
        "and _+=,@-: IAM permits dots, but AWS::EMR::Studio refuses such a role; write 'studio-user'",
    ),
    "a role path with a dot": (
        ((NAME, "  name: analytics\n  role_path: /studio.roles/\n"),),
        "setup.yaml:9: studio.role_path: the path '/studio.roles/' has a dot: allowed are paths without one: "
        "IAM permits dots, but AWS::EMR::Studio refuses a role in such a path",
    ),
    "one role for two": (
        ((NAME, "  name: analytics\n  service_role: studio\n  user_role: Studio\n"),),
        "setup.yaml:10: studio.user_role: the role Studio is studio.service_role too: a role of its own for "
        "each: a Studio whose service role is its user role lacks sts:SetContext, and whoever may be the one "
        "could be the other: give it another name, or leave the key out",
    ),
    "a Studio's name with a space": (
        ((NAME, "  name: my studio\n"),),
        "setup.yaml:8: studio.name: 'my studio' is not a Studio's name: allowed are 1 to 256 letters, digits, _ or -",
    ),
    "the workgroup primary": (
        (("workgroup:\n  name: analytics", "workgroup:\n  name: primary"),),
        "setup.yaml:15: workgroup.name: the workgroup primary exists in every account, and its authentication"
        " cannot be changed: a workgroup of its own: give it another name",
    ),
    "results outside the bucket of the workgroup": (
        (("athena\n", "athena\n  results_bucket: {name: other-results}\n"),),
        "setup.yaml:16: workgroup.results: s3://example-results/athena is not in the bucket other-results: "
        "results is a folder of the bucket under results_bucket: write 's3://other-results/athena', or name: "
        "example-results",
    ),
    "a key of another region for the results": (
        (
            (
                "athena\n",
                "athena\n  results_bucket: {name: example-results, "
                "kms_key: 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'}\n",
            ),
        ),
        "setup.yaml:17: workgroup.results_bucket.kms_key: the key "
        "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab is in the region "
        "us-east-1: allowed is a key in ap-northeast-1; S3 encrypts with keys of the bucket's own region only",
    ),
    "an execution role of a regular workgroup": (
        (("athena\n", "athena\n  identity_center: false\n  execution_role: athena\n"),),
        "setup.yaml:18: workgroup.execution_role: execution_role is written for a regular workgroup: only a "
        "workgroup with Identity Center has one: a regular one acts with the role of the user: leave "
        "execution_role out, or write identity_center: true",
    ),
    "access grants of a regular workgroup": (
        (
            REGULAR,
            ("lake_formation:", "access_grants: {instance: exists}\nlake_formation:"),
        ),
        "setup.yaml:18: access_grants: access_grants is written for a regular workgroup: only the results of "
        "a workgroup with Identity Center go through S3 Access Grants: leave access_grants out, or write "
        "identity_center: true under workgroup",
    ),
    "a grant on a table without its database": (
        (("    - database: flightdata_db\n      table", "    - table"),),
        "setup.yaml:19: lake_formation.grants[0]: the grant on the table flightdata names no database: a "
        "table is found by its database and its name: add database:",
    ),
    "a grant on nothing": (
        (
            (
                "    - database: flightdata_db\n      table: flightdata\n      permissions: [SELECT, DESCRIBE]",
                "    - permissions: [SELECT]",
            ),
        ),
        "setup.yaml:19: lake_formation.grants[0]: the grant names no database: a table is found by its "
        "database and its name: add database:",
    ),
    "a permission that Lake Formation does not have": (
        ((PERMISSIONS, "[READ]"),),
        "setup.yaml:21: lake_formation.grants[0].permissions[0]: 'READ' is not allowed: allowed: SELECT, "
        "DESCRIBE, INSERT, DELETE, ALTER, DROP, CREATE_TABLE",
    ),
    "SELECT on a database": (
        ((TABLE, ""),),
        "setup.yaml:20: lake_formation.grants[0].permissions: SELECT cannot be granted on the database "
        "flightdata_db: allowed there: ALTER, CREATE_TABLE, DESCRIBE, DROP: add table:, with the name of a "
        'table or "*" for all',
    ),
    "INSERT on columns": (
        (
            (TABLE, TABLE + "      columns: [carrier]\n"),
            (PERMISSIONS, "[SELECT, INSERT]"),
        ),
        "setup.yaml:22: lake_formation.grants[0].permissions: INSERT cannot be granted on columns: allowed "
        "there: SELECT: grant the others on the table, in an entry without columns",
    ),
    "CREATE_TABLE on a table": (
        ((PERMISSIONS, "[CREATE_TABLE]"),),
        "setup.yaml:21: lake_formation.grants[0].permissions: CREATE_TABLE cannot be granted on a table: "
        "allowed there: ALTER, DELETE, DESCRIBE, DROP, INSERT, SELECT: grant it on the database, in an entry "
        "without table",
    ),
    "columns of all tables": (
        (
            (TABLE, '      table: "*"\n      columns: [carrier]\n'),
            (PERMISSIONS, "[SELECT]"),
        ),
        "setup.yaml:21: lake_formation.grants[0].columns: columns are named without their table: columns go "
        "with one table",
    ),
    "a table in capital letters": (
        ((TABLE, "      table: FlightData\n"),),
        "setup.yaml:20: lake_formation.grants[0].table: 'FlightData' is not a name that Athena can use: "
        "allowed are 1 to 255 lower-case letters, digits or _: Glue folds names to them",
    ),
    "two grants of one table to one group": (
        (
            (
                TO,
                f"      to: [{{group: {GROUP}}}]\n    - {{database: flightdata_db, table: flightdata, "
                f"permissions: [SELECT], to: [{{group: {GROUP}}}]}}\n",
            ),
        ),
        "setup.yaml:23: lake_formation.grants[1].to[0]: the group "
        "1234567890-1234abcd-12ab-34cd-56ef-1234567890ab has a grant on the same table at "
        "lake_formation.grants[0]: one grant for each of them, with all its permissions: to delete one would "
        "revoke the other: write the permissions into one list",
    ),
    "one group twice in one grant": (
        ((TO, f"      to: [{{group: {GROUP}}}, {{group: {GROUP}}}]\n"),),
        "setup.yaml:22: lake_formation.grants[0].to[1]: the group "
        "1234567890-1234abcd-12ab-34cd-56ef-1234567890ab has a grant on the same table at "
        "lake_formation.grants[0]: one grant for each of them, with all its permissions: to delete one would "
        "revoke the other: write the permissions into one list",
    ),
    "a role of a permission set without its path": (
        ((TO, "      to: [{role: 'arn:aws:iam::111122223333:role/AWSReservedSSO_Analyst_0123456789abcdef'}]\n"),),
        "setup.yaml:22: lake_formation.grants[0].to[0].role: "
        "'arn:aws:iam::111122223333:role/AWSReservedSSO_Analyst_0123456789abcdef' lacks its path: roles of "
        "permission sets have the path /aws-reserved/sso.amazonaws.com/, with the region after it outside "
        "us-east-1, and Lake Formation takes the whole ARN only: aws iam get-role --role-name "
        "AWSReservedSSO_Analyst_0123456789abcdef --query Role.Arn shows it",
    ),
    "a catalog on an AWS managed key": (
        ((LAKE_FORMATION, "lake_formation:\n  catalog_key: alias/aws/glue\n"),),
        "setup.yaml:18: lake_formation.catalog_key: a Data Catalog that is encrypted with the AWS managed key"
        " does not propagate identities: allowed is a key of your own, or no encryption: then leave "
        "catalog_key out: aws glue put-data-catalog-encryption-settings changes the key",
    ),
    "31 share recipients": (
        ((LAKE_FORMATION, f"lake_formation:\n  share_recipients: [{accounts(31)}]\n"),),
        "setup.yaml:18: lake_formation.share_recipients: 31 recipients are too many: Lake Formation takes 30:"
        " name an organization or an organizational unit instead of its accounts",
    ),
    "30 share recipients beside the Studio's account": (
        (
            CROSS_ACCOUNT,
            (LAKE_FORMATION, f"lake_formation:\n  share_recipients: [{accounts(30)}]\n"),
        ),
        "setup.yaml:18: lake_formation.share_recipients: 31 recipients with the Studio's account are too "
        "many: Lake Formation takes 30: name an organization or an organizational unit instead of its "
        "accounts",
    ),
    "a share recipient of the wrong form": (
        ((LAKE_FORMATION, "lake_formation:\n  share_recipients: [everybody]\n"),),
        "setup.yaml:18: lake_formation.share_recipients[0]: 'everybody' is not a recipient of shares: allowed"
        " are account ids, and the ARNs of an organization or an organizational unit",
    ),
    "two locations of which one holds the other": (
        (
            (
                LAKE_FORMATION,
                "lake_formation:\n  locations: [{url: s3://example-data}, {url: s3://example-data/flightdata}]\n",
            ),
        ),
        "setup.yaml:18: lake_formation.locations[1].url: s3://example-data/flightdata and s3://example-data "
        "overlap: each location once: Lake Formation vends credentials for the most specific one only: keep "
        "s3://example-data",
    ),
    "GovCloud": (
        (("ap-northeast-1", "us-gov-west-1\npartition: aws-us-gov"),),
        "setup.yaml:4: partition: workgroups with Identity Center are not known in the partition aws-us-gov: "
        "allowed are regions of the partition aws: AWS lists no others for Athena with Identity Center, and "
        "AWS::EMR::Studio and the API of Athena do not take every partition's ARNs"
        "\n"
        "setup.yaml:7: identity_center.instance: arn:aws:sso:::instance/ssoins-0123456789abcdef is in the "
        "partition aws: allowed is an instance of aws-us-gov",
    ),
    "China, by its region": (
        (("region: ap-northeast-1", "region: cn-north-1"),),
        "setup.yaml:3: region: the region cn-north-1 is not in the partition aws: its partition is aws-cn: "
        "write partition: aws-cn, or another region"
        "\n"
        "setup.yaml:3: region: workgroups with Identity Center are not known in the partition aws-cn: allowed"
        " are regions of the partition aws: AWS lists no others for Athena with Identity Center, and "
        "AWS::EMR::Studio and the API of Athena do not take every partition's ARNs"
        "\n"
        "setup.yaml:6: identity_center.instance: arn:aws:sso:::instance/ssoins-0123456789abcdef is in the "
        "partition aws: allowed is an instance of aws-cn",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_with_this_message(name: str) -> None:
    replacements, message = CASES[name]
    with pytest.raises(SetupError) as refused:
        setups_from_text(changed(*replacements), "setup.yaml")
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (LAKE_FORMATION, f"lake_formation:\n  share_recipients: [{accounts(30)}]\n"),
        (TABLE, '      table: "*"\n'),
        (ASSIGNED, f"    - {{user: {USER}, name: yamada@example.com, session: query}}"),
        (
            TO,
            "      to: [{role: 'arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/ap-northeast-1/"
            "AWSReservedSSO_Analyst_0123456789abcdef'}]\n",
        ),
        (INSTANCE, "arn:aws:sso:::instance/ins-0123456789abcdef"),
    ],
)
def test_what_comes_close_to_that_is_accepted(old: str, new: str) -> None:
    assert len(setups_from_text(changed((old, new)))) == 1
