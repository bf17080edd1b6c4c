"""Stacks: notebook instances, how templates are read, and whom a stack acts for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, Template, allow, code_of, fresh, trust
from tests.embedded_aws.stack_templates import BUCKET, SAGEMAKER_ROLE, get, resource, template

SCRIPT = {"Content": {"Fn::Base64": "#!/bin/bash\nexit 0\n"}}
FAILING = {"Content": {"Fn::Base64": "#!/bin/bash\nexit 3\n"}}


def notebook(script: dict[str, Any] = SCRIPT, **more: Any) -> Template:  # noqa: ANN401 # template properties
    config = resource("SageMaker::NotebookInstanceLifecycleConfig", OnStart=[script])
    name = get("Config", "NotebookInstanceLifecycleConfigName")
    given = {"InstanceType": "ml.t3.medium", "RoleArn": get("Role"), "LifecycleConfigName": name, **more}
    instance = resource("SageMaker::NotebookInstance", **given)
    outputs = {"Arn": {"Ref": "Notebook"}, "Name": get("Notebook", "NotebookInstanceName")}
    return template(outputs, Role=SAGEMAKER_ROLE, Config=config, Notebook=instance)


def test_notebook_comes_into_service_with_the_stacks_tags_and_goes_with_it(account: Account) -> None:
    asked: dict[str, Any] = {
        "RootAccess": "Disabled",
        "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "2"},
    }
    stack = account.deploy(notebook(VolumeSizeInGB="7", **asked), Tags=[{"Key": "class", "Value": "one"}])
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    sagemaker = account.client("sagemaker")
    found = sagemaker.describe_notebook_instance(NotebookInstanceName=stack.outputs["Name"])
    assert (found["NotebookInstanceStatus"], found["VolumeSizeInGB"]) == ("InService", 7)
    assert {member: found[member] for member in asked} == asked
    tags = {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=stack.outputs["Arn"])["Tags"]}
    assert tags["class"] == "one"
    assert tags["aws:cloudformation:stack-name"] == stack.name
    assert account.destroy(stack).status == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match="RecordNotFound"):
        sagemaker.describe_notebook_instance(NotebookInstanceName=stack.outputs["Name"])


def test_failing_lifecycle_script_rolls_the_stack_back_with_awss_reason(account: Account) -> None:
    stack = account.deploy(notebook(FAILING))
    assert stack.status == "ROLLBACK_COMPLETE"
    assert "Lifecycle Config" in stack.reasons["Notebook"]
    instances = account.client("sagemaker").list_notebook_instances(NameContains=stack.name)
    assert instances["NotebookInstances"] == []


def test_notebook_update_stops_changes_and_starts(account: Account) -> None:
    stack = account.deploy(notebook())
    updated = account.deploy(notebook(InstanceType="ml.t3.large"), StackName=stack.name)
    assert updated.status == "UPDATE_COMPLETE", updated.reasons
    assert updated.outputs == stack.outputs
    found = account.client("sagemaker").describe_notebook_instance(NotebookInstanceName=stack.outputs["Name"])
    assert (found["NotebookInstanceStatus"], found["InstanceType"]) == ("InService", "ml.t3.large")
    asked = notebook(InstanceType="ml.t3.large", DefaultCodeRepository="https://example.com/a")
    refused = account.deploy(asked, StackName=stack.name)
    assert refused.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "DefaultCodeRepository is not implemented" in refused.reasons["Notebook"]
    account.destroy(stack)


def test_unknown_property_and_unknown_type_are_refused(account: Account) -> None:
    stack = account.deploy(notebook(Colour="blue"), DisableValidation=True)
    assert "extraneous key [Colour]" in stack.reasons["Notebook"]
    with pytest.raises(ClientError, match="AWS::SageMaker::Domain"):
        account.deploy(template(Domain=resource("SageMaker::Domain", DomainName="x")))


def test_update_that_changes_nothing_is_refused(account: Account) -> None:
    wanted = template(Config=resource("SageMaker::NotebookInstanceLifecycleConfig"))
    stack = account.deploy(wanted)
    with pytest.raises(ClientError, match="No updates are to be performed"):
        account.deploy(wanted, StackName=stack.name)


def test_get_template_original_is_what_was_given(account: Account) -> None:
    given = json.dumps(template(Queue=resource("SQS::Queue")), indent=3)
    stacks, name = account.client("cloudformation"), fresh("stack")
    stacks.create_stack(StackName=name, TemplateBody=given)
    account.settled(name)
    held = stacks.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    assert held == json.loads(given)


def test_conditions_join_and_compare_pseudo_parameters(account: Account) -> None:
    wanted = template(Queue=resource("SQS::Queue"), Other=resource("SQS::Queue"))
    wanted["Parameters"] = {"Names": {"Type": "CommaDelimitedList", "Default": ""}}
    joined = {"Fn::Equals": ["", {"Fn::Join": ["", {"Ref": "Names"}]}]}
    wanted["Conditions"] = {
        "Named": {"Fn::Not": [joined]},
        "Here": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]},
    }
    wanted["Resources"]["Queue"]["Condition"] = "Named"
    wanted["Resources"]["Other"]["Condition"] = "Here"
    stack = account.deploy(wanted)
    held = account.client("cloudformation").list_stack_resources(StackName=stack.name)
    assert [item["LogicalResourceId"] for item in held["StackResourceSummaries"]] == ["Other"]


def test_stack_made_again_has_other_names_inside(account: Account) -> None:
    name, seen = fresh("stack"), set()
    for _ in range(2):
        account.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(BUCKET))
        stack = account.settled(name)
        seen.add(stack.outputs["Name"])
        account.destroy(stack)
    assert len(seen) == 2


def test_ssm_parameter_types_resolve(account: Account) -> None:
    name = fresh("/class/value")
    account.client("ssm").put_parameter(Name=name, Value="seoul", Type="String")
    wanted = template({"Value": {"Ref": "Given"}}, Queue=resource("SQS::Queue"))
    wanted["Parameters"] = {"Given": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": name}}
    assert account.deploy(wanted).outputs == {"Value": "seoul"}


# --- whom a stack acts for ---------------------------------------------------------------------------------


def test_stack_acts_as_its_caller(account: Account) -> None:
    poor = account.user(allow("cloudformation:*"))
    stack = account.deploy(BUCKET, poor)
    assert stack.status == "ROLLBACK_COMPLETE"
    assert "s3:CreateBucket" in stack.reasons["Bucket"]


def test_stack_acts_as_the_role_it_was_given_and_remembers_it(account: Account) -> None:
    role = account.role(allow("s3:*"))
    user = account.user(allow("cloudformation:*"), allow("iam:PassRole", resource=role))
    stack = account.deploy(BUCKET, user, RoleARN=role)
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    shown = account.client("cloudformation").describe_stacks(StackName=stack.name)["Stacks"][0]
    assert shown["RoleARN"] == role
    account.set_rights(role, allow("s3:CreateBucket"))
    assert "s3:DeleteBucket" in account.destroy(stack, user).reasons["Bucket"]
    account.set_rights(role, allow("s3:*"))
    assert account.destroy(stack, user).status == "DELETE_COMPLETE"


def test_role_of_a_stack_must_be_passed_and_trust_cloudformation(account: Account) -> None:
    role = account.role(allow("s3:*"))
    with pytest.raises(ClientError, match="iam:PassRole"):
        account.deploy(BUCKET, account.user(allow("cloudformation:*")), RoleARN=role)
    stranger = account.role(trusts=trust("ec2"))
    with pytest.raises(ClientError, match="invalid or cannot be assumed"):
        account.deploy(BUCKET, RoleARN=stranger)


def test_role_that_denies_cloudformation_or_is_another_is_refused(account: Account) -> None:
    """IAM User Guide, "Policy evaluation logic": an explicit deny wins, in trust policies too. ARNs name one role."""
    both = trust("cloudformation")
    both["Statement"].append({**both["Statement"][0], "Effect": "Deny"})
    other = account.role(allow("s3:*")).replace(":role/", ":role/elsewhere/")
    for role in (account.role(allow("s3:*"), trusts=both), other):
        with pytest.raises(ClientError, match="invalid or cannot be assumed"):
            account.deploy(BUCKET, RoleARN=role)


def test_stack_whose_role_is_gone_refuses_to_go_until_it_is_given_another(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html: operations use the role that was given last.

    The text is the one that users report of DeleteStack, as in aws/aws-cdk issue 10116.
    """
    role, other = account.role(allow("s3:*")), account.role(allow("s3:*"))
    stack = account.deploy(BUCKET, RoleARN=role)
    name = role.rsplit("/", 1)[-1]
    account.client("iam").delete_role_policy(RoleName=name, PolicyName="rights")
    account.client("iam").delete_role(RoleName=name)
    assert account.settled(stack.name).status == "CREATE_COMPLETE"  # whoever only looks needs no role
    with pytest.raises(ClientError, match=f"Role {role} is invalid or cannot be assumed") as refused:
        account.destroy(stack)
    assert code_of(refused.value) == "ValidationError"
    assert account.destroy(stack, RoleARN=other).status == "DELETE_COMPLETE"


def test_function_of_a_stack_needs_pass_role(account: Account) -> None:
    role = account.role()
    code = {"ZipFile": "def handler(event, context): return 1"}
    function = resource("Lambda::Function", Role=role, Runtime="python3.12", Handler="index.handler", Code=code)
    user = account.user(allow("cloudformation:*", "lambda:*"))
    assert "iam:PassRole" in account.deploy(template(F=function), user).reasons["F"]


def test_template_and_parameters_are_read_with_rights(account: Account) -> None:
    name, bucket = fresh("/class/value"), account.bucket()
    account.client("ssm").put_parameter(Name=name, Value="v", Type="String")
    wanted = template({"Value": {"Ref": "Given"}}, Config=resource("SageMaker::NotebookInstanceLifecycleConfig"))
    wanted["Parameters"] = {"Given": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": name}}
    account.client("s3").put_object(Bucket=bucket, Key="t.json", Body=json.dumps(wanted))
    url = f"https://s3.us-east-1.amazonaws.com/{bucket}/t.json"
    rights = [allow("cloudformation:*"), allow("s3:GetObject"), allow("ssm:GetParameters"), allow("sagemaker:*")]
    for missing, action in ((1, "s3:GetObject"), (2, "ssm:GetParameters")):
        poor = account.user(*rights[:missing], *rights[missing + 1 :])
        with pytest.raises(ClientError, match=action):
            account.client("cloudformation", poor).create_stack(StackName=fresh("stack"), TemplateURL=url)
    rich = fresh("stack")
    account.client("cloudformation", account.user(*rights)).create_stack(StackName=rich, TemplateURL=url)
    assert account.settled(rich).outputs == {"Value": "v"}
