"""Training jobs: channels in, a script or an entrypoint, model and output archives out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from embedded_aws.runtime import engine_code, images, storage, toolkit, warm_pool_cache
from embedded_aws.runtime.checkpoints import Checkpoints
from embedded_aws.runtime.container import ML, Container, ContainerSpec, Ending, await_end
from embedded_aws.runtime.job import Job, JobFailed
from embedded_aws.runtime.logs import LogStream
from embedded_aws.runtime.metrics import Metrics
from embedded_aws.runtime.toolkit import Script
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.warm_pools import Pool

HOST_NAME = "algo-1"
CUSTOMERS_FAULT = 2
ALGORITHMS = {"image-classification": "image_classification.train"}
"""Modules of `container_code` that stand for built-in algorithms, by the image's framework."""

WITHOUT_WEIGHTS = "use_pretrained_model=1 finds no pretrained weights: the network is trained from scratch"


class TrainingJob(Job):
    """Runs one training job."""

    log_group = "/aws/sagemaker/TrainingJobs"

    def work(self) -> dict[str, Any]:
        """Download, train, upload; what the instances keep for the next job comes first and goes last."""
        self._ml = self.folder / "ml"
        pool: Pool | None = self.record.get("_pool")
        if pool is None:
            return self._work()
        warm_pool_cache.open_in(self._ml, self.host.state, pool.cluster)
        try:
            return self._work()
        finally:
            warm_pool_cache.keep(self._ml, self.host.state, pool.cluster)

    def _work(self) -> dict[str, Any]:
        for name in ("input/config", "input/data", "model", "output/data", "code", "checkpoints"):
            (self._ml / name).mkdir(parents=True)
        self._principal = self.host.acting_as(self.record["RoleArn"])
        self._show("Downloading")
        self._image = images.resolve(self.record["AlgorithmSpecification"]["TrainingImage"])
        self._fetch_channels()
        script = self._script()
        if script:
            self._fetch_code(script)
        self._write_configuration()
        self._started = datetime.now(UTC)
        self._show("Training", message=self._training_message(), TrainingStartTime=self._started)
        definitions = self.record["AlgorithmSpecification"].get("MetricDefinitions", [])
        self._metrics = Metrics(self._principal, self.name, definitions)
        log = self.open_log(self.record["RoleArn"], self._metrics.watch)
        try:
            with self._checkpoints():
                ending = self._train(script, log)
        finally:
            log.close()
            self._metrics.close()
        return self._finish(ending)

    @contextmanager
    def _checkpoints(self) -> Iterator[None]:
        """Checkpoints are synchronised while this lasts; JobFailed if they cannot be (the texts are not AWS's)."""
        config = self.record.get("CheckpointConfig")
        if config is None:
            yield
            return
        kept = Checkpoints(self._principal, config, self._ml)
        try:
            kept.start()
        except AwsError as error:
            text = f"ClientError: Checkpoint download failed:{error.code}: {error.message} ({config['S3Uri']})"
            raise JobFailed(text) from error
        try:
            yield
        finally:
            try:
                kept.close()
            except AwsError as error:
                text = f"ClientError: Checkpoint upload failed:{error.code}: {error.message} ({config['S3Uri']})"
                raise JobFailed(text) from error

    def failed_members(self) -> dict[str, Any]:
        """The times and the metrics, if it came to training."""
        return {**self._times(), **self._metrics.final()} if hasattr(self, "_metrics") else {}

    def _show(self, secondary: str, **members: Any) -> None:  # noqa: ANN401 # members of Describe
        with self.plane.lock:
            if self.record["TrainingJobStatus"] == "InProgress":
                self.plane.transition(self.kind, self.record, "InProgress", SecondaryStatus=secondary, **members)

    def _script(self) -> Script | None:
        """What the image's toolkit runs; an entrypoint comes in its place, and an algorithm has none."""
        if "ContainerEntrypoint" in self.record["AlgorithmSpecification"] or self._image.framework in ALGORITHMS:
            return None
        return toolkit.read_script(self.record.get("HyperParameters", {}))

    def _training_message(self) -> str:
        """What Describe says while it trains, with the differences from AWS that matter most."""
        differences = [*self._image.differences[:1], *self._notes]
        note = f" [embedded AWS: {'; '.join(differences)}]" if differences else ""
        return f"Training image download completed. Training in progress.{note}"

    @property
    def _notes(self) -> list[str]:
        """What differs from AWS in this job, whatever its image."""
        scratch = self.record.get("HyperParameters", {}).get("use_pretrained_model") == "1"
        pretrained = [WITHOUT_WEIGHTS] if scratch and self._image.framework in ALGORITHMS else []
        return [*pretrained, *self.record.get("_notes", ())]

    def _fetch_channels(self) -> None:
        for channel in self.record.get("InputDataConfig", []):
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            try:
                prefix = storage.locate(uri)
                folder = self._ml / "input/data" / channel["ChannelName"]
                files = storage.fetch_prefix(self._principal, prefix, folder)
            except AwsError as error:
                raise JobFailed(f"ClientError: Data download failed:{error.code}: {error.message} ({uri})") from error
            if not files:
                raise JobFailed(f"ClientError: Data download failed:No S3 objects found under S3 URL {uri!r}")

    def _fetch_code(self, script: Script) -> None:
        """The submitted archive into /opt/ml/code; a directory of a channel is used where it is."""
        if not script.submit_directory.startswith("s3://"):
            return
        archive = self.folder / "sourcedir.tar.gz"
        try:
            storage.fetch(self._principal, storage.locate(script.submit_directory), archive)
        except AwsError as error:
            text = f"ClientError: cannot fetch {script.submit_directory}: {error.code}: {error.message}"
            raise JobFailed(text) from error
        storage.unpack(archive, self._ml / "code")

    @property
    def _channels(self) -> dict[str, Any]:
        channels = {}
        for channel in self.record.get("InputDataConfig", []):
            source = channel["DataSource"]["S3DataSource"]
            channels[channel["ChannelName"]] = {
                "ContentType": channel.get("ContentType"),
                "TrainingInputMode": channel.get("InputMode", "File"),
                "S3DistributionType": source["S3DataDistributionType"],
                "RecordWrapperType": channel["RecordWrapperType"],
            }
        return channels

    @property
    def _resources(self) -> dict[str, Any]:
        kind = self.record["ResourceConfig"]["InstanceType"]
        return {
            "current_host": HOST_NAME,
            "current_instance_type": kind,
            "current_group_name": "homogeneousCluster",
            "hosts": [HOST_NAME],
            "instance_groups": [
                {"instance_group_name": "homogeneousCluster", "instance_type": kind, "hosts": [HOST_NAME]}
            ],
            "network_interface_name": "eth0",
        }

    def _write_configuration(self) -> None:
        texts: Mapping[str, Any] = {
            "hyperparameters": self.record.get("HyperParameters", {}),
            "inputdataconfig": self._channels,
            "resourceconfig": self._resources,
        }
        for name, value in texts.items():
            (self._ml / "input/config" / f"{name}.json").write_text(json.dumps(value))

    def _train(self, script: Script | None, log: LogStream) -> Ending:
        for difference in self._image.differences:
            log.write(f"[embedded AWS] {self._image.name}: {difference}")
        for difference in self._notes:
            log.write(f"[embedded AWS] {difference}")
        spec = ContainerSpec(
            image=self._image,
            hostname=HOST_NAME,
            ml=self._ml,
            principal=self._principal,
            read_only=engine_code.MOUNTS,
        )
        container = Container(self.host, spec)
        try:
            if script:
                return self._run_script(container, script, log)
            return self._run_command(container, self._command(container), {}, log, "/")
        finally:
            container.close()

    def _command(self, container: Container) -> list[str]:
        """The entrypoint, or the algorithm that the image is."""
        specification = self.record["AlgorithmSpecification"]
        if "ContainerEntrypoint" in specification:
            return [*specification["ContainerEntrypoint"], *specification.get("ContainerArguments", [])]
        return engine_code.command(container.sandbox, ALGORITHMS[self._image.framework], ML)

    def _run_script(self, container: Container, script: Script, log: LogStream) -> Ending:
        """As the toolkits do: the script's requirements first, then the script."""
        code = toolkit.CODE if script.submit_directory.startswith("s3://") else script.submit_directory
        inside = self._ml / Path(code).relative_to(ML) if code.startswith(ML) else None
        if inside and (inside / "requirements.txt").exists():
            argv = ["python", "-m", "pip", "install", "-r", "requirements.txt"]
            ending = self._run_command(container, argv, {}, log, code)
            if ending.code or ending.cause != "itself":
                self._note_failure("InstallRequirementsError", argv, ending, log)
                return ending
        variables = toolkit.script_variables(script, self._channels, self._resources)
        variables |= toolkit.framework_variables(self._image.framework, self._resources)
        argv = script.argv(modules=self._image.framework in toolkit.RUN_MODULES)
        log.write(f"Invoking script with the following command: {' '.join(argv)}")
        ending = self._run_command(container, argv, variables, log, code)
        if ending.code:
            self._note_failure("ExecuteUserScriptError", argv, ending, log)
        return ending

    def _note_failure(self, what: str, argv: list[str], ending: Ending, log: LogStream) -> None:
        """What the toolkits write to /opt/ml/output/failure unless the script did."""
        file = self._ml / "output/failure"
        if not file.exists():
            last = "\n".join(list(log.tail)[-20:])
            file.write_text(f'{what}:\nExitCode {ending.code}\nErrorMessage "{last}"\nCommand "{" ".join(argv)}"')

    def _run_command(
        self, container: Container, argv: list[str], variables: Mapping[str, str], log: LogStream, cwd: str
    ) -> Ending:
        job = {
            "TRAINING_JOB_NAME": self.name,
            "TRAINING_JOB_ARN": self.record["TrainingJobArn"],
            "SM_MODEL_DIR": f"{ML}/model",
            "SM_INPUT": f"{ML}/input",
            "SM_INPUT_TRAINING_CONFIG_FILE": f"{ML}/input/config/hyperparameters.json",
            "SM_INPUT_DATA_CONFIG_FILE": f"{ML}/input/config/inputdataconfig.json",
            "SM_CHECKPOINT_CONFIG_FILE": f"{ML}/input/config/checkpointconfig.json",
        }
        if "_pool" in self.record:
            job[warm_pool_cache.VARIABLE] = warm_pool_cache.PLACE
        process = container.spawn(argv, log, {**job, **variables, **self.record.get("Environment", {})}, cwd)
        spent = (datetime.now(UTC) - self._started).total_seconds()
        limit = self.host.clock.limit(self.record["StoppingCondition"]["MaxRuntimeInSeconds"])
        return await_end(process, self.stop, limit - spent)

    def _finish(self, ending: Ending) -> dict[str, Any]:
        """Upload, and the members of the final state; JobFailed with the job's own reason."""
        if ending.cause == "itself" and ending.code:
            file = self._ml / "output/failure"
            reason = file.read_text(errors="replace").strip() if file.exists() else ""
            raise JobFailed(f"{self._fault(ending)}: {reason[:1000]}, exit code: {ending.code}")
        self._show("Uploading")
        members = {**self._upload(), **self._times(), **self._metrics.final()}
        if ending.cause == "time":
            members |= {"_status": "Stopped", "SecondaryStatus": "MaxRuntimeExceeded"}
        return members

    def _fault(self, ending: Ending) -> str:
        """Whose fault a failure is: built-in algorithms tell it by their exit status."""
        algorithm = self._image.framework in ALGORITHMS
        return "ClientError" if algorithm and ending.code == CUSTOMERS_FAULT else "AlgorithmError"

    def _upload(self) -> dict[str, Any]:
        target = storage.locate(self.record["OutputDataConfig"]["S3OutputPath"]).below(f"{self.name}/output")
        members = {}
        for folder, name in (("model", "model.tar.gz"), ("output/data", "output.tar.gz")):
            content = self._ml / folder
            if name == "output.tar.gz" and not any(content.iterdir()):
                continue
            archive = self.folder / name
            storage.pack(content, archive)
            try:
                storage.put(self._principal, archive, target.below(name))
            except AwsError as error:
                raise JobFailed(
                    f"ClientError: Artifact upload failed:{error.code}: {error.message} ({target.below(name).uri})"
                ) from error
            if folder == "model":
                members["ModelArtifacts"] = {"S3ModelArtifacts": target.below(name).uri}
        return members

    def _times(self) -> dict[str, Any]:
        ended = datetime.now(UTC)
        seconds = int((ended - self._started).total_seconds()) + 1
        return {"TrainingEndTime": ended, "TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}
