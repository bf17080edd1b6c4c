"""EventBridge Scheduler: expressions, requests, targets, and the firing itself. No emulator import."""
