"""Reading, checking and describing sentences with tagged words."""
