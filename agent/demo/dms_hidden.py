"""The nonpublic values of the make-believe dealership, in two variants of which no cell is equal.

For the test of non-interference: values changed, NULLs flipped, cash, loan and lease swapped, while no public
column moves.
A row draws the same shares in both variants; the variant decides what a share means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from agent.demo import dms_people as words
from agent.demo.dms_unique import birth_date, digits

T = TypeVar("T")
_RING = 2**31


class Spec(NamedTuple):
    """A planted column's place among the unique numbers: first digits, how many more, slot of `SLOTS` in that width."""

    leads: str
    width: int
    slot: int


SLOTS = {6: 8, 7: 16, 8: 32, 11: 16}  # how many columns share the numbers of one width
SPECS = {
    # 12345.67
    "SALES_DEAL.CASH_DOWN": Spec("1", 6, 0),
    "SALES_DEAL.AMT_FINANCED": Spec("23456", 6, 1),
    "SALES_DEAL.RESIDUAL_AMT": Spec("12", 6, 2),
    "SALES_DEAL.TRADE_PAYOFF": Spec("12", 6, 3),
    "TRADE_IN.PAYOFF_AMT": Spec("12", 6, 4),
    "CUSTOMER.CUST_COMMENTS amount": Spec("123", 6, 5),
    "SALES_DEAL.DEAL_NOTES amount": Spec("123", 6, 6),
    # 1234.5678, and lenders' branch numbers
    "CUSTOMER.MONTHLY_INCOME": Spec("34567", 7, 0),
    "SALES_DEAL.MONTHLY_PMT": Spec("1", 7, 1),
    "SALES_DEAL.FIN_RESERVE": Spec("12", 7, 2),
    "SALES_DEAL.BACK_GROSS": Spec("1234", 7, 3),
    "SALES_DEAL.FINANCE_CHARGE": Spec("3456", 7, 4),
    "FIN_CONTRACT.PaymentAmt": Spec("1", 7, 5),
    "FIN_CONTRACT.FIIncome": Spec("12", 7, 6),
    "CREDIT_APP.MonthlyIncome": Spec("34567", 7, 7),
    "CREDIT_APP.OtherMonthlyIncome": Spec("1", 7, 8),
    "CREDIT_APP.MortgageOrRent": Spec("12", 7, 9),
    "VEHICLE.LIENHOLDER_NAME": Spec("3456789", 7, 10),
    "SALES_DEAL.LENDER_NAME": Spec("3456789", 7, 11),
    "TRADE_IN.LIENHOLDER_NAME": Spec("3456789", 7, 12),
    "FIN_CONTRACT.FinanceSource": Spec("3456789", 7, 13),
    "CREDIT_APP.BankName": Spec("3456789", 7, 14),
    # 123-45-6789, 12345.6789, policies, keys
    "CUSTOMER.SSN": Spec("1234578", 8, 0),
    "CREDIT_APP.SSN": Spec("1234578", 8, 1),
    "CUSTOMER.CUST_COMMENTS ssn": Spec("1234578", 8, 2),
    "SALES_DEAL.DEAL_NOTES ssn": Spec("1234578", 8, 3),
    "REPAIR_ORDER.COMMENTS ssn": Spec("1234578", 8, 4),
    "RO_LINE.CAUSE ssn": Spec("1234578", 8, 5),
    "APPOINTMENT.NOTES ssn": Spec("1234578", 8, 6),
    "FIN_CONTRACT.FinanceAmt": Spec("23456", 8, 7),
    "FIN_CONTRACT.FinanceCharge": Spec("1", 8, 8),
    "FIN_CONTRACT.TotalOfMonthlyPayments": Spec("34567", 8, 9),
    "FIN_CONTRACT.currentbalance": Spec("123", 8, 10),
    "FIN_CONTRACT.CashCapReduction": Spec("1", 8, 11),
    "FIN_CONTRACT.LeaseEndValue": Spec("12", 8, 12),
    "VEHICLE.INS_POLICY_NO": Spec("3456789", 8, 13),
    "FIN_CONTRACT.MbiPolicyNo": Spec("3456789", 8, 14),
    "VEHICLE.KEY_CODE": Spec("3456789", 8, 15),
    "CUSTOMER.UDF2": Spec("3456789", 8, 16),
    "CUSTOMER.LAST_NAME ssn": Spec("1234578", 8, 18),
    "SALES_DEAL.UDF1": Spec("3456789", 8, 17),
    # accounts and licenses
    "CUSTOMER.DL_NO": Spec("3456789", 11, 0),
    "CREDIT_APP.DriverLicenseNumber": Spec("3456789", 11, 1),
    "SALES_DEAL.LENDER_ACCT": Spec("3456789", 11, 2),
    "TRADE_IN.LIENHOLDER_ACCT": Spec("3456789", 11, 3),
    "FIN_CONTRACT.accountno": Spec("3456789", 11, 4),
    "CREDIT_APP.BankAccountNo": Spec("3456789", 11, 5),
    "CUSTOMER.CUST_COMMENTS account": Spec("3456789", 11, 6),
    "SALES_DEAL.DEAL_NOTES account": Spec("3456789", 11, 7),
    "REPAIR_ORDER.COMMENTS account": Spec("3456789", 11, 8),
    "RO_LINE.CAUSE account": Spec("3456789", 11, 9),
    "APPOINTMENT.NOTES account": Spec("3456789", 11, 10),
}


class Hidden:
    """Makes the nonpublic values of one row."""

    __slots__ = ("_state", "index", "seed", "table", "variant")

    def __init__(self, table: str, index: int, seed: int, variant: int) -> None:
        self.table, self.index, self.seed, self.variant = table, index, seed, variant
        self._state = (index * 2_654_435_761 + seed * 40_503 + len(table) * 97) % _RING
        self.share()
        self.share()

    def share(self) -> float:
        """The row's next draw, the same in both variants. A small generator: a big one per row costs more."""
        self._state = (self._state * 1_103_515_245 + 12_345) % _RING
        return self._state / _RING

    def number(self, column: str) -> str:
        """The digits of a planted column in this row."""
        spec = SPECS[f"{self.table}.{column}"]
        place = self.index * 2 + self.variant
        return spec.leads[place % len(spec.leads)] + digits(
            place * SLOTS[spec.width] + spec.slot, spec.width, self.seed
        )

    def amount(self, column: str, decimals: int = 2) -> str:
        number = self.number(column)
        return f"{number[:-decimals]}.{number[-decimals:]}"

    def ssn(self, column: str = "SSN") -> str:
        number = self.number(column)
        return f"{number[:3]}-{number[3:5]}-{number[5:]}"

    def license(self, column: str) -> str:
        number = self.number(column)
        return f"S{number[:3]}-{number[3:6]}-{number[6:9]}-{number[9:]}"

    def lender(self, column: str) -> str:
        return f"{self.one_of(words.BANKS)} BR-{self.number(column)}"

    def birth(self) -> str:
        return birth_date(self.index * 2 + self.variant, self.seed)

    def one_of(self, choices: Sequence[T]) -> T:
        """Never the same choice in both variants."""
        return choices[(int(self.share() * len(choices)) + self.variant) % len(choices)]

    def whole(self, low: int, high: int) -> int:
        span = high - low
        return low + (int(self.share() * span) + self.variant * (span // 2 + 1)) % span

    def narrow(self, low: int, high: int, decimals: int = 2) -> str:
        """An amount or rate too common to search for."""
        scale = 10**decimals
        cents = self.whole(low * scale, high * scale)
        return f"{cents // scale}.{cents % scale:0{decimals}d}"

    def maybe(self, value: T, blank: float = 0.12) -> T | None:
        """NULL for some rows; no row is NULL in both variants."""
        share = self.share()
        return None if (share >= 1 - blank if self.variant else share < blank) else value

    def typed(self, column: str, kinds: Sequence[str]) -> tuple[str, str]:
        """A note with a nonpublic value typed into it, and that value."""
        kind = kinds[int(self.share() * len(kinds))]
        if kind == "ssn":
            value = self.ssn(f"{column} ssn") if self.share() < 0.7 else self.number(f"{column} ssn")
            templates: Sequence[str] = words.TYPED_SSN
        elif kind == "account":
            value = self.number(f"{column} account")
            templates = words.TYPED_ACCOUNT
        else:
            value = self.amount(f"{column} amount")
            templates = words.TYPED_AMOUNT
        return templates[int(self.share() * len(templates))].format(value), value
