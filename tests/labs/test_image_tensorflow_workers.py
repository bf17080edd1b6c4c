"""Two workers train one model with `--multi_worker true`: they agree on every number, and the first one saves."""

import json
import os
import socket
import subprocess
from pathlib import Path

from benchmarks.lab_scripts import LabScripts
from tests.labs import tensorflow_lab
from tests.labs.tensorflow_lab import LAB

WORKERS = 2


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    found = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return found


def start(scripts: LabScripts, folder: Path, index: int, ports: list[int]) -> subprocess.Popen[str]:
    """One worker, for one epoch of the few validation pictures."""
    cluster = {"worker": [f"localhost:{port}" for port in ports]}
    few = str(scripts.work / "prepared/validation")
    variables = {
        "TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}),
        "SM_CHANNEL_TRAIN": few,
        "SM_CHANNEL_VALIDATION": few,
        "SM_MODEL_DIR": str(folder / "model"),
        "SM_OUTPUT_DATA_DIR": str(folder / "evaluation"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    (folder / "model").mkdir(parents=True)
    words = ["--weights", "none", "--epochs", "1", "--multi_worker", "true"]
    command = [str(scripts.pythons["train"]), str(LAB.folder / "train.py"), *words]
    environment = {**os.environ, **variables}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_two_workers_train_one_model(environments: Path, animals_prepared: Path, tmp_path: Path) -> None:
    made = tensorflow_lab.environments_of(environments)
    scripts = LabScripts.of(LAB, environments=made, work=tmp_path, small=True)
    scripts.prepare(animals_prepared, variables={"IMAGE_SIZE": "32"})
    ports = free_ports(WORKERS)
    processes = [start(scripts, tmp_path / f"worker-{index}", index, ports) for index in range(WORKERS)]
    said = [process.communicate(timeout=900)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], "\n".join(said)
    epochs = [[line for line in text.splitlines() if line.startswith("epoch 1:")] for text in said]
    assert epochs[0] == epochs[1]
    assert len(epochs[0]) == 1
    assert (tmp_path / "worker-0/model/1/saved_model.pb").is_file()
    assert (tmp_path / "worker-0/evaluation/evaluation.json").is_file()
    assert not list((tmp_path / "worker-1").rglob("*.*"))
