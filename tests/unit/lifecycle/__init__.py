"""The scripts of the lifecycle configuration, run in temporary folders."""
