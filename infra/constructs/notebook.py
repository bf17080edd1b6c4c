"""A notebook instance with its lifecycle configuration: our scripts behind a header that says whose seat it is."""

from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Fn
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from classlab.contract import InstanceVariable, notebook_name
from classlab.errors import UserError
from classlab.settings import Classroom
from infra.policy import acknowledge

# AWS takes 16,384 characters of base64.
_SCRIPT_BYTES = 12_288
# What the header's values can grow to when CloudFormation puts in stack names, ARNs and buckets.
_HEADER_BYTES = 1_536


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """The two scripts, and the values their header exports (CDK tokens)."""

    folder: Path
    variables: dict[str, str]

    def content(self, script: str) -> str:
        """Base64 of header and script, as a token; refused where AWS would refuse it."""
        path = self.folder / script
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise UserError(f"{path}: the lifecycle script cannot be read ({error.strerror})") from error
        shebang, _, body = text.partition("\n")
        if len(text.encode()) + _HEADER_BYTES > _SCRIPT_BYTES:
            raise UserError(f"{path}: {len(text.encode())} bytes; AWS leaves {_SCRIPT_BYTES - _HEADER_BYTES}")
        exports = [f"export {name}='{value}'" for name, value in self.variables.items()]
        return Fn.base64("\n".join([shebang, *exports, body]))


class Notebook(Construct):
    """One attendee's notebook instance. ``stack`` may be a CDK token."""

    def __init__(
        self, scope: Construct, *, classroom: Classroom, stack: str, role_arn: str, lifecycle: Lifecycle
    ) -> None:
        super().__init__(scope, "Notebook")
        hook = sagemaker.CfnNotebookInstanceLifecycleConfig.NotebookInstanceLifecycleHookProperty
        configuration = sagemaker.CfnNotebookInstanceLifecycleConfig(
            self,
            "Lifecycle",
            notebook_instance_lifecycle_config_name=notebook_name(stack),
            on_create=[hook(content=lifecycle.content("on-create.sh"))],
            on_start=[hook(content=lifecycle.content("on-start.sh"))],
        )
        instance = sagemaker.CfnNotebookInstance(
            self,
            "Instance",
            notebook_instance_name=notebook_name(stack),
            instance_type=classroom.notebook_instance_type,
            role_arn=role_arn,
            lifecycle_config_name=configuration.attr_notebook_instance_lifecycle_config_name,
            platform_identifier="notebook-al2023-v1",
            volume_size_in_gb=classroom.volume_gib,
            direct_internet_access="Enabled",
            root_access="Disabled",
            instance_metadata_service_configuration=(
                sagemaker.CfnNotebookInstance.InstanceMetadataServiceConfigurationProperty(
                    minimum_instance_metadata_service_version="2"
                )
            ),
        )
        self.name = instance.attr_notebook_instance_name
        self.instance = instance
        _acknowledge(instance)


def seat_variables(
    *,
    classroom: Classroom,
    stack: str,
    attendee: str,
    region: str,
    bucket: str,
    class_bucket: str,
    asset_prefix: str,
    role_arn: str,
) -> dict[str, str]:
    """What the scripts on the instance need to know; all but the classroom's own values are CDK tokens."""
    return {
        InstanceVariable.STACK: stack,
        InstanceVariable.CLASSROOM: classroom.name,
        InstanceVariable.ATTENDEE: attendee,
        InstanceVariable.NOTEBOOK: notebook_name(stack),
        InstanceVariable.REGION: region,
        InstanceVariable.BUCKET: bucket,
        InstanceVariable.CLASS_BUCKET: class_bucket,
        InstanceVariable.ASSET_PREFIX: asset_prefix,
        InstanceVariable.ROLE_ARN: role_arn,
        InstanceVariable.IDLE_MINUTES: str(classroom.idle_stop_minutes),
    }


def _acknowledge(instance: sagemaker.CfnNotebookInstance) -> None:
    internet = "network: internet is the classroom's choice; vpc-only classes come with an environment of their own"
    acknowledge(instance, "AwsSolutions-SM1", internet)
    acknowledge(instance, "AwsSolutions-SM3", internet)
    acknowledge(
        instance,
        "AwsSolutions-SM2",
        "The volume is encrypted with AWS's own key; a key per seat costs more than the seat and takes a week to delete",
    )
