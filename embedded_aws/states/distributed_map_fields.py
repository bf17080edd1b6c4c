"""The fields of a Distributed Map, of JSONPath or JSONata, and what is refused when a machine is made.

No emulator import: expressions are evaluated by what the adapter hands in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from embedded_aws.states.distributed_map import Limits
from embedded_aws.states.distributed_map_items import GET, INPUT_TYPES, LIST, S3, Batcher, Reader
from embedded_aws.states.distributed_map_results import OUTPUT_TYPES, PUT, TRANSFORMATIONS, Writer
from embedded_aws.states.step_functions import TaskError

State = Mapping[str, Any]
_ONLY_DISTRIBUTED = (
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
    "Label",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
)
_LABEL = re.compile(r"""^[^\s?*<>{}\[\]:;,\\|^~$#%&`"/\x00-\x1f\x7f]{1,40}$""")


@dataclass(frozen=True)
class Language:
    """How the state's fields are evaluated: a template, for one item if its context is given, and a path."""

    template: Callable[[Any, Mapping[str, Any] | None], Any]
    path: Callable[[str], Any]

    def number(self, fields: Mapping[str, Any], name: str) -> float | None:
        """A field that is a number, an expression, or a path below `<name>Path`; None if it is not there."""
        if f"{name}Path" in fields:
            found = self.path(fields[f"{name}Path"])
        elif name in fields:
            found = self.template(fields[name], None)
        else:
            return None
        if isinstance(found, bool) or not isinstance(found, int | float) or found < 0:
            raise TaskError("States.Runtime", f"The value of {name} must be a non-negative number, but was {found!r}")
        return found

    def integer(self, fields: Mapping[str, Any], name: str) -> int | None:
        """The same as a whole number."""
        found = self.number(fields, name)
        return None if found is None else int(found)

    def arguments(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters of JSONPath or Arguments of JSONata."""
        given = self.template(fields.get("Arguments", fields.get("Parameters", {})), None)
        if not isinstance(given, dict):
            raise TaskError("States.Runtime", f"Arguments must be an object, but were {given!r}")
        return given


def limits(state: State, language: Language) -> Limits:
    """Concurrency and tolerated failures."""
    return Limits(
        language.integer(state, "MaxConcurrency") or 0,
        language.integer(state, "ToleratedFailureCount"),
        language.number(state, "ToleratedFailurePercentage"),
    )


def writer(state: State, language: Language) -> Writer:
    """What becomes of the results."""
    fields = state.get("ResultWriter") or {}
    return Writer.of(fields.get("Resource"), language.arguments(fields), fields.get("WriterConfig") or {})


def inputs(state: State, language: Language, call: S3) -> list[tuple[Any, int]]:
    """The input of each child, with the number of items in it."""
    source, found = _items(state, language, call)
    selector = state.get("ItemSelector") or state.get("Parameters")
    items = list(_selected(found, source, selector, language))
    fields = state.get("ItemBatcher")
    if fields is None:
        return [(item, 1) for item in items]
    size = language.integer(fields, "MaxItemsPerBatch"), language.integer(fields, "MaxInputBytesPerBatch")
    fixed = language.template(fields["BatchInput"], None) if "BatchInput" in fields else None
    batcher = Batcher(*size, fixed)
    return [(batcher.child_input(batch), len(batch)) for batch in batcher.batches(items)]


def _items(state: State, language: Language, call: S3) -> tuple[str, Sequence[Any]]:
    fields = state.get("ItemReader")
    if fields is None:
        found = language.template(state["Items"], None) if "Items" in state else language.path(_items_path(state))
        if not isinstance(found, list):
            text = f"Maps over what is no array are not implemented by the embedded AWS: {type(found).__name__}"
            raise TaskError("States.Runtime", text)
        return "STATE_DATA", found
    config = dict(fields.get("ReaderConfig") or {})
    config["MaxItems"] = language.integer(config, "MaxItems")
    reader = Reader(fields["Resource"], language.arguments(fields), config)
    return reader.source, reader.read(call)


def _items_path(state: State) -> str:
    return str(state.get("ItemsPath", "$"))


def _selected(items: Sequence[Any], source: str, selector: object, language: Language) -> Iterator[Any]:
    for index, item in enumerate(items):
        context = {"Item": {"Index": index, "Value": item, "Source": source}}
        yield item if selector is None else language.template(selector, context)


def faults(state: State) -> Iterator[str]:
    """What CreateStateMachine refuses in a Map state. The rules are AWS's; the texts are not."""
    processor = state.get("ItemProcessor") or state.get("Iterator") or {}
    config = processor.get("ProcessorConfig") or {}
    if config.get("Mode", "INLINE") not in ("INLINE", "DISTRIBUTED"):
        yield f"The Mode of ProcessorConfig is INLINE or DISTRIBUTED, not {config['Mode']}"
    if config.get("Mode", "INLINE") != "DISTRIBUTED":
        yield from (f"{field} needs a Map state in DISTRIBUTED mode" for field in _ONLY_DISTRIBUTED if field in state)
        return
    if config.get("ExecutionType") not in ("STANDARD", "EXPRESS"):
        yield "ProcessorConfig of DISTRIBUTED mode needs an ExecutionType of STANDARD or EXPRESS"
    if "Label" in state and not _LABEL.match(str(state["Label"])):
        yield "Label must have at most 40 characters, and no spaces, wildcards, brackets or special characters"
    yield from _reader_faults(state.get("ItemReader"))
    yield from _batcher_faults(state.get("ItemBatcher"))
    yield from _writer_faults(state.get("ResultWriter"))


def _reader_faults(reader: State | None) -> Iterator[str]:
    if reader is None:
        return
    config = reader.get("ReaderConfig") or {}
    if reader.get("Resource") not in (LIST, GET):
        yield f"ItemReader with the resource {reader.get('Resource')} is not implemented by the embedded AWS"
        return
    flat = config.get("Transformation") == "LOAD_AND_FLATTEN"
    if (reader["Resource"] == GET or flat) and config.get("InputType") not in INPUT_TYPES:
        yield f"ItemReader with the InputType {config.get('InputType')} is not implemented by the embedded AWS"
    if config.get("InputType") == "CSV":
        location = config.get("CSVHeaderLocation")
        if location not in ("FIRST_ROW", "GIVEN") or (location == "GIVEN") != bool(config.get("CSVHeaders")):
            yield "CSV needs a CSVHeaderLocation of FIRST_ROW, or of GIVEN with CSVHeaders"


def _batcher_faults(batcher: State | None) -> Iterator[str]:
    if batcher is not None and not any(name.startswith("Max") for name in batcher):
        yield "ItemBatcher needs MaxItemsPerBatch, MaxInputBytesPerBatch or both"


def _writer_faults(writer_fields: State | None) -> Iterator[str]:
    if writer_fields is None:
        return
    config, resource = writer_fields.get("WriterConfig"), writer_fields.get("Resource")
    exports = resource is not None or "Parameters" in writer_fields or "Arguments" in writer_fields
    if not exports and config is None:
        yield "ResultWriter must have WriterConfig, or Resource and Parameters, or all three"
    if exports and resource != PUT:
        yield f"ResultWriter with the resource {resource} is not implemented by the embedded AWS"
    transformation, output = (config or {}).get("Transformation"), (config or {}).get("OutputType")
    if transformation not in (None, *TRANSFORMATIONS) or output not in (None, *OUTPUT_TYPES):
        yield f"WriterConfig with {transformation} and {output} is not known"
    if not exports and output == "JSONL":
        yield "WriterConfig with JSONL and without Resource is not implemented by the embedded AWS"
