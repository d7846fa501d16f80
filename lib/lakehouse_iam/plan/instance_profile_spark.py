"""What the clusters of a setup of `instance-profile` are configured with."""

from __future__ import annotations

from lakehouse_iam.plan.instance_profile import bucket_routes, spark_configuration
from lakehouse_iam.setups.instance_profile import InstanceProfileSetup
from lakehouse_iam.spark.cluster import ClusterSide, Place
from lakehouse_iam.statements.s3 import Access


def cluster_side(setup: InstanceProfileSetup) -> ClusterSide:
    """What goes onto the clusters of a setup."""
    role_of = {owner.role.account: owner.role for owner in setup.bucket_owners}
    acls = {route.bucket: route.acls for route in bucket_routes(setup)}
    places = tuple(
        Place(
            bucket.name,
            str(folder),
            role_of[bucket.owner],
            acls[str(bucket.name)],
            bucket.access is Access.READ_WRITE,
        )
        for bucket in setup.buckets
        for folder in (bucket.prefixes or ("",))
    )
    return ClusterSide(setup.workspace.instance_profile, spark_configuration(setup), places)
