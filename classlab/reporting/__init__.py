"""What a run tells people: typed events, shown by renderers, and the report as JSON and HTML."""
