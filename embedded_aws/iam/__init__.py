"""What IAM is asked about requests, passed roles, and the sessions that services get. No emulator import."""
