"""SageMaker's condition keys: which calls have which, and what policies make of them on a running engine.

The calls of each key are those of the Service Authorization Reference, "Actions, resources, and condition keys for
Amazon SageMaker AI"; how sets and missing keys are compared is in the IAM User Guide, "Multivalued context keys" and
"IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.iam.authorization import Params, further_checks
from embedded_aws.iam.condition_keys import condition_keys
from embedded_aws.sagemaker import shapes
from tests.embedded_aws.account import Account, Key, allow, code_of, fresh
from tests.embedded_aws.sagemaker_stubs import processing, training, transform, tuning, variant

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
VPC = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1", "sg-2"]}
VPC_KEYS = {"vpcsubnets": ["subnet-1"], "vpcsecuritygroupids": ["sg-1", "sg-2"]}
CLUSTER = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5}
EFS = {
    "FileSystemId": "fs-1",
    "FileSystemType": "EFS",
    "FileSystemAccessMode": "ro",
    "DirectoryPath": "/class",
}


def keys(action: str, params: Params) -> dict[str, Any]:
    found = condition_keys(action, params, lambda name: f"arn:model/{name}")
    return {key.removeprefix("sagemaker:"): value for key, value in found.items()}


@pytest.mark.parametrize(
    ("action", "params", "expected"),
    [
        (
            "CreateTrainingJob",
            training(
                ResourceConfig={**CLUSTER, "KeepAlivePeriodInSeconds": 900, "VolumeKmsKeyId": "v"},
                OutputDataConfig={"S3OutputPath": "s3://b/o", "KmsKeyId": "o"},
                EnableNetworkIsolation=True,
                EnableInterContainerTrafficEncryption=False,
                VpcConfig=VPC,
                InputDataConfig=[{"ChannelName": "a", "DataSource": {"FileSystemDataSource": EFS}}],
            ),
            {
                "instancetypes": ["ml.m5.large"],
                "keepaliveperiod": 900,
                "maxruntimeinseconds": 60,
                "networkisolation": "true",
                "intercontainertrafficencryption": "false",
                "volumekmskey": "v",
                "outputkmskey": "o",
                "filesystemid": "fs-1",
                "filesystemtype": "EFS",
                "filesystemaccessmode": "ro",
                "filesystemdirectorypath": "/class",
                **VPC_KEYS,
            },
        ),
        (
            "CreateHyperParameterTuningJob",
            tuning(definition={"EnableNetworkIsolation": True, "VpcConfig": VPC}),
            {
                "instancetypes": ["ml.m5.large"],
                "maxruntimeinseconds": 60,
                "networkisolation": "true",
                **VPC_KEYS,
            },
        ),
        (
            "CreateProcessingJob",
            processing(
                StoppingCondition={"MaxRuntimeInSeconds": 30},
                ProcessingResources={"ClusterConfig": {**CLUSTER, "VolumeKmsKeyId": "v"}},
                ProcessingOutputConfig={"KmsKeyId": "o", "Outputs": []},
                NetworkConfig={
                    "EnableNetworkIsolation": True,
                    "EnableInterContainerTrafficEncryption": True,
                    "VpcConfig": VPC,
                },
            ),
            {
                "instancetypes": ["ml.m5.large"],
                "maxruntimeinseconds": 30,
                "networkisolation": "true",
                "intercontainertrafficencryption": "true",
                "volumekmskey": "v",
                "outputkmskey": "o",
                **VPC_KEYS,
            },
        ),
        (
            "CreateTransformJob",
            transform(
                model="Churn",
                TransformOutput={"S3OutputPath": "s3://b/o", "KmsKeyId": "o"},
                TransformResources={**CLUSTER, "VolumeKmsKeyId": "v"},
            ),
            {
                "instancetypes": ["ml.m5.large"],
                "modelarn": "arn:model/Churn",
                "volumekmskey": "v",
                "outputkmskey": "o",
            },
        ),
        (
            "CreateEndpointConfig",
            {
                "ProductionVariants": [variant("a"), variant("b", "other", InstanceType="ml.t2.medium")],
                "ShadowProductionVariants": [variant("c", InstanceType="ml.c5.large", AcceleratorType="ml.eia2.large")],
                "KmsKeyId": "v",
            },
            {
                "instancetypes": ["ml.m5.large", "ml.t2.medium", "ml.c5.large"],
                "acceleratortypes": ["ml.eia2.large"],
                "modelarn": ["arn:model/model", "arn:model/other", "arn:model/model"],
                "volumekmskey": "v",
            },
        ),
        (
            "CreateEndpointConfig",
            {
                "ProductionVariants": [
                    {"ModelName": "m", "ServerlessConfig": {"MaxConcurrency": 5, "MemorySizeInMB": 1024}}
                ]
            },
            {"modelarn": "arn:model/m", "serverlessmaxconcurrency": "5", "serverlessmemorysize": "1024"},
        ),
        ("CreateModel", {"EnableNetworkIsolation": True, "VpcConfig": VPC}, {"networkisolation": "true", **VPC_KEYS}),
        (
            "CreateNotebookInstance",
            {
                "InstanceType": "ml.t3.medium",
                "AcceleratorTypes": ["ml.eia2.large"],
                "DirectInternetAccess": "Disabled",
                "RootAccess": "Disabled",
                "SubnetId": "subnet-1",
                "SecurityGroupIds": ["sg-1", "sg-2"],
                "KmsKeyId": "v",
                "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "2"},
            },
            {
                "instancetypes": ["ml.t3.medium"],
                "acceleratortypes": ["ml.eia2.large"],
                "directinternetaccess": "Disabled",
                "rootaccess": "Disabled",
                "minimuminstancemetadataserviceversion": "2",
                "volumekmskey": "v",
                **VPC_KEYS,
            },
        ),
        (
            "UpdateNotebookInstance",
            {"InstanceType": "ml.t3.large", "RootAccess": "Enabled"},
            {"instancetypes": ["ml.t3.large"], "rootaccess": "Enabled"},
        ),
        ("UpdateTrainingJob", {"ResourceConfig": {"KeepAlivePeriodInSeconds": 0}}, {"keepaliveperiod": 0}),
        ("InvokeEndpoint", {"EndpointName": "e", "TargetModel": "a.tar.gz"}, {"targetmodel": "a.tar.gz"}),
        ("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"}, {}),
        ("StopTrainingJob", {"TrainingJobName": "e", "StoppingCondition": {"MaxRuntimeInSeconds": 1}}, {}),
        ("CreateModel", {"EnableNetworkIsolation": "?", "VpcConfig": 7}, {"networkisolation": "?"}),
    ],
)
def test_keys_of_a_request(action: str, params: dict[str, Any], expected: dict[str, Any]) -> None:
    assert keys(action, params) == expected


ODD: list[object] = [None, "x", 7, True, [], ["x"], [7], [[]], {}, {"a": 1}, [{"Key": 7}]]


@pytest.mark.parametrize("action", ["CreateTrainingJob", "CreateEndpointConfig", "CreateNotebookInstance"])
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_no_request_is_so_odd_that_iam_cannot_be_asked(action: str, odd: object) -> None:
    """IAM comes before validation: what is wrong with a request is told by the call itself."""
    shape = shapes.input_shape(action)
    assert shape is not None
    params = dict.fromkeys([*shape.members, "TrainingJobDefinition"], odd)
    keys(action, params)
    assert isinstance(further_checks(action, params, "arn:aws:sagemaker:us-east-1:123456789012"), list)


# --- on a running engine -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def role(account: Account) -> str:
    return account.role(allow("s3:*"), allow("logs:*"))


def refused(call: Any, **params: Any) -> str:  # noqa: ANN401 # any call of a client
    with pytest.raises(ClientError) as caught:
        call(**params)
    assert code_of(caught.value) == "AccessDeniedException"
    return str(caught.value)


def user(account: Account, role: str, action: str, when: dict[str, Any]) -> Any:  # noqa: ANN401 # a boto3 client
    """A client that may call an action under a condition, and everything that it needs besides."""
    key: Key = account.user(allow(f"sagemaker:{action}", when=when), allow("iam:PassRole", resource=role))
    return account.client("sagemaker", key)


def hosted(account: Account, role: str, **tags: str) -> tuple[str, str]:
    """A model and a configuration that is tagged."""
    name, sagemaker = fresh("hosted"), account.client("sagemaker")
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer={"Image": IMAGE})
    given = [{"Key": key, "Value": value} for key, value in tags.items()]
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant(model=name)], Tags=given)
    return name, name


def test_all_variants_must_have_an_allowed_type(account: Account, role: str) -> None:
    """ForAllValues: every value of the request matches one of the policy's."""
    model, _ = hosted(account, role)
    when = {"ForAllValues:StringEquals": {"sagemaker:InstanceTypes": ["ml.m5.large", "ml.t2.medium"]}}
    create = user(account, role, "CreateEndpointConfig", when).create_endpoint_config
    good = [variant("a", model), variant("b", model, InstanceType="ml.t2.medium")]
    create(EndpointConfigName=fresh("config"), ProductionVariants=good)
    bad = [*good, variant("c", model, InstanceType="ml.m5.xlarge")]
    assert "CreateEndpointConfig" in refused(create, EndpointConfigName=fresh("config"), ProductionVariants=bad)


def test_one_variant_of_a_type_may_be_enough_to_deny(account: Account, role: str) -> None:
    """ForAnyValue: at least one value of the request matches; a Deny with it catches the one among many."""
    model, _ = hosted(account, role)
    deny = {**allow("sagemaker:CreateEndpointConfig"), "Effect": "Deny"}
    deny["Condition"] = {"ForAnyValue:StringLike": {"sagemaker:InstanceTypes": ["ml.g*", "ml.p*"]}}
    create = account.client("sagemaker", account.user(allow("*"), deny)).create_endpoint_config
    bad = [variant("a", model), variant("b", model, InstanceType="ml.g4dn.xlarge")]
    assert "explicit deny" in refused(create, EndpointConfigName=fresh("config"), ProductionVariants=bad)
    create(EndpointConfigName=fresh("config"), ProductionVariants=bad[:1])


def test_endpoints_may_only_take_certain_models(account: Account, role: str) -> None:
    model, other = hosted(account, role)[0], hosted(account, role)[0]
    arn = f"arn:aws:sagemaker:us-east-1:{account.engine.account}:model/{model}"
    when = {"ArnEquals": {"sagemaker:ModelArn": arn}}
    create = user(account, role, "CreateEndpointConfig", when).create_endpoint_config
    refused(create, EndpointConfigName=fresh("config"), ProductionVariants=[variant(model=other)])
    create(EndpointConfigName=fresh("config"), ProductionVariants=[variant(model=model)])


@pytest.mark.parametrize(
    ("operator", "value", "allowed"),
    [
        ("NumericLessThanEquals", "60", [60]),
        ("NumericLessThanEqualsIfExists", "60", [60, None]),
        ("Null", "true", [None]),
    ],
)
def test_a_processing_jobs_longest_time_can_be_limited(
    account: Account, role: str, operator: str, value: str, allowed: list[int | None]
) -> None:
    """An operator without IfExists fails where the request lacks the key; Null asks just that."""
    when = {operator: {"sagemaker:MaxRuntimeInSeconds": value}}
    create = user(account, role, "CreateProcessingJob", when).create_processing_job
    for seconds in (None, 60, 61):
        asked = processing(fresh("job"), RoleArn=role)
        asked["AppSpecification"] = {"ImageUri": IMAGE, "ContainerEntrypoint": ["true"]}
        if seconds:
            asked["StoppingCondition"] = {"MaxRuntimeInSeconds": seconds}
        if seconds in allowed:
            create(**asked)
        else:
            refused(create, **asked)


def test_tag_keys_are_compared_as_a_set(account: Account, role: str) -> None:
    """IAM User Guide, "Controlling access during AWS requests": aws:TagKeys with ForAllValues."""
    key = account.user(
        allow("sagemaker:CreateModel"),
        allow(
            "sagemaker:AddTags", "sagemaker:DeleteTags", when={"ForAllValues:StringEquals": {"aws:TagKeys": ["lab"]}}
        ),
        allow("iam:PassRole", resource=role),
    )
    sagemaker, name = account.client("sagemaker", key), fresh("model")
    asked = {"ModelName": name, "ExecutionRoleArn": role, "PrimaryContainer": {"Image": IMAGE}}
    lab, cost = {"Key": "lab", "Value": "x"}, {"Key": "cost", "Value": "x"}
    assert "sagemaker:AddTags" in refused(sagemaker.create_model, **asked, Tags=[lab, cost])
    arn = sagemaker.create_model(**asked, Tags=[lab])["ModelArn"]
    refused(sagemaker.add_tags, ResourceArn=arn, Tags=[cost])
    refused(sagemaker.delete_tags, ResourceArn=arn, TagKeys=["cost"])
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["lab"])


def test_an_endpoint_takes_its_configuration_by_that_ones_tag(account: Account, role: str) -> None:
    """CreateEndpoint has two resources, endpoint and endpoint-config, each with its own aws:ResourceTag."""
    prefix = f"arn:aws:sagemaker:us-east-1:{account.engine.account}"
    ours = {"StringEquals": {"aws:ResourceTag/class": "one"}}
    key = account.user(
        allow("sagemaker:CreateEndpoint", resource=f"{prefix}:endpoint/*"),
        allow("sagemaker:CreateEndpoint", resource=f"{prefix}:endpoint-config/*", when=ours),
    )
    create = account.client("sagemaker", key).create_endpoint
    _, foreign = hosted(account, role, **{"class": "two"})
    _, mine = hosted(account, role, **{"class": "one"})
    assert f"endpoint-config/{foreign}" in refused(create, EndpointName=fresh("e"), EndpointConfigName=foreign)
    create(EndpointName=fresh("e"), EndpointConfigName=mine)


@pytest.mark.parametrize("key", ["aws:ResourceTag/class", "sagemaker:ResourceTag/class"])
def test_an_endpoint_is_invoked_by_its_tag(account: Account, role: str, key: str) -> None:
    """InvokeEndpoint's resource is the endpoint; whoever is let through hears that it is not in service."""
    _, config = hosted(account, role)
    sagemaker, names = account.client("sagemaker"), {}
    for value in ("one", "two"):
        names[value] = fresh("endpoint")
        tags = [{"Key": "class", "Value": value}]
        sagemaker.create_endpoint(EndpointName=names[value], EndpointConfigName=config, Tags=tags)
    caller = account.user(allow("sagemaker:InvokeEndpoint", when={"StringEquals": {key: "one"}}))
    runtime = account.client("sagemaker-runtime", caller)
    assert "sagemaker:InvokeEndpoint" in refused(runtime.invoke_endpoint, EndpointName=names["two"], Body=b"1")
    with pytest.raises(ClientError) as caught:
        runtime.invoke_endpoint(EndpointName=names["one"], Body=b"1")
    assert code_of(caught.value) == "ValidationError"


def test_a_model_of_many_is_asked_for_by_its_name(account: Account, role: str) -> None:
    """sagemaker:TargetModel, in the header of InvokeEndpoint."""
    _, config = hosted(account, role)
    name = fresh("endpoint")
    account.client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=config)
    when = {"StringLike": {"sagemaker:TargetModel": "class-one/*"}}
    runtime = account.client("sagemaker-runtime", account.user(allow("sagemaker:InvokeEndpoint", when=when)))
    asked = {"EndpointName": name, "Body": b"1"}
    refused(runtime.invoke_endpoint, **asked, TargetModel="class-two/a.tar.gz")
    refused(runtime.invoke_endpoint, **asked)
    with pytest.raises(ClientError) as caught:
        runtime.invoke_endpoint(**asked, TargetModel="class-one/a.tar.gz")
    assert code_of(caught.value) == "ValidationError"
