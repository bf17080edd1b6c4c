"""Runs what the control plane holds: jobs, endpoints and notebook instances as processes of this machine.

Import from the modules: this package stays light, since the first process of every sandbox imports it.
"""
