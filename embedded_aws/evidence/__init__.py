"""What this engine can do, found out by asking it. Knows no emulator: it is a client like any other."""
