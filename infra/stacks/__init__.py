"""Two stacks: one of the class, one of an attendee."""
