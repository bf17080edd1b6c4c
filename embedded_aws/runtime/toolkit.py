"""Script mode: what the training toolkits of AWS's images do with a submitted script.

Hyperparameters `sagemaker_program` and `sagemaker_submit_directory` name it; the other hyperparameters become its
arguments, and what it may want to know becomes SM_* variables.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded_aws.runtime.container import ML
from embedded_aws.sagemaker.tuning import OBJECTIVE_PARAMETER

PROGRAM, SUBMIT_DIRECTORY = "sagemaker_program", "sagemaker_submit_directory"
_RESERVED = "sagemaker_"
CODE = f"{ML}/code"
RUN_MODULES = {"xgboost"}
"""Frameworks whose toolkit runs a script as a module (the older one does)."""
_PYTORCH = {"pytorch", "autogluon"}
_DISTRIBUTED = re.compile(rf"{_RESERVED}[a-z_]+_enabled")


@dataclass(frozen=True)
class Script:
    """A submitted script with its arguments; `submit_directory` is an S3 location or a directory of the container."""

    program: str
    submit_directory: str
    hyperparameters: Mapping[str, Any]

    def argv(self, *, modules: bool) -> list[str]:
        """Its command, as the image's toolkit runs it: a shell script, a module or a file of Python."""
        arguments = command_arguments(self.hyperparameters)
        if self.program.endswith(".sh"):
            return ["/bin/sh", "-c", shlex.join([f"./{self.program}", *arguments])]
        if modules:
            return ["python", "-m", self.program.removesuffix(".py").replace("/", "."), *arguments]
        return ["python", self.program, *arguments]


def read_script(hyperparameters: Mapping[str, str]) -> Script | None:
    """The script that a training job's hyperparameters name, if they do."""
    if PROGRAM not in hyperparameters:
        return None
    decoded = {name: decode(value) for name, value in hyperparameters.items()}
    given = {name: value for name, value in decoded.items() if not name.startswith(_RESERVED)}
    given.pop(OBJECTIVE_PARAMETER, None)
    return Script(str(decoded[PROGRAM]), str(decoded.get(SUBMIT_DIRECTORY, CODE)), given)


def distribution(hyperparameters: Mapping[str, str]) -> str:
    """The hyperparameter that asks a toolkit to start a script otherwise (MPI, parameter servers); empty if none."""
    asked = [name for name, value in hyperparameters.items() if _DISTRIBUTED.fullmatch(name) and decode(value)]
    return next(iter(asked), "")


def decode(value: str) -> Any:  # noqa: ANN401 # any JSON value
    """A hyperparameter's value: JSON if it is that, else the text itself."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def command_arguments(hyperparameters: Mapping[str, Any]) -> list[str]:
    """`--name value` in the order of the names; `-n value` for a name of one letter."""
    arguments = []
    for name, value in sorted(hyperparameters.items()):
        arguments += [f"{'-' if len(name) == 1 else '--'}{name}", text(value)]
    return arguments


def text(value: Any) -> str:  # noqa: ANN401 # any JSON value
    """A value as an argument or a variable has it."""
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def script_variables(script: Script, channels: Mapping[str, Any], resources: Mapping[str, Any]) -> dict[str, str]:
    """The SM_* variables a script finds; `channels` and `resources` as in the container's configuration files."""
    names = sorted(channels)
    variables = {
        "SM_MODEL_DIR": f"{ML}/model",
        "SM_OUTPUT_DIR": f"{ML}/output",
        "SM_OUTPUT_DATA_DIR": f"{ML}/output/data",
        "SM_OUTPUT_INTERMEDIATE_DIR": f"{ML}/output/intermediate",
        "SM_INPUT_DIR": f"{ML}/input",
        "SM_INPUT_CONFIG_DIR": f"{ML}/input/config",
        "SM_INPUT_DATA_CONFIG": json.dumps(channels),
        "SM_RESOURCE_CONFIG": json.dumps(resources),
        "SM_CHANNELS": json.dumps(names),
        "SM_HPS": json.dumps(script.hyperparameters),
        "SM_FRAMEWORK_PARAMS": "{}",
        "SM_USER_ARGS": json.dumps(command_arguments(script.hyperparameters)),
        "SM_HOSTS": json.dumps(resources["hosts"]),
        "SM_CURRENT_HOST": resources["current_host"],
        "SM_CURRENT_INSTANCE_TYPE": resources["current_instance_type"],
        "SM_NETWORK_INTERFACE_NAME": resources["network_interface_name"],
        "SM_NUM_CPUS": str(os.cpu_count() or 1),
        "SM_NUM_GPUS": "0",
        "SM_LOG_LEVEL": "20",
        "SM_MODULE_DIR": script.submit_directory,
        "SM_MODULE_NAME": Path(script.program).stem,
        "SM_USER_ENTRY_POINT": script.program,
        "PYTHONPATH": CODE,
    }
    variables |= {f"SM_CHANNEL_{name.upper()}": f"{ML}/input/data/{name}" for name in names}
    return variables | {f"SM_HP_{name.upper()}": text(value) for name, value in script.hyperparameters.items()}


def framework_variables(framework: str, resources: Mapping[str, Any]) -> dict[str, str]:
    """What the toolkit of a framework adds: PyTorch's says where the processes of a job meet."""
    if framework not in _PYTORCH:
        return {}
    return {
        "MASTER_ADDR": resources["hosts"][0],
        "MASTER_PORT": "7777",
        "NCCL_SOCKET_IFNAME": resources["network_interface_name"],
        "NCCL_IB_DISABLE": "1",
        "NCCL_DEBUG": "WARN",
    }
