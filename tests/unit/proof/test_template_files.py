"""Templates from files: folders, cloud assemblies with stages and nested stacks, and everything that may be wrong there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from setup_texts import OWNER, WORKSPACE, document, plan_of

from lakehouse_iam.cloudformation import templates
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.probes.document import PROBES_METADATA, probe_document, to_json
from lakehouse_iam.proof.prove import prove_templates
from lakehouse_iam.proof.template_files import (
    TemplateError,
    files_of_setup,
    holds_templates,
    in_regions,
    no_probes,
    probes_of,
    read_templates,
)

Json = dict[str, Any]
ROLE = {"Type": "AWS::IAM::Role", "Properties": {}}


def write(file: Path, content: Any) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def written(folder: Path) -> Path:
    """The folder that `lakehouse-iam template` would have written."""
    plan = plan_of(document())
    for id, body in templates(plan).items():
        phase = plan.phase(id)
        write(folder / str(phase.account) / f"{phase.stack}.template.json", body)
    write(folder / f"{plan.setup}.probes.json", to_json(probe_document(plan)))
    return folder


def stack_artifact(file: str, account: str = OWNER, **more: Any) -> Json:
    environment = f"aws://{account}/us-west-2"
    return {
        "type": "aws:cloudformation:stack",
        "environment": environment,
        "properties": {"templateFile": file, **more.pop("properties", {})},
        **more,
    }


def assembly(folder: Path, artifacts: Json, **files: Any) -> Path:
    """A cloud assembly of hand-made files; `__` stands for a dot in their names."""
    write(folder / "manifest.json", {"version": "55.0.0", "artifacts": artifacts})
    for name, content in files.items():
        write(folder / name.replace("__", "."), content)
    return folder


# ---------------------------------------------------------------- folders


def test_a_folder_tells_account_region_and_probes(tmp_path: Path) -> None:
    (files,) = read_templates(written(tmp_path))
    assert [(one.account, one.stack, one.region) for one in files.templates] == [
        (WORKSPACE, "partner-bucket-deployment-account", "ap-northeast-1"),
        (OWNER, "partner-bucket-bucket-owner", "ap-northeast-1"),
    ]
    (asked,) = probes_of(files)
    assert prove_templates(in_regions(files.templates, asked), asked).holds
    assert files_of_setup([files], asked) is files


def test_a_folder_holds_templates_and_a_folder_of_setups_does_not(tmp_path: Path) -> None:
    write(tmp_path / "setups" / "a.yaml", "setup: a")
    assert holds_templates(written(tmp_path / "out"))
    assert not holds_templates(tmp_path / "setups")
    assert not holds_templates(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            '{\n  "Resources": {,}\n}',
            "{file}:2: this is not JSON: Expecting property name enclosed in double quotes at column 17",
        ),
        ("[]", "{file}: this is not a template: allowed is a JSON object with Resources"),
        ({"Resources": []}, "{file}: this is not a template: allowed is a JSON object with Resources"),
        ({"Resources": {"A": 1}}, "{file}: Resources.A: this is not a resource: allowed is an object with Type"),
        (
            {"Resources": {"A": {"Type": "x", "Properties": []}}},
            "{file}: Resources.A.Properties: this is not an object",
        ),
        ("\ufeff{", "{file}:1: this is not JSON: Expecting property name enclosed in double quotes at column 2"),
    ],
)
def test_a_file_that_is_no_template_is_named_with_what_is_wrong(tmp_path: Path, content: Any, message: str) -> None:
    file = write(tmp_path / OWNER / "a.template.json", content)
    with pytest.raises(TemplateError) as caught:
        read_templates(tmp_path)
    assert str(caught.value) == message.format(file=file)


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    file = write(tmp_path / OWNER / "a.template.json", "")
    file.write_bytes(b"\xff\xfe{}")
    with pytest.raises(TemplateError, match="the file is not text: allowed is UTF-8"):
        read_templates(tmp_path)


def test_a_folder_without_templates_or_that_is_none_says_what_is_allowed(tmp_path: Path) -> None:
    for folder, problem in (
        (tmp_path, "the folder holds no template"),
        (tmp_path / "nowhere", "the folder does not exist"),
        (write(tmp_path / "file", "x"), "the folder is a file"),
    ):
        with pytest.raises(TemplateError) as caught:
            read_templates(folder)
        assert str(caught.value).startswith(f"{folder}: {problem}: allowed is what lakehouse-iam template writes")


def test_templates_without_probes_ask_for_the_setup(tmp_path: Path) -> None:
    write(tmp_path / OWNER / "a.template.json", {"Resources": {"Role": ROLE}})
    (files,) = read_templates(tmp_path)
    assert probes_of(files) == ()
    assert "the templates carry no probes: allowed is a folder with *.probes.json beside them" in str(no_probes("x"))
    assert str(no_probes("x")).endswith("give the setup: lakehouse-iam prove SETUP --templates x")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"setup": None}, "None is not text"),
        ({"probes": None}, "object is not iterable"),
        ({"probes": [{"question": "q"}]}, "the key 'principal' is missing"),
        ({"stacks": [{}]}, "the key 'stack' is missing"),
    ],
)
def test_probes_that_somebody_has_broken_are_refused(tmp_path: Path, change: Json, problem: str) -> None:
    file = written(tmp_path) / "partner-bucket.probes.json"
    write(file, json.loads(file.read_text(encoding="utf-8")) | change)
    with pytest.raises(InvalidValue) as caught:
        read_templates(tmp_path)
    assert str(caught.value).startswith(f"{file}: this is not a document of probes: ")
    assert problem in str(caught.value)


def test_a_stack_of_the_setup_without_its_template_is_named(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / OWNER / "partner-bucket-bucket-owner.template.json").unlink()
    (files,) = read_templates(folder)
    with pytest.raises(
        InvalidValue, match=f"the template of the stack partner-bucket-bucket-owner in {OWNER} is not in the folder"
    ):
        files_of_setup([files], files.documents[0])


# ---------------------------------------------------------------- cloud assemblies


def test_an_assembly_is_read_with_its_stages_and_nested_stacks(tmp_path: Path) -> None:
    nested = {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": "inner.nested.template.json"}}
    stage = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Stage"}}
    assembly(tmp_path, {"assembly-Stage": stage, "Tree": {"type": "cdk:tree", "properties": {}}})
    assembly(
        tmp_path / "assembly-Stage",
        {"Top": stack_artifact("top.json", properties={"stackName": "top-stack"}, displayName="Stage/Top")},
        top__json={"Resources": {"Inner": nested}},
        inner__nested__template__json={"Resources": {"Role": ROLE}},
    )
    (stage_files,) = read_templates(tmp_path)
    top, inner = stage_files.templates
    assert (top.stack, top.account, top.region, top.path) == ("top-stack", OWNER, "us-west-2", "Stage/Top")
    assert (inner.parent, inner.parent_resource, inner.account) == (top.place, "Inner", OWNER)


def test_a_stack_without_an_environment_has_no_account(tmp_path: Path) -> None:
    artifact = stack_artifact("a.json") | {"environment": "aws://unknown-account/unknown-region"}
    (files,) = read_templates(assembly(tmp_path, {"A": artifact}, a__json={"Resources": {"Role": ROLE}}))
    (template,) = files.templates
    assert (template.account, template.region) == ("", "")


@pytest.mark.parametrize("inline", [True, False])
def test_probes_come_with_the_metadata_of_a_stack(tmp_path: Path, inline: bool) -> None:
    entries = {"/A": [{"type": PROBES_METADATA, "data": to_json(probe_document(plan_of(document())))}]}
    more = {"metadata": entries} if inline else {"additionalMetadataFile": "a.metadata.json"}
    assembly(tmp_path, {"A": stack_artifact("a.json", **more)}, a__json={"Resources": {}}, a__metadata__json=entries)
    (files,) = read_templates(tmp_path)
    (asked,) = files.documents
    assert asked == probe_document(plan_of(document()))


def test_a_nested_stack_whose_template_is_elsewhere_is_named(tmp_path: Path) -> None:
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://example.com/x"}}
    assembly(tmp_path, {"A": stack_artifact("a.json")}, a__json={"Resources": {"Inner": nested}})
    with pytest.raises(
        TemplateError, match=r"Resources\.Inner: the template of this nested stack is not in the folder"
    ):
        read_templates(tmp_path)


@pytest.mark.parametrize("file", ["../secret.json", "/etc/hostname"])
def test_a_manifest_does_not_lead_out_of_its_folder(tmp_path: Path, file: str) -> None:
    write(tmp_path / "secret.json", {"Resources": {"Role": ROLE}})
    with pytest.raises(TemplateError, match="the manifest leads out of its folder"):
        read_templates(assembly(tmp_path / "cdk.out", {"A": stack_artifact(file)}))


@pytest.mark.parametrize(
    "manifest",
    [[], {"artifacts": []}, {"artifacts": {"A": {}}}, {"artifacts": {"A": {"type": "aws:cloudformation:stack"}}}],
)
def test_a_manifest_that_is_none_is_named(tmp_path: Path, manifest: Any) -> None:
    file = write(tmp_path / "manifest.json", manifest)
    with pytest.raises(TemplateError) as caught:
        read_templates(tmp_path)
    assert str(caught.value).startswith(f"{file}: this is not the manifest of a cloud assembly: ")
