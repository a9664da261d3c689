"""Reading labelled text: formats, named corpora, splits and batches. No Keras here."""
