"""What attendees' roles may do on SageMaker: their own names, tagged for the class, on small instances, not for long.

Conditions fail closed: a job without a time limit or an endpoint without an instance type is not created at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classlab.contract import SEPARATOR, TAG_CLASSROOM, job_name
from classlab.settings import Classroom
from infra.arns import OWN
from infra.policy import Statement, allow

JOB_KINDS = {"Training": "training-job", "Processing": "processing-job", "Transform": "transform-job"}
TUNING_KIND = "hyper-parameter-tuning-job"
_OWN = "Attendees name what they make, behind the name of their own stack"
_TUNED = "Attendees name their tuning jobs, behind digits of their own stack's id; SageMaker names what these make"
_CREATES = [*(f"Create{kind}Job" for kind in JOB_KINDS), "CreateModel", "CreateEndpointConfig", "CreateEndpoint"]
_TUNE = "CreateHyperParameterTuningJob"


@dataclass(frozen=True, kw_only=True)
class SageMakerRights:
    """Statements for one attendee's roles; ``stack`` may be a CDK token."""

    classroom: Classroom
    stack: str

    def own(self, kind: str, step: str | None = None) -> str:
        """ARN pattern of the attendee's own resources of a kind, or of those of one pipeline step."""
        name = f"{self.stack}{SEPARATOR}*" if step is None else job_name(self.stack, step, "*")
        return OWN.sagemaker(kind, name)

    def create_jobs(self, steps: Mapping[str, Sequence[str | None]]) -> list[Statement]:
        """Create, look at and stop jobs; ``steps`` maps a kind of job to its pipeline steps, None for any name."""
        return [
            statement
            for kind, names in steps.items()
            for statement in self._job(kind, [self.own(JOB_KINDS[kind], name) for name in names])
        ]

    def tune(self, prefix: str) -> list[Statement]:
        """Tuning jobs behind ``prefix``, and a look at the training jobs that SageMaker makes for them.

        SageMaker hands the tags on to these by itself: their creation asks the caller for nothing.
        """
        tuning, made = (OWN.sagemaker(kind, f"{prefix}-*") for kind in (TUNING_KIND, JOB_KINDS["Training"]))
        conditions = {**self._small(), **self._tagged(), **self._short()}
        creating = {"StringEquals": {"sagemaker:TaggingAction": _TUNE}}
        follow = ["DescribeHyperParameterTuningJob", "ListTrainingJobsForHyperParameterTuningJob"]
        follow += ["StopHyperParameterTuningJob", "DescribeTrainingJob", "StopTrainingJob", "ListTags"]
        return [
            allow("CreateTuningJob", [f"sagemaker:{_TUNE}"], [tuning], conditions, why=_TUNED),
            allow("FollowTuningJob", [f"sagemaker:{one}" for one in follow], [tuning, made], why=_TUNED),
            allow("TagTuningJob", ["sagemaker:AddTags"], [tuning], creating, why=_TUNED),
        ]

    def create_model(self, step: str | None = None) -> Statement:
        """Create models."""
        return allow("CreateModel", ["sagemaker:CreateModel"], [self.own("model", step)], self._tagged(), why=_OWN)

    def serve(self) -> list[Statement]:
        """Real-time endpoints: config, endpoint, invocation, and taking them away again with their models."""
        config, endpoint, model = self.own("endpoint-config"), self.own("endpoint"), self.own("model")
        small = self._small()
        small["Null"]["sagemaker:ServerlessMaxConcurrency"] = "true"
        everyday = [f"sagemaker:{verb}{kind}" for verb in ("Describe", "Delete") for kind in _SERVED]
        everyday += [f"sagemaker:{call}" for call in _ENDPOINT_CALLS]
        return [
            allow(
                "ConfigureEndpoint", ["sagemaker:CreateEndpointConfig"], [config], {**small, **self._tagged()}, why=_OWN
            ),
            allow("CreateEndpoint", ["sagemaker:CreateEndpoint"], [config, endpoint], self._tagged(), why=_OWN),
            allow("UseEndpoint", everyday, [config, endpoint, model], why=_OWN),
        ]

    def tag_at_creation(self, kinds: Sequence[str]) -> Statement:
        """Tags may be set by the call that creates, never later."""
        creating = {"StringEquals": {"sagemaker:TaggingAction": _CREATES}}
        return allow("TagAtCreation", ["sagemaker:AddTags"], [self.own(kind) for kind in kinds], creating, why=_OWN)

    def read_tags(self, kinds: Sequence[str]) -> Statement:
        """Read the tags of one's own."""
        return allow("ReadTags", ["sagemaker:ListTags"], [self.own(kind) for kind in kinds], why=_OWN)

    def _job(self, kind: str, resources: Sequence[str]) -> list[Statement]:
        conditions = {**self._small(), **self._tagged()}
        if kind != "Transform":  # AWS has no time limit for transform jobs, and no condition key for one
            conditions |= self._short()
        follow = [f"sagemaker:Describe{kind}Job", f"sagemaker:Stop{kind}Job"]
        return [
            allow(f"Create{kind}Job", [f"sagemaker:Create{kind}Job"], resources, conditions, why=_OWN),
            allow(f"Follow{kind}Job", follow, resources, why=_OWN),
        ]

    def _tagged(self) -> dict[str, dict[str, object]]:
        return {"StringEquals": {f"aws:RequestTag/{TAG_CLASSROOM}": self.classroom.name}}

    def _short(self) -> dict[str, dict[str, object]]:
        limit = str(self.classroom.max_job_minutes * 60)
        return {"NumericLessThanEquals": {"sagemaker:MaxRuntimeInSeconds": limit}}

    def _small(self) -> dict[str, dict[str, object]]:
        return {
            "ForAllValues:StringEquals": {"sagemaker:InstanceTypes": self.classroom.allowed_instance_types},
            "Null": {"sagemaker:InstanceTypes": "false"},  # for all of none would be true
        }


_SERVED = ("Model", "EndpointConfig", "Endpoint")
_ENDPOINT_CALLS = ("UpdateEndpoint", "UpdateEndpointWeightsAndCapacities", "InvokeEndpoint")
ALL_KINDS = ("*",)  # one pattern for all: a role's inline policies may have 10,240 characters
