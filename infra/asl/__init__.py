"""State machines in the Amazon States Language with JSONata, built as plain dicts by small typed functions."""
