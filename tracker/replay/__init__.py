"""Archives through the same pipeline: readers and engines."""
