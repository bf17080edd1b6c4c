"""Pages of IAM's lists: the emulator gives everything at once, AWS a hundred items at first ("MaxItems")."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from xml.etree import ElementTree

from botocore.model import ListShape, OperationModel

from embedded_aws.sagemaker.errors import AwsError

_MOST = 100


def cut(operation: OperationModel | None, form: Mapping[str, str], body: bytes) -> bytes:
    """The page of an answer that a request asks for; ValidationError for a marker that is none."""
    member = _listed(operation)
    if operation is None or not member:
        return body
    root = ElementTree.fromstring(body)  # noqa: S314 # the engine's own answer
    space = root.tag.partition("}")[0] + "}"
    result = root.find(f"{space}{operation.name}Result")
    listed = None if result is None else result.find(f"{space}{member}")
    start, most = _start(form.get("Marker")), int(form.get("MaxItems") or _MOST)
    if result is None or listed is None or (not start and len(listed) <= most):
        return body
    items = list(listed)
    for item in [*items[:start], *items[start + most :]]:
        listed.remove(item)
    for told in [*result.findall(f"{space}IsTruncated"), *result.findall(f"{space}Marker")]:
        result.remove(told)
    more = start + most < len(items)
    ElementTree.SubElement(result, f"{space}IsTruncated").text = str(more).lower()
    if more:
        ElementTree.SubElement(result, f"{space}Marker").text = _marker(start + most)
    page: bytes = ElementTree.tostring(root, encoding="utf-8", default_namespace=space.strip("{}"))
    return page


def _listed(operation: OperationModel | None) -> str:
    """The list that an operation gives in pages; empty where it gives none, or several."""
    given = operation and operation.output_shape
    if operation is None or not given or operation.input_shape is None:
        return ""
    lists = [name for name, shape in given.members.items() if isinstance(shape, ListShape)]
    pages = "IsTruncated" in given.members and "MaxItems" in operation.input_shape.members
    return lists[0] if pages and len(lists) == 1 else ""


def _marker(start: int) -> str:
    return base64.urlsafe_b64encode(str(start).encode()).decode()


def _start(marker: str | None) -> int:
    if not marker:
        return 0
    try:
        return int(base64.b64decode(marker, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise AwsError("ValidationError", f"Invalid Marker: {marker}") from None
