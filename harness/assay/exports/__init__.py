"""Results in the words of other programs: spreadsheets, data frames, CI servers, monitoring."""
