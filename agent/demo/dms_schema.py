"""The make-believe DMS: nine tables in the manner of public layouts, each column with its type and what it is.

Labels: NPI (nonpublic, never leaves), HOLD (opaque, dealer-defined, free text or a vehicle secret), PII, CONSENT, OK.
`planted` names the kind of a wide nonpublic value: unique in the whole database, so that a search for it is a proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Label = Literal["NPI", "HOLD", "PII", "CONSENT", "OK"]
Kind = Literal[
    "ssn",
    "driver license",
    "account",
    "lender",
    "amount",
    "birth date",
    "policy number",
    "key code",
    "dealer-defined",
    "comment",
]


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str  # int | char N | text N | num P.S | date | stamp
    label: Label
    planted: Kind | None = None


@dataclass(frozen=True, slots=True)
class DemoTable:
    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    indexes: tuple[tuple[str, ...], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)


CUSTOMER = DemoTable(
    "CUSTOMER",
    ("CUST_NO",),
    (
        Column("CUST_NO", "int", "PII"),
        Column("STORE_NO", "char 2", "OK"),
        Column("FIRST_NAME", "text 40", "PII"),
        Column("MIDDLE_NAME", "text 40", "PII"),
        Column("LAST_NAME", "text 60", "PII"),
        Column("ADDRESS1", "text 60", "PII"),
        Column("ADDRESS2", "text 60", "PII"),
        Column("CITY", "text 40", "PII"),
        Column("COUNTY", "text 40", "PII"),
        Column("STATE", "char 3", "PII"),
        Column("ZIP", "char 10", "PII"),
        Column("HOME_PHONE", "text 20", "PII"),
        Column("CELL_PHONE", "text 20", "PII"),
        Column("WORK_PHONE", "text 40", "PII"),
        Column("EMAIL1", "text 120", "PII"),
        Column("EMAIL2", "text 120", "PII"),
        Column("LANGUAGE", "char 3", "PII"),
        Column("IND_BUS_FLAG", "char 1", "PII"),
        Column("OPT_OUT", "char 1", "CONSENT"),
        Column("OPT_OUT_DT", "text 8", "CONSENT"),
        Column("BLOCK_EMAIL", "char 1", "CONSENT"),
        Column("BLOCK_MAIL", "char 1", "CONSENT"),
        Column("CALL_OK", "char 1", "CONSENT"),
        Column("SMS_OK", "char 1", "CONSENT"),
        Column("SSN", "text 11", "NPI", "ssn"),
        Column("BIRTH_DATE", "date", "NPI", "birth date"),
        Column("DL_NO", "text 20", "NPI", "driver license"),
        Column("DL_STATE", "char 2", "NPI"),
        Column("CREDIT_SCORE", "int", "NPI"),
        Column("CREDIT_LIMIT", "num 12.2", "NPI"),
        Column("EMPLOYER", "text 60", "NPI"),
        Column("MONTHLY_INCOME", "num 12.4", "NPI", "amount"),
        Column("AR_BAL", "num 12.2", "NPI"),
        Column("OVER30_DUE", "num 12.2", "NPI"),
        Column("CUST_COMMENTS", "text 400", "HOLD"),
        Column("UDF1", "text 60", "HOLD"),
        Column("UDF2", "text 60", "HOLD", "dealer-defined"),
        Column("UDF3", "text 60", "HOLD"),
        Column("LAST_ACTIVITY_DT", "date", "OK"),
        Column("LAST_CHANGED", "stamp", "OK"),
        Column("CREATED_ON", "date", "OK"),
    ),
    (("LAST_CHANGED", "CUST_NO"),),
)

VEHICLE = DemoTable(
    "VEHICLE",
    ("VIN",),
    (
        Column("VIN", "char 17", "OK"),
        Column("OWNER_NO", "int", "PII"),
        Column("STORE_NO", "char 2", "OK"),
        Column("MAKE", "text 20", "OK"),
        Column("MODEL", "text 30", "OK"),
        Column("YEAR", "int", "OK"),
        Column("TRIM_LEVEL", "text 20", "OK"),
        Column("BODY_STYLE", "char 12", "OK"),
        Column("COLOR", "char 14", "OK"),
        Column("ODOMETER", "int", "OK"),
        Column("ODOMETER_DT", "date", "OK"),
        Column("IN_SERVICE_DT", "date", "OK"),
        Column("LAST_SERVICE_DT", "text 10", "OK"),
        Column("PLATE_NO", "char 10", "OK"),
        Column("STOCK_NO", "text 12", "OK"),
        Column("SOLD_HERE", "char 1", "OK"),
        Column("EXT_WARRANTY_DT", "date", "OK"),
        Column("KEY_CODE", "text 12", "HOLD", "key code"),
        Column("RADIO_CODE", "text 8", "HOLD"),
        Column("LIENHOLDER_NAME", "text 60", "NPI", "lender"),
        Column("INS_COMPANY", "text 40", "NPI"),
        Column("INS_POLICY_NO", "text 20", "NPI", "policy number"),
        Column("LAST_CHANGED", "stamp", "OK"),
    ),
    (("OWNER_NO",), ("LAST_CHANGED", "VIN")),
)

SALES_DEAL = DemoTable(
    "SALES_DEAL",
    ("DEAL_NO",),
    (
        Column("DEAL_NO", "int", "OK"),
        Column("STORE_NO", "char 2", "OK"),
        Column("BUYER_NO", "int", "PII"),
        Column("COBUYER_NO", "int", "PII"),
        Column("VIN", "char 17", "OK"),
        Column("STOCK_NO", "text 12", "OK"),
        Column("NEW_USED", "char 1", "OK"),
        Column("DEAL_DT", "date", "OK"),
        Column("DELIVERY_DT", "text 8", "OK"),
        Column("DEAL_STATUS", "char 1", "OK"),
        Column("UNWOUND_DT", "text 8", "OK"),
        Column("DEAL_TYPE", "char 1", "NPI"),
        Column("SALE_TYPE", "text 10", "NPI"),
        Column("SALE_PRICE", "text 14", "OK"),
        Column("MSRP", "num 12.2", "OK"),
        Column("DOC_FEE", "num 12.2", "OK"),
        Column("TOTAL_TAX", "num 12.2", "OK"),
        Column("REBATES", "num 12.2", "OK"),
        Column("CASH_DOWN", "num 12.2", "NPI", "amount"),
        Column("DEPOSIT_AMT", "num 12.2", "NPI"),
        Column("TERM", "int", "NPI"),
        Column("APR", "num 6.3", "NPI"),
        Column("BUY_RATE", "num 6.3", "NPI"),
        Column("AMT_FINANCED", "num 12.2", "NPI", "amount"),
        Column("FINANCE_CHARGE", "num 14.4", "NPI", "amount"),
        Column("MONTHLY_PMT", "num 12.4", "NPI", "amount"),
        Column("NUM_PMTS", "int", "NPI"),
        Column("FIRST_PAY_DT", "text 10", "NPI"),
        Column("LEASE_END_DT", "text 8", "NPI"),
        Column("LEASE_MILES", "int", "NPI"),
        Column("RESIDUAL_AMT", "num 12.2", "NPI", "amount"),
        Column("LENDER_NAME", "text 60", "NPI", "lender"),
        Column("LENDER_ACCT", "text 20", "NPI", "account"),
        Column("TRADE_VIN", "char 17", "OK"),
        Column("TRADE_PAYOFF", "text 14", "NPI", "amount"),
        Column("FIN_RESERVE", "num 12.4", "NPI", "amount"),
        Column("BACK_GROSS", "num 12.4", "NPI", "amount"),
        Column("GAP_SALE", "num 12.2", "NPI"),
        Column("CREDIT_LIFE_SALE", "num 12.2", "NPI"),
        Column("MBI_NAME", "text 30", "OK"),
        Column("MBI_TERM", "int", "OK"),
        Column("SALESMAN1_NAME", "text 40", "PII"),
        Column("FIN_MGR_NAME", "text 40", "PII"),
        Column("DEAL_NOTES", "text 400", "HOLD"),
        Column("UDF1", "text 60", "HOLD", "dealer-defined"),
        Column("LAST_CHANGED", "stamp", "OK"),
    ),
    (("VIN",), ("LAST_CHANGED", "DEAL_NO")),
)

REPAIR_ORDER = DemoTable(
    "REPAIR_ORDER",
    ("RO_NO",),
    (
        Column("RO_NO", "int", "OK"),
        Column("STORE_NO", "char 2", "OK"),
        Column("CUST_NO", "int", "PII"),
        Column("VIN", "char 17", "OK"),
        Column("OPEN_DT", "date", "OK"),
        Column("CLOSE_DT", "text 8", "OK"),
        Column("PROMISED_AT", "stamp", "OK"),
        Column("ODOMETER_IN", "int", "OK"),
        Column("ODOMETER_OUT", "int", "OK"),
        Column("ADVISOR_NAME", "text 40", "PII"),
        Column("RO_STATUS", "char 2", "OK"),
        Column("TAG_NO", "char 6", "OK"),
        Column("WAITER_FLAG", "char 1", "OK"),
        Column("COMEBACK_FLAG", "char 1", "OK"),
        Column("OP_CODES", "text 80", "OK"),
        Column("COMMENTS", "text 400", "HOLD"),
        Column("PAY_METHOD", "text 12", "OK"),
        Column("CUST_PAY_AMT", "num 12.2", "OK"),
        Column("WARR_PAY_AMT", "num 12.2", "OK"),
        Column("INT_PAY_AMT", "num 12.2", "OK"),
        Column("LAST_CHANGED", "stamp", "OK"),
    ),
    (("VIN",), ("CUST_NO",), ("LAST_CHANGED", "RO_NO")),
)

RO_LINE = DemoTable(
    "RO_LINE",
    ("RO_NO", "LINE_NO"),
    (
        Column("RO_NO", "int", "OK"),
        Column("LINE_NO", "int", "OK"),
        Column("STORE_NO", "char 2", "OK"),
        Column("OP_CODE", "char 8", "OK"),
        Column("OP_DESC", "text 60", "OK"),
        Column("LABOR_TYPE", "char 2", "OK"),
        Column("LABOR_HOURS", "num 6.2", "OK"),
        Column("LINE_AMT", "num 12.2", "OK"),
        Column("TECH_NO", "text 6", "OK"),
        Column("CAUSE", "text 200", "HOLD"),
        Column("LAST_CHANGED", "stamp", "OK"),
    ),
)

APPOINTMENT = DemoTable(
    "APPOINTMENT",
    ("APPT_NO",),
    (
        Column("APPT_NO", "int", "OK"),
        Column("STORE_NO", "char 2", "OK"),
        Column("CUST_NO", "int", "PII"),
        Column("VIN", "char 17", "OK"),
        Column("APPT_AT", "stamp", "OK"),
        Column("APPT_TYPE", "text 16", "OK"),
        Column("APPT_STATUS", "char 2", "OK"),
        Column("ADVISOR_NAME", "text 40", "PII"),
        Column("TRANSPORT", "char 8", "OK"),
        Column("NOTES", "text 400", "HOLD"),
        Column("LAST_CHANGED", "stamp", "OK"),
    ),
)

TRADE_IN = DemoTable(
    "TRADE_IN",
    ("DEAL_NO", "TRADE_SEQ"),
    (
        Column("DEAL_NO", "int", "OK"),
        Column("TRADE_SEQ", "int", "OK"),
        Column("STORE_NO", "char 2", "OK"),
        Column("TRADE_VIN", "char 17", "OK"),
        Column("TRADE_MAKE", "text 20", "OK"),
        Column("TRADE_MODEL", "text 30", "OK"),
        Column("TRADE_YEAR", "int", "OK"),
        Column("TRADE_ODOMETER", "int", "OK"),
        Column("TRADE_ACV", "num 12.2", "OK"),
        Column("PAYOFF_AMT", "num 12.2", "NPI", "amount"),
        Column("LIENHOLDER_NAME", "text 60", "NPI", "lender"),
        Column("LIENHOLDER_ACCT", "text 20", "NPI", "account"),
        Column("LAST_CHANGED", "stamp", "OK"),
    ),
)

# Finance tables, in a vendor's mixed case: being in one is NPI, so every column is.
FIN_CONTRACT = DemoTable(
    "FIN_CONTRACT",
    ("CONTRACT_NO",),
    (
        Column("CONTRACT_NO", "int", "NPI"),
        Column("DEAL_NO", "int", "NPI"),
        Column("CUST_NO", "int", "NPI"),
        Column("STORE_NO", "char 2", "NPI"),
        Column("DealType", "char 1", "NPI"),
        Column("FinanceSource", "text 60", "NPI", "lender"),
        Column("FinInstituteCode", "char 8", "NPI"),
        Column("LienHolderAddress", "text 60", "NPI"),
        Column("accountno", "text 20", "NPI", "account"),
        Column("APR", "num 6.3", "NPI"),
        Column("BuyRateAPR", "num 6.3", "NPI"),
        Column("SellRateAPR", "num 6.3", "NPI"),
        Column("Term", "int", "NPI"),
        Column("FinanceAmt", "num 14.4", "NPI", "amount"),
        Column("FinanceCharge", "num 14.4", "NPI", "amount"),
        Column("TotalOfMonthlyPayments", "num 14.4", "NPI", "amount"),
        Column("PaymentAmt", "num 14.4", "NPI", "amount"),
        Column("FirstPayDate", "text 10", "NPI"),
        Column("LastPayDate", "text 10", "NPI"),
        Column("nextpaymentdate", "date", "NPI"),
        Column("currentbalance", "num 14.4", "NPI", "amount"),
        Column("CashCapReduction", "num 14.4", "NPI", "amount"),
        Column("LeaseEndValue", "num 14.4", "NPI", "amount"),
        Column("LeaseMileageAllowance", "int", "NPI"),
        Column("SecurityDepositAmount", "num 12.2", "NPI"),
        Column("FIIncome", "num 14.4", "NPI", "amount"),
        Column("CLPremium", "num 12.2", "NPI"),
        Column("Insurance1Name", "text 30", "NPI"),
        Column("MbiPolicyNo", "text 20", "NPI", "policy number"),
        Column("LAST_CHANGED", "stamp", "NPI"),
    ),
)

CREDIT_APP = DemoTable(
    "CREDIT_APP",
    ("APP_NO",),
    (
        Column("APP_NO", "int", "NPI"),
        Column("CUST_NO", "int", "NPI"),
        Column("DEAL_NO", "int", "NPI"),
        Column("STORE_NO", "char 2", "NPI"),
        Column("SSN", "text 11", "NPI", "ssn"),
        Column("DateOfBirth", "text 8", "NPI"),
        Column("DriverLicenseNumber", "text 20", "NPI", "driver license"),
        Column("DriverLicenseState", "char 2", "NPI"),
        Column("EmployedBy", "text 60", "NPI"),
        Column("EmployerAddress", "text 60", "NPI"),
        Column("EmploymentStatus", "text 12", "NPI"),
        Column("Occupation", "text 30", "NPI"),
        Column("MonthlyIncome", "num 14.4", "NPI", "amount"),
        Column("OtherMonthlyIncome", "num 14.4", "NPI", "amount"),
        Column("OtherIncomeSource", "text 30", "NPI"),
        Column("HousingStatus", "text 12", "NPI"),
        Column("MortgageOrRent", "num 14.4", "NPI", "amount"),
        Column("TotalMonthsAtAddress", "int", "NPI"),
        Column("TotalMonthsEmployed", "int", "NPI"),
        Column("creditScore", "int", "NPI"),
        Column("creditLimit", "num 12.2", "NPI"),
        Column("RequestedAPR", "num 6.3", "NPI"),
        Column("BankAccountNo", "text 20", "NPI", "account"),
        Column("BankName", "text 60", "NPI", "lender"),
        Column("DecisionCode", "char 2", "NPI"),
        Column("LAST_CHANGED", "stamp", "NPI"),
    ),
)

SCHEMA: dict[str, DemoTable] = {
    t.name: t
    for t in (
        CUSTOMER,
        VEHICLE,
        SALES_DEAL,
        REPAIR_ORDER,
        RO_LINE,
        APPOINTMENT,
        TRADE_IN,
        FIN_CONTRACT,
        CREDIT_APP,
    )
}
FINANCE_TABLES = frozenset({"FIN_CONTRACT", "CREDIT_APP"})
