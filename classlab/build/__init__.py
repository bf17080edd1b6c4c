"""`classlab build`: the files that a class is deployed from, made before synthesis and described by one manifest."""
