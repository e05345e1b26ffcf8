"""PURE: values in, values out. No file, socket, clock, random, log or database; randomness arrives as an argument."""
