"""One module for each format in which a run, a comparison or a history is written."""
