"""Which items tell the same story."""
