"""The cases, by group; each is a function of a session."""
