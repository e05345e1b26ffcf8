"""A real CPython and the built package for Windows, under Wine: installed, run as a service, removed."""
