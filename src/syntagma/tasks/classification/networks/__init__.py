"""Networks over the words of a text: each file is a config and the function that builds from it."""
