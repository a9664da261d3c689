"""Networks over the word vectors of a text. Each module has a config class and a function that builds the network."""
