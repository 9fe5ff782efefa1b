"""Plain text: escaping for each target language, digits that carry information, columns that line up."""
