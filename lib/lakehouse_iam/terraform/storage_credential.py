"""The storage credential in Unity Catalog, and the external locations that use it."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct

from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.s3_url import S3Url
from lakehouse_iam.terraform.elements import Element
from lakehouse_iam.terraform.engine import TerraformProvider, TerraformResource
from lakehouse_iam.terraform.role_elements import parsed_role
from lakehouse_iam.terraform_json import databricks
from lakehouse_iam.terraform_json.blocks import Condition, Lifecycle
from lakehouse_iam.terraform_json.built_in import TerraformData
from lakehouse_iam.terraform_json.literals import Expression, known


class StorageCredential(Construct):
    """A storage credential that names a role which need not exist yet.

    Nothing is validated when it is created: the role's trust policy needs the external id that only this storage credential
    has, so at that moment no role can trust it. The external locations are validated, and through them the whole chain.

    Databricks' provider cannot rename a storage credential; under another name the new one is created first, and the old one
    is deleted last, when the external locations have moved. Another role under the same name is refused when the apply is
    planned: it would be used unvalidated. Give the storage credential another name together with it.

    Args:
        name: its name in Unity Catalog.
        role_arn: the ARN that the role will have, as text. A reference to the role would create a cycle.
        read_only: whether nothing may be written with it. Default: no.
        isolated: whether only the workspaces it is bound to may use it: this one, and `workspaces`. Default: no.
        workspaces: the ids of further workspaces.
        comment: a comment.
        owner: who shall own it. Default: whoever applies. Whoever applies must stay able to make external locations with it.
        provider: the configuration of `databricks/databricks` for the workspace. Default: the unnamed one.

    Attributes:
        element: the storage credential.

    Raises:
        InvalidValue: not a role's ARN, a reference to one, or bindings of a credential that is not isolated.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        role_arn: str,
        read_only: bool = False,
        isolated: bool = False,
        workspaces: Sequence[str] = (),
        comment: str = "",
        owner: str = "",
        provider: TerraformProvider | None = None,
    ) -> None:
        super().__init__(scope, id)
        role = parsed_role(role_arn, what="role_arn")
        if workspaces and not isolated:
            raise InvalidValue(
                f"the storage credential {name} is open to every workspace of the metastore, so binding it changes nothing",
                allowed="workspaces together with isolated=True",
            )
        first = Element(
            self,
            "FirstRole",
            TerraformData(input=str(role), triggers_replace=name),
            lifecycle=Lifecycle(ignore_changes=("input",)),
        )
        self.element = Element(
            self,
            "Credential",
            databricks.DatabricksStorageCredential(
                name=name,
                aws_iam_role=databricks.CredentialRole(str(role)),
                isolation_mode="ISOLATION_MODE_ISOLATED" if isolated else "ISOLATION_MODE_OPEN",
                read_only=read_only,
                skip_validation=True,
                comment=comment or None,
                owner=owner or None,
            ),
            provider=provider,
            lifecycle=Lifecycle(
                create_before_destroy=True,
                precondition=(
                    Condition(
                        Expression(f'${{{first.address}.output == "{role}"}}'),
                        f"The storage credential {name} is to name another role, {role}, than the one it was created with. "
                        "Unity Catalog would not check the new role, and access would end before that role exists. "
                        "Give the storage credential another name too: a new one is then created, the external locations "
                        "are moved to it and checked with the new role, and the old one is deleted, in one apply.",
                    ),
                ),
            ),
        )
        # The provider cannot move a binding to a credential of another name: "doesn't support update" (v1.128.0).
        bound = Lifecycle(replace_triggered_by=(f"{self.element.address}.name",))
        self.bindings = tuple(
            Element(
                self,
                f"Binding-{workspace}",
                databricks.DatabricksWorkspaceBinding(int(workspace), self.credential_name),
                provider=provider,
                lifecycle=bound,
            )
            for workspace in workspaces
        )

    @property
    def credential_name(self) -> str:
        """A reference to its name; whatever uses it comes after it."""
        return self.element.reference("name")

    @property
    def external_id(self) -> str:
        """A reference to the external id that Databricks gives it."""
        return self.element.reference("aws_iam_role[0].external_id")

    @property
    def unity_catalog_iam_arn(self) -> str:
        """A reference to the ARN of the master role that will assume the role."""
        return self.element.reference("aws_iam_role[0].unity_catalog_iam_arn")


class ExternalLocation(Construct):
    """A place in S3 that Unity Catalog reaches with a storage credential; it is validated when it is made.

    Args:
        name: its name in Unity Catalog.
        url: `s3://bucket` or `s3://bucket/folder`.
        credential: the storage credential.
        after: what must have happened, such as a `Propagation`; without it the first apply fails and the second works.
        read_only: whether nothing may be written there. Default: no.
        file_events: whether Databricks sets up and reads notification queues of its own. Default: no; it is always
            written, because Databricks turns them on where the attribute is missing.
        comment: a comment.
        provider: the configuration of `databricks/databricks` for the workspace. Default: the unnamed one.

    Attributes:
        element: the external location.

    Raises:
        InvalidValue: a URL of anything but a bucket or a folder of it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        url: str,
        credential: StorageCredential,
        after: Sequence[TerraformResource],
        read_only: bool = False,
        file_events: bool = False,
        comment: str = "",
        provider: TerraformProvider | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.element = Element(
            self,
            "Location",
            databricks.DatabricksExternalLocation(
                name=name,
                url=str(S3Url.parse(known(url, what="the url"))),
                credential_name=credential.credential_name,
                read_only=read_only,
                enable_file_events=file_events,
                file_event_queue=databricks.FileEventQueue(databricks.ManagedSqs()) if file_events else None,
                comment=comment or None,
            ),
            provider=provider,
            depends_on=after,
        )
