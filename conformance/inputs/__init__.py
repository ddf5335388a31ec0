"""The files that an operator writes: read with the line of every error, and written out to begin with."""
