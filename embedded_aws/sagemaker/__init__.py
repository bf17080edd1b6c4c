"""SageMaker's control plane on this machine: states, validation, refusals and texts as AWS has them.

`control_plane.ControlPlane` holds the resources and answers calls; `ports` says what it needs from outside;
`http` speaks the wire protocols. Nothing here imports an emulator or runs a process.
"""
