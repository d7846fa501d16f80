"""A plan of Terraform in which something else stands than Terraform writes is answered in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from lakehouse_iam.errors import LakehouseIamError
from lakehouse_iam.proof.terraform_plan import read_plan

PLAN = Path(__file__).parents[2] / "fixtures" / "terraform" / "create-bucket.plan.json"
ODD = (None, 3, True, "", "x", [], [1], {}, {"a": None}, [None], [[]])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    for key, below in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(below, (*path, key))


def with_odd(plan: Any, path: tuple[Any, ...], odd: Any) -> Any:
    changed = deepcopy(plan)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = odd
    return changed


def test_whatever_stands_wherever_in_a_plan_is_read_or_answered_in_words(tmp_path: Path) -> None:
    plan = json.loads(PLAN.read_text(encoding="utf-8"))
    file = tmp_path / "plan.json"
    for number, path in enumerate(places(plan)):
        file.write_text(json.dumps(with_odd(plan, path, ODD[number % len(ODD)])), encoding="utf-8")
        # Anything else that is raised fails the test.
        with suppress(LakehouseIamError):
            read_plan(file)


@pytest.mark.parametrize(
    ("path", "odd", "said"),
    [
        (
            ("planned_values", "root_module", "resources", 4, "values"),
            -1.5,
            "planned_values.root_module.resources.4.values",
        ),
        (("configuration", "provider_config"), "x", "configuration.provider_config"),
        (("planned_values", "root_module", "resources", 0), {}, "planned_values.root_module.resources.0"),
    ],
)
def test_the_place_is_named(tmp_path: Path, path: tuple[Any, ...], odd: Any, said: str) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(with_odd(json.loads(PLAN.read_text(encoding="utf-8")), path, odd)), encoding="utf-8")
    with pytest.raises(
        LakehouseIamError, match=f"plan.json: {said}: this is .* than terraform show -json writes here: allowed"
    ):
        read_plan(file)
