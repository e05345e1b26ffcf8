"""A DMS that is written to while it is read, and an agent that is killed while it reads."""
