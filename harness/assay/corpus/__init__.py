"""Texts: read from files and folders, verified, fetched, sampled, or streamed out of files too large to hold."""
