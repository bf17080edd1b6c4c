"""Train ResNet18 on folders of pictures, keep the best epoch by the validation pictures, and say how good it is.

Runs in script mode: ``python train.py --epochs 10 …`` in SageMaker's PyTorch image, from the pipeline and from the
notebook alike. Reads the channels ``train`` and ``validation`` (``<class>/*.jpg`` and ``normalisation.json``), and
``weights`` where there is one (``*.pt``: torchvision's published ResNet18, for a head start). Writes ``model.pt``,
``model.json`` and ``code/`` (what serves it) to SM_MODEL_DIR, ``evaluation.json`` and ``history.csv`` to
SM_OUTPUT_DATA_DIR. The test pictures never come here. ``--torchrun true`` trains on every machine and GPU of the job.
"""

import argparse
import csv
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # on a busy machine, threads that spin take eight times as long

import processes
import torch
from data import Moments, Pictures, class_names, normalisation_of
from infer import FACTS_FILE, WEIGHTS_FILE
from model import ResNet18
from sklearn.metrics import f1_score
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler

SMALL_SIDE = 100  # pixels; below, ResNet18's first convolution must not halve the picture
SERVING = {"infer.py": "inference.py", "model.py": "model.py"}


def truth(text: str) -> bool:
    """Booleans arrive as `true` (SDK) or `True` (toolkit)."""
    if text.lower() not in {"true", "false"}:
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text.lower() == "true"


def count(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def read_options() -> argparse.Namespace:
    """Hyperparameters and folders; an unknown hyperparameter ends the job with argparse's message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=count, default=10)
    parser.add_argument("--batch_size", type=count, default=64)  # of one process
    parser.add_argument("--learning_rate", type=float, default=0.001)
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--weight_decay", type=float, default=5e-4)
    parser.add_argument("--step_size", type=count, default=7)  # epochs until the rate falls …
    parser.add_argument("--gamma", type=float, default=0.1)  # … to this share of it
    parser.add_argument("--workers", type=int, default=0)  # loading processes; decoded pictures need none
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--torchrun", type=truth, default=False)
    parser.add_argument("--weights", type=Path, default=os.environ.get("SM_CHANNEL_WEIGHTS"))
    parser.add_argument("--train", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--validation", type=Path, default=os.environ.get("SM_CHANNEL_VALIDATION"))
    parser.add_argument("--model_dir", type=Path, default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--output_data_dir", type=Path, default=os.environ.get("SM_OUTPUT_DATA_DIR"))
    options = parser.parse_args()
    for name in ("model_dir", "output_data_dir"):
        if getattr(options, name) is None:  # said now, not after the training
            parser.error(f"--{name} is missing, and SM_{name.upper()} is not set")
    return options


@dataclass(kw_only=True)
class Training:
    """What an epoch needs, and what was best so far."""

    network: nn.Module  # ResNet18, or the same shared with other processes
    loader: DataLoader[tuple[torch.Tensor, int]]
    watch: DataLoader[tuple[torch.Tensor, int]]
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    device: torch.device
    loss: nn.Module = field(default_factory=nn.CrossEntropyLoss)
    best: dict[str, torch.Tensor] = field(default_factory=dict)
    best_accuracy: float = -1.0
    best_epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)

    def epoch(self, number: int) -> None:
        """Learn from every training picture once, look at the validation pictures, keep the weights if best."""
        rate = self.optimizer.param_groups[0]["lr"]
        loss = self._learn()
        self.schedule.step()
        if not processes.first():
            return
        labels, said = self.predictions()
        accuracy = float((labels == said).float().mean())
        self.history.append({"epoch": number, "learning_rate": rate, "train_loss": loss, "accuracy": accuracy})
        print(f"epoch {number}: learning_rate={rate:.5f}; train_loss={loss:.4f}; validation_accuracy={accuracy:.4f};")
        if accuracy > self.best_accuracy:
            self.best_accuracy, self.best_epoch = accuracy, number
            self.best = {name: value.detach().cpu().clone() for name, value in bare(self.network).state_dict().items()}

    def _learn(self) -> float:
        self.network.train()
        total = 0.0
        for pictures, labels in self.loader:
            self.optimizer.zero_grad()
            loss = self.loss(self.network(pictures.to(self.device)), labels.to(self.device))
            loss.backward()
            self.optimizer.step()
            total += loss.item()
        return total / len(self.loader)

    def predictions(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The validation pictures' classes, and what the network says."""
        network = bare(self.network).eval()
        with torch.inference_mode():
            pairs = [(labels, network(pictures.to(self.device)).argmax(1).cpu()) for pictures, labels in self.watch]
        labels, said = (torch.cat(parts) for parts in zip(*pairs, strict=True))
        return labels, said


def bare(network: nn.Module) -> ResNet18:
    """The network without what shares it."""
    inner = network.module if isinstance(network, DistributedDataParallel) else network
    assert isinstance(inner, ResNet18)
    return inner


def network_of(classes: int, side: int, weights: Path | None) -> ResNet18:
    """Fresh, or with the published weights of every layer that fits."""
    network = ResNet18(classes, small=side < SMALL_SIDE)
    if weights is None:
        return network
    files = sorted(weights.glob("*.pt*"))
    if not files:
        raise SystemExit(f"channel 'weights': no *.pt or *.pth in {weights}; leave the channel out to start fresh")
    published = torch.load(files[0], map_location="cpu", weights_only=True)
    own = network.state_dict()
    fitting = {name: value for name, value in published.items() if name in own and own[name].shape == value.shape}
    if not fitting:
        raise SystemExit(f"channel 'weights': no array of {files[0].name} is one of ResNet18's by name and shape")
    network.load_state_dict({**own, **fitting})
    print(f"{len(fitting)} of {len(own)} arrays start from {files[0].name}")
    return network


def training_of(options: argparse.Namespace, classes: list[str], moments: Moments) -> Training:
    """Pictures, network, optimizer and schedule."""
    pictures = Pictures(options.train, classes, moments, augment=True)
    watched = Pictures(options.validation, classes, moments, augment=False)
    here = processes.device()
    network: nn.Module = network_of(len(classes), pictures.side, options.weights).to(here)
    sampler: DistributedSampler[tuple[torch.Tensor, int]] | None = None
    if processes.launched():
        sampler = DistributedSampler(pictures, seed=options.seed)
        network = DistributedDataParallel(network)
        torch.manual_seed(options.seed + processes.rank())  # or all would crop and mirror alike
    loader = DataLoader(
        pictures, options.batch_size, shuffle=sampler is None, sampler=sampler, num_workers=options.workers
    )
    rule = torch.optim.SGD(
        network.parameters(), options.learning_rate, momentum=options.momentum, weight_decay=options.weight_decay
    )
    schedule = torch.optim.lr_scheduler.StepLR(rule, options.step_size, options.gamma)
    watch = DataLoader(watched, options.batch_size)
    return Training(network=network, loader=loader, watch=watch, optimizer=rule, schedule=schedule, device=here)


def epochs(training: Training, count: int) -> Iterator[int]:
    """Numbers of the epochs; every process must shuffle anew, and alike, for each."""
    for number in range(1, count + 1):
        if isinstance(training.loader.sampler, DistributedSampler):
            training.loader.sampler.set_epoch(number)
        yield number


def save(options: argparse.Namespace, training: Training, facts: dict[str, object]) -> None:
    """The best weights, what serving must know, and the code that serves."""
    code = options.model_dir / "code"
    code.mkdir(parents=True, exist_ok=True)
    torch.save(training.best, options.model_dir / WEIGHTS_FILE)
    (options.model_dir / FACTS_FILE).write_text(json.dumps(facts), encoding="utf-8")
    for source, target in SERVING.items():
        shutil.copyfile(Path(__file__).with_name(source), code / target)


def report(options: argparse.Namespace, training: Training, seconds: float) -> None:
    """The metrics of the best epoch, and the history of all."""
    bare(training.network).load_state_dict(training.best)
    labels, said = training.predictions()
    learnt = len(training.loader.dataset) * options.epochs  # type: ignore[arg-type] # Pictures has a length
    metrics = {
        "accuracy": training.best_accuracy,
        "macro_f1": float(f1_score(labels, said, average="macro")),
        "epochs": float(options.epochs),
        "best_epoch": float(training.best_epoch),
        "train_seconds": seconds,
        "images_per_second": learnt / seconds,
    }
    print("; ".join(f"validation_{name}={value:.4f}" for name, value in metrics.items()))  # read by metric definitions
    options.output_data_dir.mkdir(parents=True, exist_ok=True)
    (options.output_data_dir / "evaluation.json").write_text(json.dumps(metrics), encoding="utf-8")
    with (options.output_data_dir / "history.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(training.history[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(training.history)


def main() -> None:
    """Train, keep the best, save."""
    options = read_options()
    if options.torchrun and not processes.launched():
        processes.launch_again()
    processes.begin()
    torch.manual_seed(options.seed)
    classes = class_names("train", options.train)
    if class_names("validation", options.validation) != classes:
        raise SystemExit("channel 'validation': its classes are not those of 'train'; run prepare.py again")
    moments = normalisation_of(options.train)
    training = training_of(options, classes, moments)
    started = time.monotonic()
    for number in epochs(training, options.epochs):
        training.epoch(number)
    if processes.first():
        report(options, training, time.monotonic() - started)
        mean, std = (moment.flatten().tolist() for moment in moments)
        side = training.loader.dataset.side  # type: ignore[attr-defined] # Pictures has it
        facts = {"classes": classes, "image_size": side, "small": side < SMALL_SIDE, "mean": mean, "std": std}
        save(options, training, facts)
    processes.end()


if __name__ == "__main__":
    main()
