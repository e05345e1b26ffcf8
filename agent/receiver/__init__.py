"""The OEM's side: verify, ledger, receipts, landing. Imports agent.core and agent.errors only, so it can be lifted out.

Takes a batch whole or refuses it whole; believes nothing a dealer says about itself; keeps what proves it.
"""
