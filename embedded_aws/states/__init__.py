"""Step Functions: the States Language, tasks and their rights, Distributed Maps, executions. No emulator import."""
