"""The local control endpoint and its client: clock, quotas, capacity, and what is given wrongly."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from embedded_aws import launcher
from embedded_aws.clock import Clock
from embedded_aws.control import Control, ControlError
from embedded_aws.control_routes import ControlRoutes
from embedded_aws.faults.rules import Faults
from tests.embedded_aws.account import Account, allow, fetch, fresh
from tests.embedded_aws.bench import Bench, bench
from tests.embedded_aws.waiting import eventually

ROOT = Path(__file__).parent.parent.parent


@dataclass
class Limits:
    """Stands in for the plane's quotas and its capacity."""

    given: list[tuple[str, int | None]] = field(default_factory=list)

    def set(self, name: str, limit: int | None) -> None:
        """Notes it, or refuses."""
        if name == "unknown":
            raise ValueError("unknown is no quota")
        self.given.append((name, limit))

    def withhold(self, instance_type: str, count: int) -> None:
        """Notes it."""
        self.given.append((instance_type, count))


@dataclass
class Site:
    """Routes over stand-ins."""

    clock: Clock = field(default_factory=Clock)
    faults: Faults = field(default_factory=Faults)
    limits: Limits = field(default_factory=Limits)

    def ask(self, method: str, path: str, content: object = None) -> tuple[int, dict[str, object]]:
        """Status and content."""
        routes = ControlRoutes(self.clock, self.faults, self.limits, self.limits)
        return routes.answer(method, f"/_embedded/{path}", json.dumps(content).encode() if content is not None else b"")


def test_routes_reach_what_they_control() -> None:
    at = Site()
    assert at.ask("POST", "clock", {"speed": 50}) == (200, {"speed": 50})
    assert at.clock.speed == 50
    assert at.ask("GET", "clock") == (200, {"speed": 50})
    assert at.ask("POST", "quotas", {"name": "a quota", "limit": None}) == (200, {})
    assert at.ask("POST", "capacity", {"instance_type": "ml.m5.large", "count": 2}) == (200, {})
    assert at.limits.given == [("a quota", None), ("ml.m5.large", 2)]
    made = [at.ask("POST", "faults", {"kind": "error"})[1]["id"] for _ in range(3)]
    assert at.ask("DELETE", f"faults/{made[1]}") == (200, {"cleared": 1})
    assert [item["id"] for item in at.faults.listed()] == [made[0], made[2]]
    assert at.ask("DELETE", "faults") == (200, {"cleared": 2})


@pytest.mark.parametrize(
    ("method", "path", "content", "said"),
    [
        ("POST", "clock", {"speed": 0}, "more than 0"),
        ("POST", "clock", {"speed": "fast"}, "speed cannot be 'fast'"),
        ("POST", "clock", {"speed": True}, "speed cannot be True"),
        ("POST", "clock", {}, "the body has speed and nothing else"),
        ("POST", "clock", {"speed": 1, "date": "now"}, "the body has speed and nothing else"),
        ("POST", "clock", [1], "no JSON object"),
        ("POST", "faults", {"kind": "explode"}, "explode is no fault"),
        ("POST", "faults", {"kind": "error", "color": "red"}, "color"),
        ("POST", "faults", {}, "kind"),
        ("POST", "quotas", {"name": "unknown", "limit": 1}, "unknown is no quota"),
        ("POST", "capacity", {"instance_type": "ml.m5.large", "count": 1.5}, "count cannot be 1.5"),
    ],
)
def test_what_is_given_wrongly_is_refused(method: str, path: str, content: object, said: str) -> None:
    status, answered = Site().ask(method, path, content)
    assert (status, said in str(answered["message"])) == (400, True)


@pytest.mark.parametrize(("method", "path"), [("PUT", "clock"), ("GET", "clock/x"), ("GET", "reset"), ("POST", "")])
def test_there_are_no_other_routes(method: str, path: str) -> None:
    assert Site().ask(method, path)[0] == 404


def test_only_roots_secret_controls(account: Account) -> None:
    for name in ("clock", "faults", "quotas", "capacity", "anything"):
        assert fetch(account.engine.endpoint, f"/_embedded/{name}")[0] == 403
    assert fetch(account.engine.endpoint, "/_embedded/health")[0] == 200


def test_a_speed_is_set_while_the_engine_runs(account: Account, control: Control) -> None:
    """A notebook instance is in Pending as long as on AWS, divided by the speed, and the change reaches who waits."""
    at, name = bench(account), fresh("desk")
    control.speed(1)
    at.sagemaker.create_notebook_instance(NotebookInstanceName=name, InstanceType="ml.t3.medium", RoleArn=at.role)
    time.sleep(3)
    shown = at.sagemaker.describe_notebook_instance(NotebookInstanceName=name)
    assert shown["NotebookInstanceStatus"] == "Pending"
    control.speed(None)
    at.sagemaker.get_waiter("notebook_instance_in_service").wait(
        NotebookInstanceName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    at.sagemaker.stop_notebook_instance(NotebookInstanceName=name)


def test_a_job_starts_for_a_while_and_may_be_stopped_in_it(account: Account, control: Control) -> None:
    """docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html: SecondaryStatus Pending."""
    at = bench(account)
    control.speed(1)
    name = at.train("print('never')", wait=False)["TrainingJobName"]
    time.sleep(0.5)
    shown = at.sagemaker.describe_training_job(TrainingJobName=name)
    assert (shown["TrainingJobStatus"], shown["SecondaryStatus"]) == ("InProgress", "Pending")
    at.sagemaker.stop_training_job(TrainingJobName=name)
    control.speed(None)
    ended = at.ended("training_job", "TrainingJob", name, seconds=30)
    assert ended["TrainingJobStatus"] == "Stopped"
    assert "TrainingStartTime" not in ended


def test_a_jobs_limit_is_that_of_the_clock(account: Account, control: Control) -> None:
    """docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html: an hour passes in four seconds."""
    control.speed(900)
    ended = bench(account).train("import time; time.sleep(60)", StoppingCondition={"MaxRuntimeInSeconds": 3600})
    assert (ended["TrainingJobStatus"], ended["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_a_session_ends_by_the_clock(account: Account, control: Control) -> None:
    """docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html: after DurationSeconds, 3600 by default."""
    control.speed(1800)
    key = account.session(allow("sqs:ListQueues"))
    sqs = account.client("sqs", key)
    assert sqs.list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200
    time.sleep(2.5)
    with pytest.raises(ClientError, match="ExpiredToken"):
        sqs.list_queues()


def test_a_quota_is_set_while_the_engine_runs(account: Account, control: Control) -> None:
    """docs.aws.amazon.com/general/latest/gr/sagemaker.html: quotas by instance type and use."""
    at, name = bench(account), "ml.m5.24xlarge for notebook instance usage"
    request = {"NotebookInstanceName": fresh("desk"), "InstanceType": "ml.m5.24xlarge", "RoleArn": at.role}
    control.quota(name, 0)
    with pytest.raises(ClientError, match="ResourceLimitExceeded"):
        at.sagemaker.create_notebook_instance(**request)
    control.quota(name, None)
    at.sagemaker.create_notebook_instance(**request)
    with pytest.raises(ControlError, match="is no quota that the embedded AWS checks"):
        control.quota("ml.m5.24xlarge for fun", 1)
    _retire(at, request["NotebookInstanceName"])


def test_instances_are_withheld_while_the_engine_runs(account: Account, control: Control) -> None:
    at, name = bench(account), fresh("desk")
    control.withhold("ml.m5.12xlarge", 1)
    at.sagemaker.create_notebook_instance(NotebookInstanceName=name, InstanceType="ml.m5.12xlarge", RoleArn=at.role)
    eventually(lambda: _status(at, name) == "Failed", seconds=20)
    at.sagemaker.start_notebook_instance(NotebookInstanceName=name)
    _retire(at, name)


def _status(at: Bench, name: str) -> str:
    return str(at.sagemaker.describe_notebook_instance(NotebookInstanceName=name)["NotebookInstanceStatus"])


def _retire(at: Bench, name: str) -> None:
    eventually(lambda: _status(at, name) == "InService", seconds=60)
    at.sagemaker.stop_notebook_instance(NotebookInstanceName=name)


def test_an_engine_can_be_started_with_a_speed(tmp_path: Path, environments: Path) -> None:
    engine = launcher.start(state=tmp_path / "state", environments=environments, speed=50)
    try:
        headers = {"Authorization": f"Bearer {engine.secret_access_key}"}
        status, body = fetch(engine.endpoint, "/_embedded/clock", headers=headers)
        assert (status, json.loads(body)) == (200, {"speed": 50})
    finally:
        launcher.stop(engine)


@pytest.mark.parametrize("speed", ["0", "-1", "inf", "fast"])
def test_a_speed_that_cannot_be_is_refused_at_once(speed: str) -> None:
    command = [sys.executable, "-m", "embedded_aws", "--state", "never", "--speed", speed]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, "argument --speed" in done.stderr) == (2, True)


@dataclass
class Nowhere:
    """An address where nothing listens: port 9 of the loopback is nobody's."""

    endpoint: str = "http://127.0.0.1:9"
    secret_access_key: str = ""


def test_an_engine_that_is_gone_is_said_to_be() -> None:
    with pytest.raises(ControlError, match=r"no answer from http://127.0.0.1:9"):
        Control(Nowhere()).speed(1)


def test_the_client_needs_the_standard_library_alone() -> None:
    code = (
        "import sys; before = set(sys.modules); import embedded_aws.control; "
        "print([name for name in set(sys.modules) - before if name.split('.')[0] not in sys.stdlib_module_names])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {name.split(".")[0] for name in json.loads(done.stdout.replace("'", '"'))} == {"embedded_aws"}
