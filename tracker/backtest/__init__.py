"""What an edit of the codebook would change, on stored items or an archive; and adopting it for the past."""
