"""Count tokens over files too large to hold: tasks spread by an executor, mergeable counts added up."""
