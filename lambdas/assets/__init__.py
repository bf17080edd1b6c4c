"""Custom resource of the class stack: fills the class bucket, and empties it when the stack goes."""
