"""Where the emulator keeps the tags of what stacks make: only CloudFormation itself may set `aws:` tags there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import (
    budgets,
    cloudwatch,
    cloudwatch_logs,
    ecr,
    eventbridge,
    lambda_svc,
    s3,
    scheduler,
    secretsmanager,
    sns,
    ssm,
)
from ministack.services import stepfunctions as sfn

Tags = Mapping[str, str]


def set_system_tags(type_name: str, physical_id: str, tags: Tags) -> None:
    """Put CloudFormation's tags on a resource of a type that is the emulator's."""
    put = _PUTS.get(type_name)
    if put and tags:
        put(physical_id, tags)


def _on_record(store: Mapping[str, Any]) -> Callable[[str, Tags], None]:
    """Records with a map of tags."""
    return lambda own, tags: store[own].setdefault("tags", {}).update(tags)


def _on_list(store: Any, key: str, value: str) -> Callable[[str, Tags], None]:
    """Lists of tags by resource, with these members."""

    def put(own: str, tags: Tags) -> None:
        kept = [tag for tag in store.get(own) or [] if tag[key] not in tags]
        store[own] = [*kept, *({key: name, value: held} for name, held in tags.items())]

    return put


def _on_map(store: Any, arn: Callable[[str], str] = str) -> Callable[[str, Tags], None]:
    """Maps of tags by resource."""

    def put(own: str, tags: Tags) -> None:
        store[arn(own)] = {**(store.get(arn(own)) or {}), **tags}

    return put


def _on_listed(record: Any, member: str, tags: Tags) -> None:
    kept = [tag for tag in record.get(member, []) if tag["Key"] not in tags]
    record[member] = [*kept, *({"Key": name, "Value": value} for name, value in tags.items())]


def _repository(own: str, tags: Tags) -> None:
    _on_listed(ecr._repositories[own], "tags", tags)


def _secret(own: str, tags: Tags) -> None:
    _on_listed(secretsmanager._resolve(own)[1], "Tags", tags)


def _event_source(own: str, tags: Tags) -> None:
    lambda_svc._esms[own].setdefault("Tags", {}).update(tags)


def _rule(own: str, tags: Tags) -> None:
    bus, _, name = own.rpartition("|")
    arn = eventbridge._rules[eventbridge._rule_key(name, bus or "default")]["Arn"]
    eventbridge._tags[arn] = {**(eventbridge._tags.get(arn) or {}), **tags}


def _alarm_arn(own: str) -> str:
    return str(cloudwatch._alarms[own]["AlarmArn"])


_PUTS: Mapping[str, Callable[[str, Tags], None]] = {
    "AWS::Budgets::Budget": _on_map(budgets._tags, budgets._budget_arn),
    "AWS::CloudWatch::Alarm": _on_map(cloudwatch._resource_tags, _alarm_arn),
    "AWS::ECR::Repository": _repository,
    "AWS::Events::Rule": _rule,
    "AWS::Lambda::EventSourceMapping": _event_source,
    "AWS::Lambda::Function": _on_record(lambda_svc._functions),
    "AWS::Logs::LogGroup": _on_record(cloudwatch_logs._log_groups),
    "AWS::S3::Bucket": _on_map(s3._bucket_tags),
    "AWS::SNS::Topic": _on_record(sns._topics),
    "AWS::SSM::Parameter": _on_map(ssm._tags, ssm._param_arn),
    "AWS::SecretsManager::Secret": _secret,
    "AWS::StepFunctions::StateMachine": _on_list(sfn._tags, "key", "value"),
    "AWS::Scheduler::ScheduleGroup": _on_map(scheduler._tags, scheduler._group_arn),
}
