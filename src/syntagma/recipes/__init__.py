"""Named experiments: every setting in one small file, with the score to expect."""
