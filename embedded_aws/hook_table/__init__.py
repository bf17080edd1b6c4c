"""The table of hooks into ministack 1.5.33: name, what it is for, and the places it was written against.

Hooks are applied in this order: later ones wrap what earlier ones put in place.
"""

from __future__ import annotations

from embedded_aws.hook_table import (
    answers,
    keeping,
    machines,
    making,
    naming,
    requests,
    services,
    stack_rules,
    stacks,
    states,
)
from embedded_aws.hooks import Table

_PARTS = (requests, stacks, machines, services, answers, stack_rules, making, states, naming, keeping)
HOOK_TABLE: Table = {name: hook for part in _PARTS for name, hook in part.TABLE.items()}
