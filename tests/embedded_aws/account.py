"""What the tests of a running engine do in its account: clients, roles, users, stacks and functions."""

from __future__ import annotations

import http.client
import io
import itertools
import json
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from embedded_aws.launcher import Engine

Template = dict[str, Any]
_CONFIG = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=120)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Key:
    """An access key, with a token if it is temporary."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None


@dataclass(frozen=True)
class Stack:
    """What became of a stack operation."""

    name: str
    status: str
    outputs: Mapping[str, str]
    reasons: Mapping[str, str]
    stack_id: str = ""


def fresh(prefix: str) -> str:
    """A name that no other test uses."""
    return f"{prefix}-{next(_numbers)}"


def allow(
    *actions: str, resource: str | list[str] = "*", when: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """A statement that allows, under the conditions `when`."""
    statement: dict[str, Any] = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {**statement, "Condition": when} if when else statement


def policy(*statements: Mapping[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(*services: str) -> dict[str, Any]:
    """A trust policy for services."""
    principal = {"Service": [f"{service}.amazonaws.com" for service in services]}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def zipped(source: str) -> bytes:
    """A function's code with one module, `index`."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.py", source)
    return content.getvalue()


def polls(seconds: float) -> Iterator[None]:
    """Yield every tenth of a second; AssertionError when the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(0.1)
    raise AssertionError(f"did not happen within {seconds} seconds")


def fetch(
    endpoint: str, path: str, *, method: str = "GET", headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """Status and body of a plain request; ConnectionError where nothing listens."""
    connection = http.client.HTTPConnection(endpoint.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, path, headers=dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def code_of(error: ClientError) -> str:
    """AWS's error code."""
    return str(error.response["Error"]["Code"])


@dataclass
class Account:
    """The account of a running engine; what it makes stays until the engine ends."""

    engine: Engine
    _clients: dict[tuple[str, Key], Any] = field(default_factory=dict)

    @property
    def root(self) -> Key:
        """The root key."""
        return Key(self.engine.access_key_id, self.engine.secret_access_key)

    def client(self, service: str, key: Key | None = None) -> Any:  # noqa: ANN401 # a client of any service
        """A client for a key, by default the root's; one attempt for each call."""
        key = key or self.root
        if (service, key) not in self._clients:
            self._clients[service, key] = boto3.client(
                service,  # type: ignore[call-overload] # any service's name
                endpoint_url=self.engine.endpoint,
                region_name=self.engine.region,
                aws_access_key_id=key.access_key_id,
                aws_secret_access_key=key.secret_access_key,
                aws_session_token=key.session_token,
                config=_CONFIG,
            )
        return self._clients[service, key]

    def user(self, *statements: Mapping[str, Any]) -> Key:
        """A new user's key, with these rights."""
        iam, name = self.client("iam"), fresh("user")
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="rights", PolicyDocument=policy(*statements))
        made = iam.create_access_key(UserName=name)["AccessKey"]
        return Key(made["AccessKeyId"], made["SecretAccessKey"])

    def role(self, *statements: Mapping[str, Any], trusts: Any = None, **more: Any) -> str:  # noqa: ANN401 # CreateRole's parameters
        """A new role's ARN; by default SageMaker, Lambda, Step Functions, Scheduler and CloudFormation may take it."""
        iam, name = self.client("iam"), fresh("role")
        services = ("sagemaker", "lambda", "states", "scheduler", "cloudformation")
        document = json.dumps(trusts or trust(*services))
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document, **more)["Role"]["Arn"]
        if statements:
            self.set_rights(arn, *statements)
        return str(arn)

    def set_rights(self, role_arn: str, *statements: Mapping[str, Any]) -> None:
        """Give a role these rights and no others."""
        name = role_arn.rsplit("/", 1)[-1]
        document = policy(*statements)
        self.client("iam").put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=document)

    def session(self, *statements: Mapping[str, Any], **role: Any) -> Key:  # noqa: ANN401 # CreateRole's parameters
        """A session, through a user, of a new role with these rights."""
        principal = {"AWS": f"arn:aws:iam::{self.engine.account}:root"}
        statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        arn = self.role(*statements, trusts={"Version": "2012-10-17", "Statement": [statement]}, **role)
        user = self.user(allow("sts:AssumeRole", resource=arn))
        held = self.client("sts", user).assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        return Key(held["AccessKeyId"], held["SecretAccessKey"], held["SessionToken"])

    def bucket(self) -> str:
        """A new bucket."""
        name = fresh("bucket")
        self.client("s3").create_bucket(Bucket=name)
        return name

    def function(self, source: str, role_arn: str, **more: Any) -> str:  # noqa: ANN401 # CreateFunction's parameters
        """A new Python function's ARN; its handler is `index.handler`."""
        code, name = {"ZipFile": zipped(source)}, fresh("function")
        given = {"Runtime": "python3.12", "Handler": "index.handler", "Timeout": 20, **more}
        made = self.client("lambda").create_function(FunctionName=name, Role=role_arn, Code=code, **given)
        return str(made["FunctionArn"])

    def deploy(self, template: Template, key: Key | None = None, **more: Any) -> Stack:  # noqa: ANN401 # CreateStack's parameters
        """Create a stack, or update it if `StackName` names one, and wait for its end."""
        stacks, name = self.client("cloudformation", key), more.pop("StackName", None)
        act = stacks.update_stack if name else stacks.create_stack
        name = name or fresh("stack")
        act(StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"], **more)
        return self.settled(name)

    def settled(self, name: str) -> Stack:
        """A stack that is no longer in progress."""
        stacks = self.client("cloudformation")
        for _ in polls(120):
            found = stacks.describe_stacks(StackName=name)["Stacks"][0]
            if not found["StackStatus"].endswith("IN_PROGRESS"):
                break
        outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
        return Stack(found["StackName"], found["StackStatus"], outputs, self.reasons(name), found["StackId"])

    def reasons(self, name: str) -> dict[str, str]:
        """The last reason of each resource of a stack that failed."""
        events = self.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
        return {
            event["LogicalResourceId"]: event["ResourceStatusReason"]
            for event in reversed(events)
            if event["ResourceStatus"].endswith("FAILED")
        }

    def destroy(self, stack: Stack, key: Key | None = None, **more: Any) -> Stack:  # noqa: ANN401 # DeleteStack's parameters
        """Delete a stack and wait for the end."""
        self.client("cloudformation", key).delete_stack(StackName=stack.name, **more)
        return self.settled(stack.stack_id)

    def execute(self, machine_arn: str, given: Any = None, seconds: float = 60) -> dict[str, Any]:  # noqa: ANN401 # any JSON value
        """Run a state machine to its end; the description of the execution."""
        machines = self.client("stepfunctions")
        started = machines.start_execution(stateMachineArn=machine_arn, input=json.dumps(given or {}))
        for _ in polls(seconds):
            found: dict[str, Any] = machines.describe_execution(executionArn=started["executionArn"])
            if found["status"] != "RUNNING":
                return found
        return {}

    def machine(self, states: Mapping[str, Any], role_arn: str, **more: Any) -> str:  # noqa: ANN401 # CreateStateMachine's parameters
        """A new state machine's ARN; it begins with the first state."""
        definition = json.dumps({"StartAt": next(iter(states)), "States": states, **more.pop("fields", {})})
        machines = self.client("stepfunctions")
        made = machines.create_state_machine(name=fresh("machine"), definition=definition, roleArn=role_arn, **more)
        return str(made["stateMachineArn"])
