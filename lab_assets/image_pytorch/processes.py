"""More than one machine or GPU: start this script again under torchrun, and share out the work.

SageMaker tells in SM_HOSTS, SM_CURRENT_HOST and SM_NUM_GPUS what there is. One process trains on each GPU (on each
machine without one, or as many as SM_PROCESSES says); gradients are averaged after every batch, so that all hold the
same model.
"""

import json
import os
import sys
from typing import NoReturn

import torch
from torch import distributed

PORT = 29500  # where several machines meet; one alone takes any that is free


def launched() -> bool:
    """Whether torchrun started this process."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def launch_again() -> NoReturn:
    """Become torchrun of this command, on every machine; a signal to stop then reaches all processes."""
    hosts = json.loads(os.environ.get("SM_HOSTS", '["localhost"]'))
    here = os.environ.get("SM_CURRENT_HOST", hosts[0])
    processes = int(os.environ.get("SM_PROCESSES", "0")) or max(1, int(os.environ.get("SM_NUM_GPUS", "0")))
    command = [sys.executable, "-m", "torch.distributed.run"]
    command += [f"--nnodes={len(hosts)}", f"--nproc_per_node={processes}"]
    if len(hosts) == 1:
        command += ["--standalone"]
    else:
        command += [f"--node_rank={hosts.index(here)}", f"--master_addr={hosts[0]}", f"--master_port={PORT}"]
    sys.stdout.flush()
    os.execv(command[0], [*command, *sys.argv])  # noqa: S606 - a list of arguments, no shell


def begin() -> None:
    """Join the others; NCCL between GPUs, Gloo between processors."""
    if not launched():
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(device())
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")


def end() -> None:
    """Leave the others."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def rank() -> int:
    """This process's number among all, from 0."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def first() -> bool:
    """Whether this process evaluates, prints and saves for all."""
    return rank() == 0


def device() -> torch.device:
    """This process's own GPU, or the processor."""
    return (
        torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        if torch.cuda.is_available()
        else torch.device("cpu")
    )
