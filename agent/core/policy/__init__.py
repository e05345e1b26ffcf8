"""The policy language: an officer's YAML in, a `Draft` or all its problems out; approved ones compiled.

Nothing here opens a file, and nothing here can allow what the floor forbids.
"""
