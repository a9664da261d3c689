"""Named corpora: where they are looked up, and how they are downloaded and read."""
