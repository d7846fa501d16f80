"""What changed since an earlier report: policies as sets of requests, resources by their properties, checks by their answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lakehouse_iam.evaluator.arn_match import split_arn
from lakehouse_iam.evaluator.compare import Change, Unit, compare_worlds
from lakehouse_iam.probes.outsiders import UNNAMED_ROLE
from lakehouse_iam.proof.deployed import Deployed, Written
from lakehouse_iam.proof.place import Place
from lakehouse_iam.proof.unresolved import Reading
from lakehouse_iam.report.data import witness_text
from lakehouse_iam.report.policies import BUCKET, KEY, SESSION, TRUST
from lakehouse_iam.report.reading import ReportError

Json = Mapping[str, Any]

# Their documents are compared as sets of requests; how those are packed is no change.
_PACKED = frozenset({"ManagedPolicy", "RolePolicy", "BucketPolicy", "Role"})
_SHOWN = 200


def differences(before: Json, after: Json, place: str) -> dict[str, Any]:
    """How a report differs from an earlier one.

    Args:
        before: the earlier report.
        after: the later one.
        place: the file of the earlier one, for errors.

    Raises:
        ReportError: they have no setup in common.
        PolicyError: the earlier one holds a policy that AWS would refuse.
    """
    old, new = ({setup["setup"]: setup for setup in report["setups"]} for report in (before, after))
    if not old.keys() & new.keys():
        raise ReportError(
            place,
            f"the report is of {', '.join(old) or 'no setup'}, and this one is of {', '.join(new)}",
            allowed="reports with a setup in common",
            next_step="name an earlier report of the same setup",
        )
    setups = [_setup(old[name], setup, place) for name, setup in new.items() if name in old]
    added, removed = [name for name in new if name not in old], [name for name in old if name not in new]
    return {
        "before": {"written_at": before["written_at"], "fingerprint": before["fingerprint"]},
        "added": added,
        "removed": removed,
        "changes": sum(setup["changes"] for setup in setups) + len(added) + len(removed),
        "wider": sum(setup["wider"] for setup in setups) + len(added),
        "setups": setups,
    }


def _setup(old: Json, new: Json, place: str) -> dict[str, Any]:
    worlds = (_deployed(setup, place).world(Reading.LEAST) for setup in (old, new))
    units = [unit for unit in compare_worlds(*worlds).units if unit.change is not Change.SAME]
    resources = list(_resources(old, new))
    probes = _probes(old, new)
    return {
        "setup": new["setup"],
        # An answer changes because something else does, unless what is known of the accounts did.
        "changes": len(units) + len(resources) or len(probes["changed"]),
        "wider": sum(unit.is_wider for unit in units),
        "units": [unit_json(unit) for unit in units],
        "resources": resources,
        "probes": probes,
    }


# ---------------------------------------------------------------- policies


def _deployed(setup: Json, place: str) -> Deployed:
    """What a report's policies would deploy, hand-offs merged."""
    deployed = Deployed()
    for policy in setup["policies"]:
        statements = [one["statement"] for one in policy["statements"]]
        written = Written({"Version": "2012-10-17", "Statement": statements}, Place(place, property=policy["id"]))
        of, kind = policy["of"], policy["kind"]
        if kind == BUCKET:
            bucket = deployed.bucket(of, policy["account"])
            if policy["handed_off"]:
                bucket.handed_off.append(written)
            else:
                bucket.policy = written
        elif kind == KEY:
            deployed.key(of).handed_off.append(written)
        elif kind != SESSION:
            role = deployed.role(of if split_arn(of) else _unnamed(setup, policy))
            if kind == TRUST:
                role.trust = written
            else:
                role.identity[policy["name"] or policy["id"]] = written
    return deployed


def _unnamed(setup: Json, policy: Json) -> str:
    """Stands for a role that the setup was not told the name of."""
    return f"arn:{setup['partition']}:iam::{policy['account']}:role/{UNNAMED_ROLE}"


def unit_json(unit: Unit) -> dict[str, Any]:
    """A unit of a comparison as the page shows it."""
    return {
        "kind": unit.kind,
        "arn": unit.arn,
        "change": unit.change.value,
        "wider": [witness_text(one) for one in unit.comparison.wider],
        "narrower": [witness_text(one) for one in unit.comparison.narrower],
        "not_decided": list(unit.comparison.not_decided),
    }


# ---------------------------------------------------------------- resources


def _resources(old: Json, new: Json) -> Iterator[dict[str, Any]]:
    before, after = _by_name(old), _by_name(new)
    for key in (*before, *(key for key in after if key not in before)):
        one, other = before.get(key), after.get(key)
        if one == other:
            continue
        change = "added" if one is None else "removed" if other is None else "changed"
        properties = [] if one is None or other is None else list(_properties(one, other))
        yield {"type": key[1], "name": key[2], "account": key[0], "change": change, "properties": properties}


def _by_name(setup: Json) -> dict[tuple[str, str, str], Json]:
    found = {(one["account"], one["type"], one["id"]): one for one in setup["resources"] if one["type"] not in _PACKED}
    for one in setup["resources"]:
        if one["type"] == "Role":
            # Who may assume it and what it may do are compared as requests.
            found[one["account"], "Role", str(one.get("arn", one["id"]))] = {**one, "id": ""}
    for policy in setup["policies"]:
        if policy["kind"] == SESSION:
            statements = [one["statement"] for one in policy["statements"]]
            found[policy["account"], "SessionPolicy", policy["name"]] = {"statements": statements}
    return found


def _properties(one: Json, other: Json) -> Iterator[list[str]]:
    for key in dict.fromkeys((*one, *other)):
        if one.get(key) != other.get(key):
            yield [key, _shown(one.get(key)), _shown(other.get(key))]


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


# ---------------------------------------------------------------- checks


def _probes(old: Json, new: Json) -> dict[str, Any]:
    before, after = ({_asked(probe): probe for probe in setup["probes"]} for setup in (old, new))
    return {
        "added": [after[key]["question"] for key in after if key not in before],
        "removed": [before[key]["question"] for key in before if key not in after],
        "changed": [
            {"question": after[key]["question"], "before": before[key]["answer"], "after": after[key]["answer"]}
            for key in after
            if key in before and before[key]["answer"] != after[key]["answer"]
        ],
    }


_ANSWER = frozenset({"answer", "as_expected", "because", "notes", "question", "expected"})


def _asked(probe: Json) -> str:
    return json.dumps({key: value for key, value in probe.items() if key not in _ANSWER}, sort_keys=True)
