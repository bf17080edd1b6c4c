"""Processing jobs: inputs in, an entrypoint, outputs out. Nothing is installed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from embedded_aws.runtime import images, storage
from embedded_aws.runtime.container import ML, Container, ContainerSpec, Ending, await_end
from embedded_aws.runtime.job import Job, JobFailed
from embedded_aws.runtime.logs import LogStream
from embedded_aws.sagemaker.errors import AwsError

HOST_NAME = "algo-1"
PLACE = f"{ML}/processing"
LONGEST_MESSAGE = 1024


class ProcessingJob(Job):
    """Runs one processing job."""

    log_group = "/aws/sagemaker/ProcessingJobs"

    def work(self) -> dict[str, Any]:
        """Download, run, upload."""
        self._ml = self.folder / "ml"
        for name in ("config", "processing", "output"):
            (self._ml / name).mkdir(parents=True)
        self._principal = self.host.acting_as(self.record["RoleArn"])
        self._fetch_inputs()
        for output in self._outputs:
            self._place(output["LocalPath"]).mkdir(parents=True, exist_ok=True)
        self._write_configuration()
        self.plane.update(self.record, ProcessingStartTime=datetime.now(UTC))
        log = self.open_log(self.record["RoleArn"])
        try:
            ending = self._process(log)
        finally:
            log.close()
        return self._finish(ending)

    def failed_members(self) -> dict[str, Any]:
        """When it ended, and the message it left."""
        file = self.folder / "ml/output/message"
        message = {"ExitMessage": file.read_text(errors="replace")[:LONGEST_MESSAGE]} if file.exists() else {}
        return {"ProcessingEndTime": datetime.now(UTC), **message}

    @property
    def _outputs(self) -> list[dict[str, Any]]:
        outputs = self.record.get("ProcessingOutputConfig", {}).get("Outputs", [])
        return [output["S3Output"] for output in outputs]

    def _place(self, path: str) -> Path:
        """Where a path of the container is on this machine."""
        return self._ml / Path(path).relative_to(ML)

    def _fetch_inputs(self) -> None:
        for given in self.record.get("ProcessingInputs", []):
            source = given["S3Input"]
            try:
                files = storage.fetch_prefix(
                    self._principal, storage.locate(source["S3Uri"]), self._place(source["LocalPath"])
                )
            except AwsError as error:
                text = f"ClientError: Failed to download data. {error.code}: {error.message} ({source['S3Uri']})"
                raise JobFailed(text) from error
            if not files:
                raise JobFailed(f"ClientError: Failed to download data. No S3 objects found under {source['S3Uri']}")

    def _write_configuration(self) -> None:
        """The two files that a processing container finds below /opt/ml/config."""
        hidden = {"CreationTime", "LastModifiedTime", "ProcessingJobStatus", "ProcessingStartTime"}
        shown = {name: value for name, value in self.record.items() if not name.startswith("_") and name not in hidden}
        resources = {"current_host": HOST_NAME, "hosts": [HOST_NAME], "network_interface_name": "eth0"}
        texts = {"processingjobconfig": shown, "resourceconfig": resources}
        for name, value in texts.items():
            (self._ml / "config" / f"{name}.json").write_text(json.dumps(value, default=str))

    def _process(self, log: LogStream) -> Ending:
        specification = self.record["AppSpecification"]
        image = images.resolve(specification["ImageUri"])
        for difference in image.differences:
            log.write(f"[embedded AWS] {image.name}: {difference}")
        spec = ContainerSpec(image=image, hostname=HOST_NAME, ml=self._ml, principal=self._principal)
        argv = [*specification["ContainerEntrypoint"], *specification.get("ContainerArguments", [])]
        container = Container(self.host, spec)
        try:
            process = container.spawn(argv, log, self.record.get("Environment", {}))
            limit = self.host.clock.limit(self.record["StoppingCondition"]["MaxRuntimeInSeconds"])
            return await_end(process, self.stop, limit)
        finally:
            container.close()

    def _finish(self, ending: Ending) -> dict[str, Any]:
        """Upload, and the members of the final state; JobFailed with AWS's text for a failure."""
        if ending.cause == "stop":
            return self.failed_members()
        if ending.cause == "time":
            limit = self.record["StoppingCondition"]["MaxRuntimeInSeconds"]
            reason = f"ClientError: The job exceeded its MaxRuntimeInSeconds of {limit}"
            return {"_status": "Stopped", "FailureReason": reason, **self.failed_members()}
        if ending.code:
            raise JobFailed(f"AlgorithmError: See job logs for more information, exit code: {ending.code}")
        for output in self._outputs:
            target = storage.locate(output["S3Uri"])
            try:
                storage.put_tree(self._principal, self._place(output["LocalPath"]), target)
            except AwsError as error:
                text = f"ClientError: Failed to upload data. {error.code}: {error.message} ({target.uri})"
                raise JobFailed(text) from error
        return self.failed_members()
