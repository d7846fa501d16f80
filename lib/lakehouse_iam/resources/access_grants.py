"""S3 Access Grants: the one instance of an account in a region, a location and its grants."""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse_iam.arns import DirectoryPrincipal, IdentityCenterInstance, RoleArn


@dataclass(frozen=True)
class AccessGrantsInstance:
    """The instance, associated with an instance of Identity Center."""

    id: str
    identity_center: IdentityCenterInstance


@dataclass(frozen=True)
class AccessGrantsLocation:
    """A place in S3 that grants are made of.

    Args:
        id: its id within the stack.
        scope: the place, such as `s3://bucket/folder`.
        role: the role that Access Grants gives sessions of.
        after: the `id`s of what must be there first.
    """

    id: str
    scope: str
    role: RoleArn
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class AccessGrant:
    """What a user or a group may read and write below a location.

    Args:
        id: its id within the stack.
        location: the `id` of the location.
        prefix: below the location, such as `*`.
        grantee: the user or group.
    """

    id: str
    location: str
    prefix: str
    grantee: DirectoryPrincipal
