"""What an engine with `--state` keeps: every entry of every store in a journal that outlives kill -9.

Acknowledged means kept: before a response leaves, whatever its request touched is compared with the journal and
written. The page cache outlives the process, so nothing is synced to the disk: a machine that loses its power may lose
the end. Nothing here knows the emulator.
"""
