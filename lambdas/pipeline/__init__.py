"""The quality gate of the labs' pipelines."""
