"""The roles of a template as principals whose rights can be asked about."""

from typing import Any

from tests.synth.access import Principal
from tests.synth.resolving import ACCOUNT, REGION, Resolver, logical_ids, only

Template = dict[str, Any]
BOUNDARY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/classlab-services/sample/boundary"
EXPORTS = {"sample-attendee-boundary": BOUNDARY_ARN}


def inline_documents(resolver: Resolver, logical_id: str) -> list[dict[str, Any]]:
    """Every policy document of a role, in it or attached to it by the same template."""
    attached = [
        resolver.resource(policy)
        for policy in logical_ids(dict(resolver.template), "AWS::IAM::Policy")
        if {"Ref": logical_id} in resolver.template["Resources"][policy]["Properties"]["Roles"]
    ]
    inline = resolver.resource(logical_id).get("Policies", [])
    return [policy["PolicyDocument"] for policy in [*inline, *attached]]


def principal(resolver: Resolver, logical_id: str, boundary: dict[str, Any] | None = None) -> Principal:
    """A role of the resolver's template."""
    documents = inline_documents(resolver, logical_id)
    statements = tuple(statement for document in documents for statement in document["Statement"])
    return Principal(statements, tuple(boundary["Statement"]) if boundary else None)


def boundary_document(class_template: Template) -> dict[str, Any]:
    """The class's boundary, resolved."""
    resolver = Resolver("sample", class_template)
    document: dict[str, Any] = resolver.resource(only(class_template, "AWS::IAM::ManagedPolicy"))["PolicyDocument"]
    return document


class SeatRoles:
    """Execution and pipeline role of one attendee, under the class's boundary."""

    def __init__(self, attendee: str, attendee_template: Template, class_template: Template) -> None:
        self.stack = f"sample--{attendee}"
        self.resolver = Resolver(self.stack, attendee_template, EXPORTS)
        boundary = boundary_document(class_template)
        self.execution = principal(self.resolver, only(attendee_template, "AWS::IAM::Role", "ExecutionRole"), boundary)
        self.pipeline = principal(self.resolver, only(attendee_template, "AWS::IAM::Role", "PipelineRole"), boundary)
        self.bucket = self.resolver.physical("SeatBucket")
        self.role_arn = self.resolver.resolve(
            {"Fn::GetAtt": [only(attendee_template, "AWS::IAM::Role", "Exec"), "Arn"]}
        )


def sagemaker_arn(kind: str, name: str) -> str:
    """ARN of a SageMaker resource of the account."""
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name.lower()}"


def creating(**further: str) -> dict[str, list[str]]:
    """The condition keys of a proper request to create a job; None-like values are left out by not passing them."""
    keys = {
        "aws:requesttag/classlab:classroom": ["sample"],
        "sagemaker:instancetypes": ["ml.m5.large"],
        "sagemaker:maxruntimeinseconds": ["900"],
    }
    return keys | {key.replace("__", ":").lower(): [value] for key, value in further.items()}
