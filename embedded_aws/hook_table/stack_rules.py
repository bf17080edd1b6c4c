"""What CloudFormation refuses, and what its events say."""

from __future__ import annotations

from embedded_aws.hooks import Table

TABLE: Table = {
    "stack-properties": (
        "A resource's properties are checked against its type's public schema before anything is made or changed.",
        {
            "services.cloudformation.stacks:_with_stack_tags": (
                "resource_type, props, stack_tags, stack_name, stack_id, logical_id"
            ),
            "services.cloudformation.stacks:_provision_resource": "resource_type, logical_id, props, stack_name",
            "services.cloudformation.stacks:_update_resource": (
                "resource_type, physical_id, old_props, new_props, stack_name, logical_id, old_attrs"
            ),
        },
    ),
    "stack-templates": (
        "Templates are refused in AWS's words: unknown types, parameters and references, circles.",
        {
            "services.cloudformation.engine:validate_template_support": "template, conditions, params",
            "services.cloudformation.engine:_resolve_parameters": "template, provided_params, previous_params",
            "services.cloudformation.engine:_intrinsic_references": "value",
            "services.cloudformation.engine:_topological_sort": "resources, conditions",
            "services.cloudformation.handlers:validate_template_support": "template, conditions, params",
            "services.cloudformation.changesets:validate_template_support": "template, conditions, params",
            "services.cloudformation.handlers:_resolve_parameters": "template, provided_params, previous_params",
            "services.cloudformation.changesets:_resolve_parameters": "template, provided_params, previous_params",
        },
    ),
    "stack-states": (
        "A stack in a state is refused what AWS refuses it; a request repeated with its token is done once.",
        {
            "services.cloudformation.handlers:_ACTION_HANDLERS": None,
            "services.cloudformation.handlers:_resolve_stack": "stack_name",
            "services.cloudformation.changesets:_find_change_set": None,
            "services.cloudformation.engine:_parse_template": "template_body",
            "services.cloudformation.helpers:_resolve_template": "params",
            "services.cloudformation.helpers:_p": "params, key, default",
            "services.cloudformation.helpers:_xml": "status, root_tag, inner",
            "services.cloudformation.helpers:_error": "code, message, status",
            "services.cloudformation.helpers:_extract_string_members": "params, prefix",
        },
    ),
    "stack-exports": (
        "An export has one owner, goes with the output that made it, and stays while somebody imports it.",
        {
            "services.cloudformation:_exports": None,
            "services.cloudformation:_stacks": None,
            "services.cloudformation.handlers:_ACTION_HANDLERS": None,
            "services.cloudformation.handlers:_imported_export_names": "stack, stack_name",
            "services.cloudformation.stacks:_resolve_stack_outputs": (
                "outputs_defs, conditions, resources, param_values, mappings, stack_name, stack_id"
            ),
        },
    ),
    "stack-events": (
        "An update has events of what it makes, changes and removes, and of nothing else.",
        {
            "services.cloudformation.stacks:_add_event": (
                "stack_id, stack_name, logical_id, resource_type, status, reason, physical_id, detailed_status"
            ),
            "services.cloudformation.stacks:_update_resource": (
                "resource_type, physical_id, old_props, new_props, stack_name, logical_id, old_attrs"
            ),
            "services.cloudformation.stacks:_delete_resource": (
                "resource_type, physical_id, props, stack_name, logical_id"
            ),
            "services.cloudformation.stacks:_deploy_stack_async": (
                "stack_name, stack_id, template, param_values, disable_rollback, tags, is_update, previous_stack, "
                "retain_except_on_create, imports"
            ),
            "services.cloudformation.handlers:_deploy_stack_async": (
                "stack_name, stack_id, template, param_values, disable_rollback, tags, is_update, previous_stack, "
                "retain_except_on_create, imports"
            ),
            "services.cloudformation.changesets:_deploy_stack_async": (
                "stack_name, stack_id, template, param_values, disable_rollback, tags, is_update, previous_stack, "
                "retain_except_on_create, imports"
            ),
        },
    ),
    "stack-cancelling": (
        "Deleting a stack that is being created gives the creation up; a creation that failed says why it rolls back.",
        {
            "services.cloudformation:_stack_events": None,
            "services.cloudformation.wait_conditions:_changed": None,
            "services.cloudformation.wait_conditions:_handles": None,
            "services.cloudformation.wait_conditions:_waiting": None,
            "services.cloudformation.stacks:_provision_resource": "resource_type, logical_id, props, stack_name",
            "services.cloudformation.stacks:_delete_stack_async": "stack_name, stack_id, retain_resources, force",
            "services.cloudformation.handlers:_delete_stack_async": "stack_name, stack_id, retain_resources, force",
            "services.cloudformation.stacks:_roll_back_operation": (
                "stack_name, stack_id, stack, operation, reason_override"
            ),
            "services.cloudformation.handlers:_roll_back_operation": (
                "stack_name, stack_id, stack, operation, reason_override"
            ),
        },
    ),
    "stack-validation": (
        "Properties are checked before a stack or change set is deployed too, as far as they are known by then.",
        {
            "services.cloudformation.stacks:_validation_errors": (
                "resources_defs, ordered, param_values, conditions, mappings, stack_name, stack_id, owned_buckets"
            ),
            "services.cloudformation.stacks:_operation_event": (
                "stack_id, operation_id, event_type, operation_type, fields"
            ),
            "services.cloudformation.stacks:new_uuid": None,
            "services.cloudformation.engine:_resolve_refs": (
                "value, resources, params, conditions, mappings, stack_name, stack_id"
            ),
            "services.cloudformation.engine:_intrinsic_references": "value",
            "services.cloudformation.engine:_topological_sort": "resources, conditions",
            "services.cloudformation.engine:_NO_VALUE": None,
            "services.cloudformation.changesets:_find_change_set": None,
            "services.cloudformation.handlers:_ACTION_HANDLERS": None,
            "services.cloudformation.handlers:_p": "params, key, default",
        },
    ),
}
