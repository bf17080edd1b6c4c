"""List calls: AWS's filters, order and pages, the same for every kind."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from embedded_aws.sagemaker import shapes
from embedded_aws.sagemaker.errors import validation
from embedded_aws.sagemaker.kinds import Kind
from embedded_aws.sagemaker.ports import Record

_PAGE = 10
_TIMES = ("CreationTime", "LastModifiedTime")


def page(kind: Kind, action: str, records: Iterable[Record], params: Mapping[str, Any]) -> dict[str, Any]:
    """One page of summaries, with a NextToken if more follow.

    ListTrainingJobs takes MaxResults jobs of any status, and then those of StatusEquals among them.
    """
    status = params.get("StatusEquals") if action == "ListTrainingJobs" and "MaxResults" in params else None
    filters = {name: value for name, value in params.items() if status is None or name != "StatusEquals"}
    found = [record for record in records if _kept(kind, record, filters)]
    order = params.get("SortOrder", kind.sort_order)
    found.sort(key=lambda record: _order(kind, record, params), reverse=order == "Descending")
    members = shapes.summary_members(action, kind.summaries)
    summaries = [{name: record[name] for name in members if name in record} for record in found]
    answer = cut(action, kind.summaries, summaries, params)
    answer[kind.summaries] = [one for one in answer[kind.summaries] if status in (None, one.get(kind.status))]
    return answer


def cut(action: str, member: str, summaries: list[dict[str, Any]], params: Mapping[str, Any]) -> dict[str, Any]:
    """The page that a request asks for of all that it could have."""
    start = _read_token(action, params.get("NextToken"))
    end = start + params.get("MaxResults", _PAGE)
    answer: dict[str, Any] = {member: summaries[start:end]}
    if end < len(summaries):
        answer["NextToken"] = _token(action, end)
    return answer


def _kept(kind: Kind, record: Record, params: Mapping[str, Any]) -> bool:
    name: str = record[kind.id_member]
    config: str = record.get("NotebookInstanceLifecycleConfigName", "")
    return (
        params.get("NameContains", "").lower() in name.lower()
        and params.get("NotebookInstanceLifecycleConfigNameContains", "").lower() in config.lower()
        and (not kind.status or params.get("StatusEquals", record[kind.status]) == record[kind.status])
        and params.get("WarmPoolStatusEquals") in (None, record.get("WarmPoolStatus", {}).get("Status"))
        and all(_in_time(record[member], params, member) for member in _TIMES)
    )


def _in_time(at: datetime, params: Mapping[str, Any], member: str) -> bool:
    after, before = params.get(f"{member}After"), params.get(f"{member}Before")
    return (after is None or at > after) and (before is None or at < before)


def _order(kind: Kind, record: Record, params: Mapping[str, Any]) -> tuple[Any, datetime]:
    by = params.get("SortBy", kind.sort_by)
    member = {"Name": kind.id_member, "Status": kind.status}.get(by, by)
    return record[member], record["CreationTime"]


def _token(action: str, start: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([action, start]).encode()).decode()


def _read_token(action: str, token: str | None) -> int:
    if token is None:
        return 0
    try:
        of_action, start = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (binascii.Error, ValueError, TypeError):
        raise validation(f"Invalid NextToken: {token}") from None
    if of_action != action or not isinstance(start, int) or start < 0:
        raise validation(f"Invalid NextToken: {token}")
    return start
