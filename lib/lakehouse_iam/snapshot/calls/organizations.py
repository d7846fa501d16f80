"""Calls to AWS Organizations: what stands above the account."""

from __future__ import annotations

from lakehouse_iam.snapshot.calls.call import Call

CALLS = (
    Call(
        "organization",
        "organizations",
        "DescribeOrganization",
        "organizations:DescribeOrganization",
        ("organization",),
        nothing=("AWSOrganizationsNotInUseException",),
        empty={"id": None},
        then=("parents", "policies-of-target"),
    ),
    Call(
        "parents",
        "organizations",
        "ListParents",
        "organizations:ListParents",
        ("_parents", "{child}"),
        {"ChildId": "{child}"},
        member="Parents",
        then=("parents", "policies-of-target"),
    ),
    Call(
        "policies-of-target",
        "organizations",
        "ListPoliciesForTarget",
        "organizations:ListPoliciesForTarget",
        ("_targets", "{type}", "{target}"),
        {"TargetId": "{target}", "Filter": "{type}"},
        member="Policies",
        then=("organization-policy",),
    ),
    Call(
        "organization-policy",
        "organizations",
        "DescribePolicy",
        "organizations:DescribePolicy",
        ("_organization_policies", "{policy}"),
        {"PolicyId": "{policy}"},
    ),
)
