"""Hooks of JSONPath states: Assign of states and catchers, `$$.` in a ResultSelector, inputs that do not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions as sfn

from embedded_aws.engine import Engine
from embedded_aws.ministack_adapter.common import HOOKS
from embedded_aws.ministack_adapter.machine_hooks import in_its_words
from embedded_aws.ministack_adapter.state_hooks import context_object
from embedded_aws.states import state_inputs


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


@HOOKS.applies("state-inputs")
def _state_inputs(_: Engine) -> None:
    put, wait, map_over = sfn._apply_result_path_raw, sfn._execute_wait, sfn._execute_map

    def put_where_it_fits(path: Any, given: Any, result: Any) -> Any:
        in_its_words(state_inputs.check_result_path, path, given)
        return put(path, given, result)

    def checked(execute: Callable[..., Any], check: Callable[..., None]) -> Callable[..., Any]:
        def act(state: Any, raw: Any, *rest: Any) -> Any:
            ctx = rest[-1]
            if sfn._state_query_language(state, ctx) != "JSONata":
                effective = sfn._apply_input_path(state, raw, ctx)
                in_its_words(check, state, lambda path: sfn._resolve_path_or_ctx(path, effective, ctx))
            return execute(state, raw, *rest)

        return act

    sfn._apply_result_path_raw = put_where_it_fits
    sfn._execute_wait = checked(wait, state_inputs.check_wait)
    sfn._execute_map = checked(map_over, state_inputs.check_map)


def _assign(holder: Any, data: Any, ctx: Any) -> None:
    """Set the variables that a JSONPath state or its catcher assigns; all values are read before any is set."""
    if "Assign" in holder and ctx is not None and sfn._state_query_language(holder, ctx) != "JSONata":
        ctx.setdefault("variables", {}).update(sfn._resolve_params_obj(holder["Assign"], data, ctx))
