"""The command line `classlab`: one file a command, each a thin layer over the core."""
