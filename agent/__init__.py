"""fieldgate: the dealer's own data agent. The house and its rules stand in docs/architecture.md."""

__version__ = "0.1.0"
