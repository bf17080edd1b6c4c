"""An engine that keeps its state: started, killed, started again on the same folder."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from embedded_aws import launcher
from tests.embedded_aws.account import Account, fetch

Items = dict[tuple[str, str, str], str]


class KeptEngine:
    """One account over the lives of its engines; clients are made anew for each."""

    def __init__(self, state: Path, environments: Path) -> None:
        self._environments = environments
        self.state = state
        self.account: Account
        self.start()

    def start(self) -> None:
        """Take up what the folder holds."""
        engine = launcher.start(state=self.state, environments=self._environments, keep=True)
        self.account = Account(engine)

    def kill(self) -> None:
        """SIGKILL to the engine alone: what it started stays behind, as it would."""
        os.kill(self.account.engine.pid, signal.SIGKILL)
        os.waitpid(self.account.engine.pid, 0)

    def stop(self) -> None:
        """SIGTERM, and nothing else."""
        os.kill(self.account.engine.pid, signal.SIGTERM)
        os.waitpid(self.account.engine.pid, 0)

    def again(self) -> Account:
        """Killed and started again; the account."""
        self.kill()
        self.start()
        return self.account

    def held(self) -> Items:
        """Everything that the services hold, with a digest of each."""
        engine = self.account.engine
        headers = {"Authorization": f"Bearer {engine.secret_access_key}"}
        status, body = fetch(engine.endpoint, "/_embedded/inventory", headers=headers)
        assert status == 200, body
        items = json.loads(body)["items"]
        return {(item["service"], item["collection"], item["id"]): item["digest"] for item in items}

    def end(self) -> None:
        """Remove everything."""
        launcher.clean(self.state)
