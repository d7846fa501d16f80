"""All injections, in the order in which a request meets what they break."""

from __future__ import annotations

from difflib import get_close_matches

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.rehearsal.diseases import (
    buckets,
    guardrails,
    instance_profiles,
    keys,
    resource_policies,
    role_policies,
    roles,
    trust,
    workspace,
)
from lakehouse_iam.rehearsal.diseases.injection import Injection

_SUBJECTS = (roles, trust, role_policies, instance_profiles, buckets, resource_policies, keys, guardrails, workspace)


def every_injection() -> tuple[Injection, ...]:
    """Every disease that can be brought about."""
    return tuple(one for subject in _SUBJECTS for one in subject.INJECTIONS)


def injection_named(slug: str) -> Injection:
    """The injection of a disease.

    Raises:
        InvalidValue: there is none of that name.
    """
    known = {one.slug: one for one in every_injection()}
    if slug not in known:
        near = get_close_matches(slug, known, n=3)
        raise InvalidValue(
            f"no disease that can be injected is called {slug!r}",
            allowed=f"did you mean {' or '.join(near)}?" if near else f"there are {len(known)}",
            next_step="lakehouse-iam rehearse SETUP --break list shows them all",
        )
    return known[slug]
