"""The sources of the labs: read with line numbers, checked, priced, and begun from a skeleton."""
