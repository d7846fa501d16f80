"""The probes of `emr-studio` behind the workgroup: Athena, its results and the data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lakehouse_iam.arns import RoleArn
from lakehouse_iam.partitions import Partition
from lakehouse_iam.plan.emr_studio_roles import access_grants_instance, where, workgroup_arn
from lakehouse_iam.probes.buckets import AccessPath, asking_once_for_each_key, bucket_probes
from lakehouse_iam.probes.emr_studio_trust import Caller, trust_probes
from lakehouse_iam.probes.iam import iam_probes
from lakehouse_iam.probes.outsiders import STRANGER_ACCOUNT, sister_bucket
from lakehouse_iam.probes.probe import Context, Expected, Probe
from lakehouse_iam.roles.emr_studio import EMR_SERVICE
from lakehouse_iam.roles.emr_studio_data import ACCESS_GRANTS_SERVICE, ATHENA_SERVICE, LAKE_FORMATION_SERVICE
from lakehouse_iam.setups.buckets import Bucket, BucketPolicyMode
from lakehouse_iam.setups.emr_studio import EmrStudioSetup, Place
from lakehouse_iam.setups.emr_studio_grants import DataLocation
from lakehouse_iam.statements.s3 import Access, ObjectOwnership

_OBJECT = "lakehouse-iam-probe"
USER_ID = "11111111-1111-4111-8111-111111111111"
OTHER_USER_ID = "22222222-2222-4222-8222-222222222222"
_OTHER_REGION = "eu-west-3"


def data_probes(setup: EmrStudioSetup) -> Iterator[Probe]:
    """Every question about the execution role, the location role, the registration role, and the ways past them."""
    if setup.workgroup.identity_center:
        yield from _execution_role(setup)
        yield from _location_role(setup)
    else:
        yield from _regular_results(setup)
    if setup.lake_formation.locations:
        yield from _registration_role(setup)
    yield from _past_lake_formation(setup)


def _execution_role(setup: EmrStudioSetup) -> Iterator[Probe]:
    role, name = setup.workgroup.execution_role, "the execution role"
    account, workgroup = str(setup.account), workgroup_arn(setup)
    foreign = workgroup.replace(account, STRANGER_ACCOUNT)
    others = (
        Caller("another workgroup", ATHENA_SERVICE, account, f"{workgroup}-other"),
        Caller("a workgroup of that name in another account", ATHENA_SERVICE, STRANGER_ACCOUNT, foreign),
        Caller("another account's workgroup under our account's id", ATHENA_SERVICE, account, foreign),
        Caller("the workgroup under another account's id", ATHENA_SERVICE, STRANGER_ACCOUNT, workgroup),
        Caller("Athena, on nobody's behalf,", ATHENA_SERVICE),
        Caller("the Studio", EMR_SERVICE, account, workgroup),
    )
    yield from trust_probes(
        setup, role, name, Caller("the workgroup", ATHENA_SERVICE, account, workgroup), others, identity=True
    )
    path, instance = AccessPath(str(role), ()), access_grants_instance(setup)
    yield path.probe("Athena asks Lake Formation for data", "lakeformation:GetDataAccess", "*", Expected.ALLOW)
    yield path.probe("Athena asks S3 Access Grants for a place", "s3:GetDataAccess", instance, Expected.ALLOW)
    foreign_instance = instance.replace(account, STRANGER_ACCOUNT)
    yield path.probe(
        "Athena asks another account's S3 Access Grants", "s3:GetDataAccess", foreign_instance, Expected.DENY
    )
    which = "s3:GetAccessGrantsInstanceForPrefix"
    yield path.probe("Athena asks which S3 Access Grants instance there is", which, instance, Expected.ALLOW)
    bucket = setup.workgroup.results.bucket.arn(setup.partition.name)
    yield path.probe("Athena locates the results", "s3:GetBucketLocation", bucket, Expected.ALLOW)
    yield path.probe("Athena lists the results itself", "s3:ListBucket", bucket, Expected.DENY)
    for action in ("lakeformation:GrantPermissions", "lakeformation:PutDataLakeSettings"):
        yield path.probe(f"Athena decides in Lake Formation's place ({action})", action, "*", Expected.DENY)
    yield path.probe("Athena itself starts a query", "athena:StartQueryExecution", workgroup, Expected.DENY)
    prepared = "athena:GetPreparedStatement"
    yield path.probe("Athena serves prepared statements", prepared, workgroup, Expected.ALLOW)
    yield path.probe("Athena serves another workgroup's", prepared, f"{workgroup}-other", Expected.DENY)
    for database in setup.lake_formation.databases:
        table = where(setup).arn("glue", f"table/{database}/{_OBJECT}")
        yield path.probe(f"Athena reads a definition in {database}", "glue:GetTable", table, Expected.ALLOW)
        changes = Expected.ALLOW if setup.lake_formation.writes else Expected.DENY
        yield path.probe(f"Athena changes a definition in {database}", "glue:UpdateTable", table, changes)
        question = f"Athena deletes the database {database}"
        database_arn = where(setup).arn("glue", f"database/{database}")
        yield path.probe(question, "glue:DeleteDatabase", database_arn, Expected.DENY)
    results = _object(setup.workgroup.results, setup.partition, USER_ID)
    for action in ("s3:GetObject", "s3:PutObject"):
        yield path.probe(f"Athena reaches results past S3 Access Grants ({action})", action, results, Expected.DENY)
    yield from iam_probes(path, name, str(role))


def _object(place: Place, partition: Partition, *folders: str) -> str:
    parts = (place.bucket.arn(partition.name), place.folder, *folders, _OBJECT)
    return "/".join(part for part in parts if part)


def _location_role(setup: EmrStudioSetup) -> Iterator[Probe]:
    role, name = setup.access_grants.location_role, "the location role"
    account, instance = str(setup.account), access_grants_instance(setup)
    foreign, regional = instance.replace(account, STRANGER_ACCOUNT), instance.replace(setup.region, _OTHER_REGION)
    others = (
        Caller("another account's S3 Access Grants", ACCESS_GRANTS_SERVICE, STRANGER_ACCOUNT, foreign),
        Caller("S3 Access Grants of another region", ACCESS_GRANTS_SERVICE, account, regional),
        Caller("S3 Access Grants under another account's id", ACCESS_GRANTS_SERVICE, STRANGER_ACCOUNT, instance),
        Caller("S3 Access Grants, on nobody's behalf,", ACCESS_GRANTS_SERVICE),
    )
    ours = Caller("S3 Access Grants", ACCESS_GRANTS_SERVICE, account, instance)
    yield from trust_probes(setup, role, name, ours, others, identity=True, also=("sts:SetSourceIdentity",))
    path, place = AccessPath(str(role), ()), setup.workgroup.results
    through: Context = (("s3:AccessGrantsInstanceArn", instance), ("identitystore:UserId", USER_ID))
    past: Context = (("identitystore:UserId", USER_ID),)
    own = _object(place, setup.partition, USER_ID)
    for action in ("s3:GetObject", "s3:PutObject"):
        yield path.probe(f"a user's own results ({action})", action, own, Expected.ALLOW, through)
        yield path.probe(f"a user's own results past the instance ({action})", action, own, Expected.DENY, past)
        shared = Expected.DENY if setup.workgroup.user_prefixes else Expected.ALLOW
        another = _object(place, setup.partition, OTHER_USER_ID)
        yield path.probe(f"another user's results ({action})", action, another, shared, through)
        longer = _object(place, setup.partition, f"{USER_ID}0")
        yield path.probe(f"results of a user whose id begins alike ({action})", action, longer, shared, through)
    yield path.probe("a user deletes results", "s3:DeleteObject", own, Expected.DENY, through)
    bucket = place.bucket.arn(setup.partition.name)
    folder = "/".join(part for part in (place.folder, USER_ID) if part)
    listing: Context = (*through, ("s3:prefix", f"{folder}/"))
    yield path.probe("a user lists their own results", "s3:ListBucket", bucket, Expected.ALLOW, listing)
    own_listing: Context = (*through, ("s3:prefix", folder))
    yield path.probe("a user lists their own folder by its name", "s3:ListBucket", bucket, Expected.ALLOW, own_listing)
    yield path.probe(
        "a user lists their own results past the instance", "s3:ListBucket", bucket, Expected.DENY, (*past, listing[-1])
    )
    if setup.workgroup.user_prefixes:
        longer_listing: Context = (*through, ("s3:prefix", f"{folder}0/"))
        question = "a user lists results of a user whose id begins alike"
        yield path.probe(question, "s3:ListBucket", bucket, Expected.DENY, longer_listing)
    uploads = "s3:ListBucketMultipartUploads"
    yield path.probe("a user lists everybody's uploads", uploads, bucket, Expected.DENY, listing)
    for action in ("s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"):
        yield path.probe(f"a user's uploads in parts ({action})", action, own, Expected.ALLOW, through)
    if setup.workgroup.user_prefixes or place.folder:
        yield path.probe("a user lists all of the bucket", "s3:ListBucket", bucket, Expected.DENY, through)
    sister = f"{sister_bucket(place.bucket, ()).arn(setup.partition.name)}/{folder}/{_OBJECT}"
    for action in ("s3:GetObject", "s3:PutObject"):
        yield path.probe(f"a user's folder in another bucket ({action})", action, sister, Expected.DENY, through)
    sister_itself = sister_bucket(place.bucket, ()).arn(setup.partition.name)
    yield path.probe("a user lists another bucket", "s3:ListBucket", sister_itself, Expected.DENY, listing)
    yield from iam_probes(path, name, str(role))


def _regular_results(setup: EmrStudioSetup) -> Iterator[Probe]:
    """A regular workgroup keeps results with the user role."""
    path, place = AccessPath(str(setup.studio.user_role), ()), setup.workgroup.results
    for action, expected in (
        ("s3:GetObject", Expected.ALLOW),
        ("s3:PutObject", Expected.ALLOW),
        ("s3:DeleteObject", Expected.DENY),
    ):
        yield path.probe(f"a user's results ({action})", action, _object(place, setup.partition), expected)
    if place.folder:
        outside = f"{place.bucket.arn(setup.partition.name)}/{_OBJECT}"
        yield path.probe("a user reads outside the results", "s3:GetObject", outside, Expected.DENY)


def _registration_role(setup: EmrStudioSetup) -> Iterator[Probe]:
    role, name = setup.lake_formation.registration_role, "the registration role"
    others = (Caller("Athena", ATHENA_SERVICE), Caller("the Studio", EMR_SERVICE))
    yield from trust_probes(setup, role, name, Caller("Lake Formation", LAKE_FORMATION_SERVICE), others, identity=True)
    path = AccessPath(str(role), ())
    places = [_as_bucket(setup, location) for location in setup.lake_formation.locations]
    names = frozenset(place.name for place in places)
    for place in asking_once_for_each_key(places):
        for probe in bucket_probes(path, place, names, setup.partition):
            yield replace(probe, question=f"as Lake Formation: {probe.question}")
    yield from iam_probes(path, name, str(role))


def _as_bucket(setup: EmrStudioSetup, location: DataLocation) -> Bucket:
    """A registered location in the words of the probes that all patterns with buckets share."""
    return Bucket(
        name=location.url.bucket,
        owner=setup.lake_formation.catalog,
        access=Access.READ_WRITE if setup.lake_formation.writes else Access.READ_ONLY,
        prefixes=(location.url.folder,) if location.url.folder else (),
        create=False,
        policy=BucketPolicyMode.NONE,
        object_ownership=ObjectOwnership.BUCKET_OWNER_ENFORCED,
        key=location.key,
    )


def _data(setup: EmrStudioSetup, location: DataLocation) -> str:
    parts = (location.url.bucket.arn(setup.partition.name), str(location.url.folder or ""), _OBJECT)
    return "/".join(part for part in parts if part)


def _past_lake_formation(setup: EmrStudioSetup) -> Iterator[Probe]:
    """Nobody reaches the data directly in S3: not users, not the Studio, not Athena."""
    roles: list[tuple[str, RoleArn]] = [("a user", setup.studio.user_role), ("the Studio", setup.studio.service_role)]
    if setup.workgroup.identity_center:
        roles += [("Athena", setup.workgroup.execution_role), ("S3 Access Grants", setup.access_grants.location_role)]
    kept = (setup.studio.storage.url, setup.workgroup.results.url)
    for location in setup.lake_formation.locations:
        if any(place.covers(location.url) or location.url.covers(place) for place in kept):
            continue
        for who, role in roles:
            for action in ("s3:GetObject", "s3:PutObject"):
                question = f"{who} reaches {location.url} past Lake Formation ({action})"
                yield AccessPath(str(role), ()).probe(question, action, _data(setup, location), Expected.DENY)
    if setup.lake_formation.locations or not setup.workgroup.identity_center:
        return
    results = _object(setup.workgroup.results, setup.partition, USER_ID)
    yield AccessPath(str(setup.studio.user_role), ()).probe(
        "a user reads results past S3 Access Grants", "s3:GetObject", results, Expected.DENY
    )
