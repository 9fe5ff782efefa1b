"""Corpora that are sets of files: read as streams, counted part by part, and the parts added up."""
