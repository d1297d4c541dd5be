"""What we look for: codebook, query language, inflection, normalisation, matcher."""
