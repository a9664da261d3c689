"""Reading, checking, filtering and describing pairs of a source text and a target text."""
