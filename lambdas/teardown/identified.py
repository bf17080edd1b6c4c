"""How a resource is named within a run: by its key for others that use it, by its identity against a namesake."""


class Identified:
    """Whatever knows its kind, name, ARN and when it was created."""

    kind: str
    arn: str
    name: str
    created: str

    @property
    def key(self) -> str:
        """Names it for others that use it."""
        return f"{self.kind}/{self.name}"

    @property
    def identity(self) -> str:
        """Tells it from a later resource of the same name."""
        return f"{self.arn}@{self.created}"


def arn_of(identity: str) -> str:
    """The ARN in an identity."""
    return identity.rpartition("@")[0]
