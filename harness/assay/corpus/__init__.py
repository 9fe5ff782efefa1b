"""Texts: read and verified in memory, fetched, sampled, or streamed out of files too large to hold."""
