"""The offline demonstration: its own wire of items written for this project."""
