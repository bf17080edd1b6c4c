"""A class's whole day on this machine: deploy, work, tear down, and a judge who asks what is left."""
