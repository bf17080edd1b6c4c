"""ClassLab: hands-on machine-learning classes on AWS, identical for everybody, leaving nothing behind."""
