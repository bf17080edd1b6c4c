"""CloudTrail's event history: every management call that was answered, with its principal. No emulator import."""
