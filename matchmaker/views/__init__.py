"""One blueprint per place a person stands."""
