"""What the stacks are composed of, one concern a module."""
