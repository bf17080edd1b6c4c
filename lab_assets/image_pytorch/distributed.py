"""More than one machine or GPU: start this script again under torchrun, and share out the work.

SageMaker tells in SM_HOSTS, SM_CURRENT_HOST and SM_NUM_GPUS what there is. One process trains on each GPU (on each
machine without one); gradients are averaged after every batch, so that all hold the same model.
"""

import json
import os
import subprocess
import sys

import torch
from torch import distributed

PORT = 29500


def launched() -> bool:
    """Whether torchrun started this process."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def launch_again() -> None:
    """Run this command under torchrun, once on every machine, and end as it ends."""
    hosts = json.loads(os.environ.get("SM_HOSTS", '["localhost"]'))
    here = os.environ.get("SM_CURRENT_HOST", hosts[0])
    processes = int(os.environ.get("SM_PROCESSES", "0")) or max(1, int(os.environ.get("SM_NUM_GPUS", "0")))
    command = [sys.executable, "-m", "torch.distributed.run"]
    command += [f"--nnodes={len(hosts)}", f"--node_rank={hosts.index(here)}", f"--nproc_per_node={processes}"]
    command += [f"--master_addr={hosts[0]}", f"--master_port={PORT}", *sys.argv]
    sys.exit(subprocess.run(command, check=False).returncode)


def begin() -> None:
    """Join the others; NCCL between GPUs, Gloo between processors."""
    if launched():
        distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")


def end() -> None:
    """Leave the others."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def first() -> bool:
    """Whether this process evaluates, prints and saves for all."""
    return not distributed.is_initialized() or distributed.get_rank() == 0


def device() -> torch.device:
    """This process's own GPU, or the processor."""
    return (
        torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        if torch.cuda.is_available()
        else torch.device("cpu")
    )
