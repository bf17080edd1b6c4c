"""A notebook instance with its lifecycle configuration: our scripts behind a header that says whose seat it is."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Fn
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from classlab.contract import notebook_name
from classlab.errors import UserError
from infra.policy import acknowledge
from infra.seat import Seat

# AWS takes 16,384 characters of base64.
_SCRIPT_BYTES = 12_288
# What the header's values can grow to when CloudFormation puts in stack names, ARNs and buckets.
_HEADER_BYTES = 1_536


class Notebook(Construct):
    """One attendee's notebook instance. ``lifecycle`` is the folder of the two scripts."""

    def __init__(self, scope: Construct, *, seat: Seat, lifecycle: Path) -> None:
        super().__init__(scope, "Notebook")
        hook = sagemaker.CfnNotebookInstanceLifecycleConfig.NotebookInstanceLifecycleHookProperty
        configuration = sagemaker.CfnNotebookInstanceLifecycleConfig(
            self,
            "Lifecycle",
            notebook_instance_lifecycle_config_name=notebook_name(seat.stack),
            on_create=[hook(content=script(lifecycle / "on-create.sh", seat.variables))],
            on_start=[hook(content=script(lifecycle / "on-start.sh", seat.variables))],
        )
        metadata = sagemaker.CfnNotebookInstance.InstanceMetadataServiceConfigurationProperty(
            minimum_instance_metadata_service_version="2"
        )
        self.instance = sagemaker.CfnNotebookInstance(
            self,
            "Instance",
            notebook_instance_name=notebook_name(seat.stack),
            instance_type=seat.classroom.notebook_instance_type,
            role_arn=seat.role_arn,
            lifecycle_config_name=configuration.attr_notebook_instance_lifecycle_config_name,
            platform_identifier="notebook-al2023-v1",
            volume_size_in_gb=seat.classroom.volume_gib,
            direct_internet_access="Enabled",
            root_access="Disabled",
            instance_metadata_service_configuration=metadata,
        )
        _acknowledge(self.instance)


def script(path: Path, variables: Mapping[str, str]) -> str:
    """Base64, as a token, of a script behind a header of exports; refused where AWS would refuse it."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: the lifecycle script cannot be read ({error.strerror})") from error
    size = len(text.encode())
    if size + _HEADER_BYTES > _SCRIPT_BYTES:
        raise UserError(f"{path}: {size} bytes; AWS and the header leave {_SCRIPT_BYTES - _HEADER_BYTES}")
    shebang, _, body = text.partition("\n")
    exports = [f"export {name}='{value}'" for name, value in variables.items()]
    return Fn.base64("\n".join([shebang, *exports, body]))


def _acknowledge(instance: sagemaker.CfnNotebookInstance) -> None:
    internet = "network: internet is the classroom's choice; vpc-only classes come with an environment of their own"
    acknowledge(instance, "AwsSolutions-SM1", internet)
    acknowledge(instance, "AwsSolutions-SM3", internet)
    acknowledge(
        instance,
        "AwsSolutions-SM2",
        "The volume is encrypted with AWS's own key; a key per seat would cost more and take a week to delete",
    )
