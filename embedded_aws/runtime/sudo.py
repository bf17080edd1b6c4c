"""sudo of a notebook instance: root becomes others with it, and ec2-user becomes root unless root access is disabled.

A stand-in for what AWS's images have. The environment is reset as sudo does, but for what SDKs find their credentials
and the engine by, which AWS needs no variables for. What gives users root is a copy of setpriv that runs as its owner.
"""

from __future__ import annotations

import os
from pathlib import Path

from embedded_aws.runtime.sandbox import Sandbox, SandboxError

AS_ROOT = "/usr/libexec/embedded-aws/as-root"
_SECONDS = 30
SUDO = r"""#!/bin/bash
# Stands for sudo: root may become anybody with it. Options that it does not know are refused.
export PATH=/sbin:/bin:/usr/sbin:/usr/bin
asked=("$@") user=root login= keep=
while [ $# -gt 0 ]; do
  case $1 in
    -u | --user)
      [ $# -gt 1 ] || { echo "sudo: option requires an argument -- 'u'" >&2; exit 1; }
      user=$2; shift 2 ;;
    --user=*) user=${1#*=}; shift ;;
    -i | --login) login=yes; shift ;;
    -E | --preserve-env) keep=yes; shift ;;
    -H | --set-home | -n | --non-interactive) shift ;;
    --) shift; break ;;
    -*) echo "sudo: $1 is not implemented by the embedded AWS" >&2; exit 1 ;;
    *) break ;;
  esac
done
if [ "$(id -u)" != 0 ]; then
  SUDO_USER=$(id -un)
  export SUDO_USER
  [ ! -x @AS_ROOT@ ] || exec @AS_ROOT@ --reuid=0 --regid=0 --clear-groups "$0" "${asked[@]}"
  echo "$(id -un) is not in the sudoers file: root access is disabled." >&2
  exit 1
fi
if [ -n "$login" ]; then
  [ $# -gt 0 ] || exec runuser -l "$user"
  printf -v line '%q ' "$@"
  exec runuser -l "$user" -c "$line"
fi
[ $# -gt 0 ] || { echo "usage: sudo [-EHin] [-u user] [VAR=value] command" >&2; exit 1; }
[ -z "$keep" ] || exec runuser -u "$user" -- env "$@"
home=$(getent passwd "$user" | cut -d: -f6)
kept=()
for name in $(compgen -e AWS_); do kept+=("$name=${!name}"); done
for name in LANG TERM; do [ -z "${!name}" ] || kept+=("$name=${!name}"); done
who=(HOME="${home:-/}" USER="$user" LOGNAME="$user" SHELL=/bin/bash SUDO_USER="${SUDO_USER:-root}")
exec env -i PATH="$PATH" "${who[@]}" "${kept[@]}" runuser -u "$user" -- env "$@"
""".replace("@AS_ROOT@", AS_ROOT)


def give_root(sandbox: Sandbox) -> None:
    """Let every user of a sandbox become root by sudo; SandboxError, and the sandbox is ended, if that cannot be."""
    command = f'install -D -m 4755 "$(command -v setpriv)" {AS_ROOT}'
    with Path(os.devnull).open("wb") as nowhere:
        process = sandbox.spawn(["/bin/sh", "-c", command], env={"PATH": os.defpath}, output=nowhere.fileno())
        if process.wait(_SECONDS) != 0:
            sandbox.stop()
            raise SandboxError("users cannot be given root access: this machine has no setpriv (util-linux)")
