"""The script that reads the providers' schemas out of their bindings."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[3] / "tools" / "provider_schema.py"

# The shape of a generated file, as cdktn-provider-* 0.24 writes it.
BINDING = """\
export function thingRuleToHclTerraform(struct) {
    const attrs = {
        days: {
            value: cdktn.numberToHclTerraform(struct.days),
            isBlock: false,
            type: "simple",
            storageClassType: "number",
        },
    };
}
class ThingRuleOutputReference extends cdktn.ComplexObject {
    // days - computed: false, optional: false, required: true
    _days;
}
class Thing extends cdktn.TerraformResource {
    static tfResourceType = "aws_thing";
    // arn - computed: true, optional: false, required: false
    get arn() {
        return this.getStringAttribute('arn');
    }
    // parts - computed: true, optional: false, required: false
    _parts = new ThingPartsList(this, "parts", false);
    get parts() {
        return this._parts;
    }
    // tags - computed: true, optional: true, required: false
    _tags;
    get tags() {
        return this.getStringMapAttribute('tags');
    }
    // rule - computed: false, optional: false, required: true
    _rule = new ThingRuleList(this, "rule", false);
    synthesizeHclAttributes() {
        const attrs = {
            tags: {
                value: cdktn.hashMapperHcl(cdktn.stringToHclTerraform)(this._tags),
                isBlock: false,
                type: "map",
                storageClassType: "stringMap",
            },
            rule: {
                value: cdktn.listMapperHcl(thingRuleToHclTerraform, true)(this._rule.internalValue),
                isBlock: true,
                type: "list",
                storageClassType: "ThingRuleList",
            },
        };
    }
}
"""


@pytest.fixture(scope="module")
def reader() -> ModuleType:
    spec = importlib.util.spec_from_file_location("provider_schema", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_names_types_and_flags_are_read_from_the_generated_code(reader: ModuleType) -> None:
    assert reader.Binding(BINDING).schema("Thing") == {
        "attributes": {
            "arn": "string computed",
            "parts": "any computed",
            "tags": "map of string optional computed",
        },
        "blocks": {
            "rule": {
                "flags": "required",
                "many": True,
                "attributes": {"days": "number required"},
                "blocks": {},
            }
        },
    }
