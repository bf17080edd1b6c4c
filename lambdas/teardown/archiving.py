"""Copies an attendee's work, and what the pipelines made, into the class bucket before their own bucket is emptied."""

from boto3.s3.transfer import TransferConfig

from classlab.contract import archive_key
from lambdas.shared.clock import Budget
from lambdas.teardown.ledger import Item
from lambdas.teardown.scope import Context

_ONE_CALL = TransferConfig(multipart_threshold=5 * 2**30, multipart_chunksize=2**30, use_threads=False)


def archive(context: Context, item: Item, budget: Budget) -> bool:
    """Whether everything is copied; False when the budget ran out, and the item's cursor says how far it came."""
    s3, scope = context.clients.s3, context.scope
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=item.name, StartAfter=item.cursor)
    for page in pages:
        for found in page.get("Contents", []):
            key = found["Key"]
            target = archive_key(item.attendee or item.name, key)
            if not target:
                continue
            if budget.spent:
                return False
            s3.copy(
                {"Bucket": item.name, "Key": key},
                scope.class_bucket,
                target,
                ExtraArgs={"TaggingDirective": "REPLACE"},  # tags would need rights of their own
                Config=_ONE_CALL,
            )
            item.cursor = key
    return True
