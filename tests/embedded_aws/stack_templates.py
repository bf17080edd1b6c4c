"""Pieces of templates that the tests of stacks put together."""

from __future__ import annotations

from typing import Any

from tests.embedded_aws.account import Account, Template, trust

CODE = "def handler(event, context):\n    return 1\n"
SAGEMAKER_ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": trust("sagemaker")},
}


def resource(kind: str, **properties: Any) -> dict[str, Any]:  # noqa: ANN401 # template properties
    """A resource of `AWS::` this kind."""
    return {"Type": f"AWS::{kind}", "Properties": properties}


def get(name: str, attribute: str = "Arn") -> dict[str, list[str]]:
    """Fn::GetAtt."""
    return {"Fn::GetAtt": [name, attribute]}


def template(outputs: dict[str, Any] | None = None, **resources: Any) -> Template:  # noqa: ANN401 # template parts
    """A template of these resources, with these outputs."""
    shown = {name: {"Value": value} for name, value in (outputs or {}).items()}
    return {"Resources": resources, **({"Outputs": shown} if shown else {})}


BUCKET = template({"Name": {"Ref": "Bucket"}}, Bucket=resource("S3::Bucket"))


def refused(account: Account, thing: dict[str, Any]) -> str:
    """Why a stack with one resource failed."""
    stack = account.deploy(template(Thing=thing))
    assert stack.status == "ROLLBACK_COMPLETE"
    return stack.reasons["Thing"]


def only(**resources: Any) -> Template:  # noqa: ANN401 # template parts
    """A template that outputs the Ref of each of its resources."""
    return template({name: {"Ref": name} for name in resources}, **resources)


def function(role: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 # template properties
    """A Python function."""
    given = {"Role": role, "Runtime": "python3.12", "Handler": "index.handler", "Code": {"ZipFile": CODE}}
    return resource("Lambda::Function", **{**given, **more})
