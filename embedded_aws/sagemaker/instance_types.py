"""What the families of instance types are. Which types a call takes is in the service model: each use has its enum.

Source: the Amazon EC2 instance types guide, "Specifications for Amazon EC2 accelerated computing instances" and the
pages of the other categories. Memory and cores are left out, because nothing here is bounded by them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Family:
    """Instances of one kind: what accelerates them (nothing, an NVIDIA GPU, another chip), and whether they are Arm.

    With `nvme` they have volumes of their own, which SageMaker then uses instead of EBS.
    """

    accelerator: str = ""
    arm: bool = False
    nvme: bool = False


GPU = "gpu"


def _families(names: str, family: Family) -> dict[str, Family]:
    return dict.fromkeys(names.split(), family)


FAMILIES: dict[str, Family] = {
    **_families("t2 t3 m4 m5 m6i m7i m7i-flex m8i m8i-flex", Family()),
    **_families("c4 c5 c5n c6i c6in c7i c7i-flex c8i c8i-flex", Family()),
    **_families("r5 r6i r7i r8i r8i-flex", Family()),
    **_families("m5d m6id c5d c6id r5d r6id", Family(nvme=True)),
    **_families("m6g m8g c6g c6gn c7g c8g r6g r8g", Family(arm=True)),
    **_families("m6gd c6gd r6gd r7gd", Family(arm=True, nvme=True)),
    **_families("p2 p3", Family(accelerator=GPU)),
    **_families("p3dn p4d p4de p5 p5e p5en p6-b200 p6-b300", Family(accelerator=GPU, nvme=True)),
    **_families("g4dn g5 g6 g6e g7e", Family(accelerator=GPU, nvme=True)),
    **_families("g7", Family(accelerator=GPU)),  # its volumes are not in the pages that were at hand
    **_families("p6e-gb200", Family(accelerator=GPU, arm=True, nvme=True)),
    **_families("inf1 inf2", Family(accelerator="neuron")),
    **_families("trn1 trn1n trn2", Family(accelerator="neuron", nvme=True)),
    **_families("dl1", Family(accelerator="gaudi", nvme=True)),
}


def family(instance_type: str) -> Family:
    """The family of an instance type of the service model (`ml.g4dn.xlarge`)."""
    return FAMILIES[instance_type.split(".")[1]]
