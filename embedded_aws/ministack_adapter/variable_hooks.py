"""The hook of variables with JSONPath: Assign of states and catchers, and `$$.` in a ResultSelector."""

from __future__ import annotations

from typing import Any

from ministack.services import stepfunctions as sfn

from embedded_aws.engine import Engine
from embedded_aws.ministack_adapter.common import HOOKS
from embedded_aws.ministack_adapter.state_hooks import context_object


@HOOKS.applies("variables")
def _variables(_: Engine) -> None:
    catch, wait = sfn._apply_catcher, sfn._execute_wait

    def select(state: Any, result: Any) -> Any:
        """Tasks, Pass, Parallel and Map hand their result here; Assign reads it before the ResultSelector does."""
        ctx = context_object.get()
        _assign(state, result, ctx)
        selector = state.get("ResultSelector")
        return sfn._resolve_params_obj(selector, result, ctx) if selector else result

    def wait_and_assign(state: Any, raw: Any, ctx: Any = None) -> Any:
        done = wait(state, raw, ctx)
        _assign(state, raw, ctx)
        return done

    def catch_and_assign(catcher: Any, raw: Any, ctx: Any, language: str, error: Any) -> Any:
        output = catch(catcher, raw, ctx, language, error)
        if language != "JSONata":
            _assign(catcher, error, ctx)
        return output

    sfn._apply_result_selector, sfn._execute_wait, sfn._apply_catcher = select, wait_and_assign, catch_and_assign


def _assign(holder: Any, data: Any, ctx: Any) -> None:
    """Set the variables that a JSONPath state or its catcher assigns; all values are read before any is set."""
    if "Assign" in holder and ctx is not None and sfn._state_query_language(holder, ctx) != "JSONata":
        ctx.setdefault("variables", {}).update(sfn._resolve_params_obj(holder["Assign"], data, ctx))
