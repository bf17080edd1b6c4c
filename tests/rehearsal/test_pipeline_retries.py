"""The pipelines' retriers meet the name that a throttled SageMaker task has, and a task so retried succeeds."""

from __future__ import annotations

from typing import Any, cast

import pytest

from embedded_aws.clients import Clients
from embedded_aws.control import Control
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.states.step_functions import Task, TaskError, integration, perform
from infra.asl.language import THROTTLED, retry
from tests.embedded_aws.account import Account, allow, fresh
from tests.embedded_aws.bench import XGBOOST, archive, bench

CALL = "arn:aws:states:::sagemaker:createModel"


class Throttled:
    """Clients of an AWS that is asked too often."""

    def call(self, *_asked: object) -> object:
        """SageMaker's answer, as its API reference's page on common errors has it."""
        raise AwsError("ThrottlingException", "Rate exceeded", 400)


@pytest.mark.parametrize("call", [CALL, "arn:aws:states:::sagemaker:createTrainingJob.sync"])
def test_a_throttled_task_has_a_name_that_is_retried(call: str) -> None:
    """AWS documents no names of its own for SageMaker's integrations; that this one is retried is what counts."""
    found = integration(call)
    assert found is not None
    task = Task(credentials=lambda: cast("Any", None), wanted=lambda: True)
    with pytest.raises(TaskError) as failed:
        perform(cast("Clients", Throttled()), found, {"TrainingJobName": "x"}, task)
    assert failed.value.error in THROTTLED


def test_a_throttled_task_is_tried_again_and_succeeds(account: Account) -> None:
    """docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html, Retry."""
    at, model = bench(account), fresh("model")
    role = account.role(allow("sagemaker:CreateModel"), allow("iam:PassRole", resource=at.role))
    data = at.put("model.tar.gz", archive(code__infer_py=""))
    container = {"Image": XGBOOST, "ModelDataUrl": data, "Environment": {"SAGEMAKER_PROGRAM": "infer.py"}}
    state = {
        "Type": "Task",
        "Resource": CALL,
        "Parameters": {"ModelName": model, "ExecutionRoleArn": at.role, "PrimaryContainer": container},
        "Retry": [retry(THROTTLED, interval=1, attempts=5)],
        "End": True,
    }
    machine = account.machine({"Model": state}, role)
    with Control(account.engine).fault("throttle", operation="sagemaker:CreateModel", resource=model, count=2) as fault:
        ended = account.execute(machine)
        assert ended["status"] == "SUCCEEDED", ended["cause"]
        assert fault.strikes == 2
    assert account.client("sagemaker").describe_model(ModelName=model)["ModelName"] == model
