"""The worker and its parts on a pretended instance: ready, broken for each reason, repaired, synced, restarted."""

import json
import shutil
import signal
import subprocess
from pathlib import Path

from tests.unit.lifecycle.conftest import Instance, wait_for


def prepare(instance: Instance) -> subprocess.CompletedProcess[str]:
    """Prepare the seat once."""
    return instance.run("bash", str(instance.tools / "prepare_seat.sh"))


def kernel_folder(instance: Instance) -> Path:
    """Where the one kernel was unpacked."""
    (folder,) = (instance.volume / ".classlab/kernels").iterdir()
    return folder


def rewrite_contents(instance: Instance, field: int, value: str) -> None:
    """Change one field of the pack's line in the list of contents."""
    path = instance.tools / "contents.tsv"
    labs, pack = path.read_text().splitlines()
    fields = pack.split("\t")
    fields[field] = value
    path.write_text(f"{labs}\n" + "\t".join(fields) + "\n")


def test_a_seat_is_prepared_from_the_bucket_alone(instance: Instance) -> None:
    done = prepare(instance)
    assert done.returncode == 0, done.stderr
    assert not done.stdout
    assert (instance.volume / "labs/tiny-lab/hello.py").is_file()
    spec = json.loads((instance.home / ".local/share/jupyter/kernels/tiny/kernel.json").read_text())
    assert spec["display_name"] == 'A "tiny" kernel'
    assert spec["env"]["AWS_DEFAULT_REGION"] == "us-east-1"
    said = instance.run(spec["argv"][0], "-c", "import tiny; print(tiny.VALUE)")
    assert said.stdout == "1\n", said.stderr
    assert (instance.home / ".local/share/fonts/tiny.ttf").read_text() == "no font"
    assert not (kernel_folder(instance) / "wheels").exists()


def test_the_sdk_defaults_are_the_attendees_own(instance: Instance) -> None:
    prepare(instance)
    config = json.loads((instance.home / ".config/sagemaker/config.yaml").read_text())["SageMaker"]
    assert config["PythonSDK"]["Modules"]["Session"]["DefaultS3Bucket"] == "seat"
    assert config["TrainingJob"]["RoleArn"] == instance.environment["CLASSLAB_ROLE_ARN"]
    assert {"Key": "classlab:attendee", "Value": "ann"} in config["Endpoint"]["Tags"]
    seat = json.loads((instance.volume / ".classlab/seat.json").read_text())
    assert (seat["stack"], seat["class_bucket"], seat["region"]) == ("sample--ann", "class", "us-east-1")
    assert seat["tuning_prefix"] == "sample---0123abcd"


def test_a_second_start_keeps_the_work_and_registers_the_kernel_again(instance: Instance) -> None:
    prepare(instance)
    (instance.volume / "labs/tiny-lab/hello.py").write_text("print('mine')\n")
    shutil.rmtree(instance.home / ".local")  # a stop wipes all but the volume
    before = (kernel_folder(instance) / ".complete").stat().st_mtime_ns
    shutil.rmtree(instance.class_bucket / "assets")  # and nothing is fetched twice
    done = prepare(instance)
    assert done.returncode == 0, done.stderr
    assert (instance.volume / "labs/tiny-lab/hello.py").read_text() == "print('mine')\n"
    assert (kernel_folder(instance) / ".complete").stat().st_mtime_ns == before
    assert (instance.home / ".local/share/jupyter/kernels/tiny/kernel.json").is_file()


def test_a_half_unpacked_kernel_does_not_count(instance: Instance) -> None:
    prepare(instance)
    folder = kernel_folder(instance)
    (folder / ".complete").unlink()
    (folder / "stray").touch()
    assert prepare(instance).returncode == 0
    assert not (folder / "stray").exists()
    assert (folder / ".complete").exists()


def test_a_missing_bundle_is_named(instance: Instance) -> None:
    (instance.class_bucket / "assets/1/labs.bundle").unlink()
    done = prepare(instance)
    assert done.returncode == 1
    assert done.stdout.startswith("labs.bundle cannot be fetched and unpacked: fatal error")
    assert not (instance.volume / "labs").exists()


def test_a_changed_pack_is_refused(instance: Instance) -> None:
    rewrite_contents(instance, 3, "0" * 64)
    done = prepare(instance)
    assert done.returncode == 1
    assert "is not the file of this build" in done.stdout
    assert not list(instance.volume.glob(".classlab/kernels/*/.complete"))


def test_a_volume_that_is_too_small_is_named(instance: Instance) -> None:
    rewrite_contents(instance, 4, "999999999")
    done = prepare(instance)
    assert done.returncode == 1
    assert "needs 999999999 MiB" in done.stdout
    assert "raise volume_gib" in done.stdout


def test_the_worker_reports_ready_and_goes_on(instance: Instance) -> None:
    worker = instance.start("bash", str(instance.tools / "worker.sh"))
    wait_for(lambda: instance.status().get("state") == "ready")
    first = instance.status()
    assert first["reason"] == first["log_tail"] == ""
    assert len(str(first["fingerprint"])) == 64
    (instance.volume / "mine.txt").write_text("work")
    (instance.volume / "leak").symlink_to("/etc/hostname")
    wait_for((instance.bucket / "work/mine.txt").exists)
    assert not (instance.bucket / "work/leak").exists()
    assert not (instance.bucket / "work/.classlab").exists()
    _change_a_package(instance)
    wait_for(lambda: instance.status().get("fingerprint") != first["fingerprint"])
    assert instance.status()["ready_at"] == first["ready_at"]
    assert worker.poll() is None


def test_a_seat_is_ready_however_many_files_an_attendee_made(instance: Instance) -> None:
    assert prepare(instance).returncode == 0
    for number in range(1000):  # together longer than an argument of a command may be
        (instance.volume / f"labs/tiny-lab/a-file-with-a-rather-long-name-{number:04}.jpg").touch()
    instance.start("bash", str(instance.tools / "worker.sh"))
    wait_for(lambda: instance.status().get("state") == "ready")
    parts = json.dumps(instance.status()["parts"])
    assert len(parts) > 128 * 1024
    assert "rather-long-name-0999.jpg" in parts


def test_what_cannot_be_read_does_not_stop_the_copy(instance: Instance) -> None:
    (instance.volume / "lost+found").mkdir()
    (instance.volume / "mine.txt").write_text("work")
    done = instance.run("bash", str(instance.tools / "sync_work.sh"))
    assert done.returncode == 0, done.stderr
    assert (instance.bucket / "work/mine.txt").is_file()
    (instance.bucket / "deny").touch()
    assert instance.run("bash", str(instance.tools / "sync_work.sh")).returncode != 0


def test_a_broken_seat_says_why_and_heals_when_the_asset_comes(instance: Instance) -> None:
    bundle = instance.class_bucket / "assets/1/labs.bundle"
    bundle.rename(instance.root / "late")
    instance.start("bash", str(instance.tools / "worker.sh"))
    wait_for(lambda: instance.status().get("state") == "broken")
    assert "labs.bundle cannot be fetched" in str(instance.status()["reason"])
    assert "preparing the seat sample--ann" in str(instance.status()["log_tail"])
    (instance.root / "late").rename(bundle)
    wait_for(lambda: instance.status().get("state") == "ready")


def test_a_stopping_instance_copies_the_work_once_more(instance: Instance) -> None:
    instance.environment["CLASSLAB_PERIOD_SECONDS"] = "1000"
    worker = instance.start("bash", str(instance.tools / "worker.sh"))
    wait_for(lambda: instance.status().get("state") == "ready" and "idle" not in "".join(instance.calls()[-1:]))
    wait_for(lambda: sum("s3 sync" in call for call in instance.calls()) == 1)
    (instance.volume / "last.txt").write_text("work")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    assert (instance.bucket / "work/last.txt").is_file()


def test_a_last_copy_begins_with_the_notebooks(instance: Instance) -> None:
    (instance.volume / "deep").mkdir()
    for name in ("deep/mine.ipynb", "deep/large.bin"):
        (instance.volume / name).write_text("work")
    notebooks = ["--exclude", "*", "--include", "*.ipynb"]
    done = instance.run("bash", str(instance.tools / "sync_work.sh"), *notebooks)
    assert done.returncode == 0, done.stderr
    copied = [path.name for path in (instance.bucket / "work").rglob("*") if path.is_file()]
    assert copied == ["mine.ipynb"]
    worker = instance.start("bash", str(instance.tools / "worker.sh"))
    wait_for(lambda: _copies(instance) == 2)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    last = [call for call in instance.calls() if "s3 sync" in call][-2:]
    assert [" ".join(notebooks) in call for call in last] == [True, False]


def test_a_stop_leaves_no_empty_status(instance: Instance) -> None:
    instance.start("bash", str(instance.tools / "worker.sh"))
    wait_for(lambda: instance.status().get("state") == "ready")
    last = instance.status()
    (instance.tools / "status.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    _change_a_package(instance)  # there is something to report
    copies = _copies(instance)
    wait_for(lambda: _copies(instance) > copies + 2)
    assert instance.status() == last


def _copies(instance: Instance) -> int:
    return sum("s3 sync" in call for call in instance.calls())


def _change_a_package(instance: Instance) -> None:
    packages = ".classlab/kernels/*/env/lib/python3*/site-packages"
    metadata = next(instance.volume.glob(f"{packages}/tiny-1.0.dist-info/METADATA"))
    metadata.write_text(metadata.read_text().replace("Version: 1.0", "Version: 1.1"))
