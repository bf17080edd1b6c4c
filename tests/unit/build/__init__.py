"""What `classlab build` makes."""
