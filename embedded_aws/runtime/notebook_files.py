"""What a notebook instance finds when it starts: users, metadata, region, credentials, commands.

As on AWS there is `ec2-user`, `/opt/ml/metadata/resource-metadata.json`, and a region that SDKs find without being
told. Credentials come by AWS_CONTAINER_CREDENTIALS_FULL_URI where AWS has the instance metadata service; login shells
get the same variables from /etc/profile.d.
"""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from embedded_aws.runtime.environments import Environment
from embedded_aws.runtime.sandbox import File, User
from embedded_aws.runtime.sudo import SUDO
from embedded_aws.sagemaker.ports import Record

HOME = "/home/ec2-user"
VOLUME = f"{HOME}/SageMaker"
USER_ID = 1000
USER = User(uid=USER_ID, gid=USER_ID, groups=(USER_ID,))
SCRIPTS = "/var/lib/lifecycle"
PROFILE = "/etc/profile.d/embedded-aws.sh"
LAB_PAGE = "/usr/local/etc/jupyter/labconfig/page_config.json"
# Asks every new user whether to fetch news, over the first notebook.
QUIET = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
# In a user namespace there is one user only: ec2-user and root are two names of it, and groups cannot be set.
RUNUSER = r"""#!/bin/sh
# Stands for runuser in a sandbox with a single user: nothing has to change to become another.
login=
command=
while [ $# -gt 0 ]; do
  case $1 in
    -u | --user) shift 2; [ "$1" != -- ] || shift; exec "$@" ;;
    -l | - | --login) login=-l; shift ;;
    -c | --command) command=$2; shift 2 ;;
    *) shift ;;
  esac
done
[ -z "$login" ] || { cd /home/ec2-user && HOME=/home/ec2-user && export HOME; }
if [ -n "$command" ]; then exec bash $login -c "$command"; fi
exec bash $login
"""


def files(record: Record, region: str, variables: Mapping[str, str], *, single_user: bool) -> list[File]:
    """The files of an instance; ec2-user is a second name of root where there is a single user."""
    mine = owner(single_user=single_user)
    metadata = {"ResourceArn": record["NotebookInstanceArn"], "ResourceName": record["NotebookInstanceName"]}
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    config = f"[default]\nregion = {region}\n"
    made = [
        File(path="/etc/passwd", text=_users(mine)),
        File(path="/etc/group", text=_groups(mine)),
        File(path="/opt/ml/metadata/resource-metadata.json", text=json.dumps(metadata)),
        File(path="/usr/bin/sudo", text=SUDO, mode=0o755),
        File(path=PROFILE, text=exports),
        File(path=LAB_PAGE, text=json.dumps(QUIET)),
        File(path="/root/.aws/config", text=config),
        File(path=f"{HOME}/.aws", text=None, mode=0o755, uid=mine, gid=mine),
        File(path=f"{HOME}/.aws/config", text=config, uid=mine, gid=mine),
    ]
    if single_user:
        made.append(File(path="/usr/sbin/runuser", text=RUNUSER, mode=0o755))
    return made


def owner(*, single_user: bool) -> int:
    """The number of ec2-user and its group, as the machine sees it."""
    return 0 if single_user else USER_ID


def _users(number: int) -> str:
    return _others("passwd", 2) + f"ec2-user:x:{number}:{number}:EC2 Default User:{HOME}:/bin/bash\n"


def _groups(number: int) -> str:
    return _others("group", 2) + f"ec2-user:x:{number}:\n"


def _others(name: str, number_field: int) -> str:
    """The machine's users or groups, without those that would be mistaken for ec2-user."""
    kept = []
    for line in Path("/etc", name).read_text().splitlines():
        fields = line.split(":")
        if fields[0] != "ec2-user" and fields[number_field : number_field + 1] != [str(USER_ID)]:
            kept.append(f"{line}\n")
    return "".join(kept)


def commands(environment: Environment) -> dict[str, str]:
    """Commands that lifecycle scripts find on AWS's PATH, as links: the command line, and what the machine lacks there.

    The machine's own python3 is taken where it has one: like AWS's system Python it has no boto3.
    """
    links = {"/usr/bin/aws": str(environment.folder / "bin" / "aws")}
    if not Path("/usr/bin/python3").exists():
        links["/usr/bin/python3"] = str(environment.interpreter_home / "bin" / "python3")
    elsewhere = shutil.which("git")
    if elsewhere and not Path("/usr/bin/git").exists():
        links["/usr/bin/git"] = elsewhere
    return links
