"""Resolves a template's intrinsic functions as CloudFormation would, for made-up physical names."""

import base64
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ACCOUNT = "123456789012"
REGION = "us-east-1"
CLASS_BUCKET = "sample-sharedbucket-1a2b3c4d5e6f"
PARAMETERS = {
    "/classlab/sample/class-bucket": CLASS_BUCKET,
    "/classlab/sample/asset-prefix": "assets/0123456789abcdef/",
    "/classlab/sample/pipeline-function-arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:sample-gate",
    "/classlab/sample/pipeline-function-role-arn": f"arn:aws:iam::{ACCOUNT}:role/classlab-services/sample/gate",
    "/cdk-bootstrap/hnb659fds/version": "30",
}


@dataclass(frozen=True)
class Resolver:
    """One stack's view: its name, its template, and what it imports."""

    stack: str
    template: Mapping[str, Any]
    exports: Mapping[str, str] = field(default_factory=dict)

    def resolve(self, node: Any) -> Any:  # noqa: ANN401 # any JSON
        """The node without intrinsic functions."""
        if isinstance(node, list):
            return [self.resolve(item) for item in node]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            name, argument = next(iter(node.items()))
            if name == "Ref" or name.startswith("Fn::"):
                return self._call(name, argument)
        return {key: self.resolve(value) for key, value in node.items()}

    def resource(self, logical_id: str) -> Any:  # noqa: ANN401 # any JSON
        """The resolved properties of a resource."""
        return self.resolve(self.template["Resources"][logical_id].get("Properties", {}))

    def physical(self, logical_id: str) -> str:
        """A name as CloudFormation would make it, or as the template states it."""
        properties = self.template["Resources"][logical_id].get("Properties", {})
        stated = [value for key, value in properties.items() if key in _NAMES]
        if stated:
            return str(self.resolve(stated[0]))
        name = f"{self.stack}-{logical_id}-1a2b3c4d5e6f"
        return name.lower() if self.template["Resources"][logical_id]["Type"] == "AWS::S3::Bucket" else name

    def _call(self, name: str, argument: Any) -> Any:  # noqa: ANN401 # any JSON
        match name, self.resolve(argument) if name != "Fn::Sub" else argument:
            case "Ref", str(target):
                return self._ref(target)
            case "Fn::Join", [separator, parts]:
                return str(separator).join(str(part) for part in parts)
            case "Fn::Split", [separator, text]:
                return str(text).split(str(separator))
            case "Fn::Select", [index, items]:
                return items[int(index)]
            case "Fn::Base64", text:
                return base64.b64encode(str(text).encode()).decode()
            case "Fn::ImportValue", export:
                return self.exports[export]
            case "Fn::GetAtt", [logical_id, attribute]:
                return self._attribute(logical_id, attribute)
            case "Fn::Sub", str(text):
                return re.sub(r"\$\{([^}]+)\}", lambda found: str(self._ref(found[1])), text)
        raise AssertionError(f"{name} of {argument}")

    def _ref(self, target: str) -> str:
        pseudo = {
            "AWS::StackName": self.stack,
            "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{self.stack}/{stack_uuid(self.stack)}",
            "AWS::Region": REGION,
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
        }
        if target in pseudo:
            return pseudo[target]
        if target in self.template.get("Parameters", {}):
            return PARAMETERS[self.template["Parameters"][target]["Default"]]
        return self.physical(target)

    def _attribute(self, logical_id: str, attribute: str) -> str:
        if not attribute.endswith("Arn"):
            return self.physical(logical_id)
        name, kind = self.physical(logical_id), self.template["Resources"][logical_id]["Type"]
        path = self.resource(logical_id).get("Path", "/")
        arns = {
            "AWS::S3::Bucket": f"arn:aws:s3:::{name}",
            "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role{path}{name}",
            "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
            "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*",
            "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}",
            "AWS::StepFunctions::StateMachine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}",
        }
        return arns[kind]


def stack_uuid(stack: str) -> str:
    """What CloudFormation puts at the end of a stack's id: another for every stack."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, stack))


_NAMES = {"LogGroupName", "StateMachineName", "NotebookInstanceName", "NotebookInstanceLifecycleConfigName"}


def logical_ids(template: Mapping[str, Any], kind: str, beginning: str = "") -> list[str]:
    """The resources of a type whose logical id begins so."""
    return [
        logical_id
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == kind and logical_id.startswith(beginning)
    ]


def only(template: Mapping[str, Any], kind: str, beginning: str = "") -> str:
    """The one resource of a type whose logical id begins so."""
    (found,) = logical_ids(template, kind, beginning)
    return found
