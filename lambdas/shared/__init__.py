"""What the functions share: telemetry, environment, clients, faults, retries, emptying a bucket."""
