"""One kind of call to AWS: what is asked, what that takes, and where the answer belongs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, eq=False)
class Call:
    """One kind of call.

    `{…}` in texts stands for a name of the request.

    Args:
        name: its name here.
        service: as botocore names it.
        operation: as the API names it.
        action: the IAM action that it needs.
        at: the path in the snapshot of what it tells; where it is refused, that is what was not read.
        parameters: the operation's own.
        on: the ARN that it is asked of; `*` where the action takes none.
        grants: ARNs that a policy names for it, where `on` is not known before it is asked; `on` otherwise.
        object: the path in the snapshot of what is not there when a code of `gone` comes; `at` unless it is given.
        gone: the codes with which AWS says that the object is not there.
        gone_words: words of the message, where the code alone does not say that.
        nothing: the codes with which AWS says that the object is there and has no such property.
        empty: what stands at `at` then.
        member: what of each page holds the list, where the operation lists.
        then: the calls that its answer leads to.
        goes_on: whether those are made even where this one is refused.
    """

    name: str
    service: str
    operation: str
    action: str
    at: tuple[str, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    on: str = "*"
    grants: tuple[str, ...] = ()
    object: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    gone_words: str = ""
    nothing: tuple[str, ...] = ()
    empty: Any = None
    member: str = ""
    then: tuple[str, ...] = ()
    goes_on: bool = False
