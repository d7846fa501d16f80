"""What a construct is meant to allow, written into the cloud assembly, so that the proof knows what to ask of the templates.

It is metadata of the assembly and never reaches a template. Tokens in it are resolved with everything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from constructs import Construct

from lakehouse_iam.plan import Plan
from lakehouse_iam.probes.document import PROBES_METADATA, probe_document, to_json
from lakehouse_iam.proof.from_constructs import ACCESS_METADATA, PERMISSIONS_METADATA, WAY_METADATA
from lakehouse_iam.roles.bucket_access import BucketAccess


def record_probes(scope: Construct, plan: Plan) -> None:
    """Write the probes of a setup into the assembly.

    Args:
        scope: one of the setup's stacks, or a construct in it.
        plan: the setup's plan.
    """
    scope.node.add_metadata(PROBES_METADATA, to_json(probe_document(plan)))


def record_trust(scope: Construct, role_arn: str, trusted: str, external_ids: Sequence[str] = ()) -> None:
    """Write down who must be able to assume a role.

    Args:
        scope: the construct that makes the role.
        role_arn: the role's ARN, possibly a token.
        trusted: the ARN or service principal of who assumes it, possibly a token.
        external_ids: the external ids that it must accept; empty where it asks for none.
    """
    _add(scope, WAY_METADATA, {"role": role_arn, "trusted": trusted, "external_ids": list(external_ids)})


def record_sign_in(scope: Construct, role_arn: str, provider_arn: str, audience: str) -> None:
    """Write down which SAML provider's users must be able to take a role.

    Args:
        scope: the construct that makes the role.
        role_arn: the role's ARN, possibly a token.
        provider_arn: the SAML provider's ARN, possibly a token.
        audience: the address that their assertions are sent to.
    """
    data = {"role": role_arn, "trusted": provider_arn, "external_ids": [], "audience": audience}
    _add(scope, WAY_METADATA, data)


def record_permissions(scope: Construct, role_arn: str, statements: Sequence[Mapping[str, Any]]) -> None:
    """Write down which statements a construct gives a role, so that those of somebody else can be told apart.

    Args:
        scope: the construct that gives them.
        role_arn: the role's ARN, possibly a token.
        statements: as they stand in its policies, tokens included.
    """
    _add(scope, PERMISSIONS_METADATA, {"role": role_arn, "statements": list(statements)})


def record_access(scope: Construct, role_arn: str, grants: Sequence[BucketAccess]) -> None:
    """Write down what a role must be able to do with buckets.

    Args:
        scope: the construct that makes the role.
        role_arn: the role's ARN, possibly a token.
        grants: the buckets.
    """
    for grant in grants:
        _add(
            scope,
            ACCESS_METADATA,
            {
                "role": role_arn,
                "bucket": grant.bucket_arn,
                "access": grant.access.value,
                "prefixes": list(grant.prefixes),
                "acls": grant.acls,
                "key": grant.key.key_arn if grant.key else "",
                "via": grant.key.via if grant.key else "",
            },
        )


def _add(scope: Construct, type_: str, data: dict[str, Any]) -> None:
    scope.node.add_metadata(type_, cast("Any", data))
