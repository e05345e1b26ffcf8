"""The rows of each table of the make-believe dealership, as dictionaries of cells.

A cell is text, a whole number or None; dates are ISO text, decimals plain text, as a loader hands them over. Public
columns draw from one generator, nonpublic ones from another, so that the variant never moves a public byte. A key that
starts with "+" holds the nonpublic value typed into the column of that name; it is not a column.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from agent.demo import dms_people as words
from agent.demo.dms_draws import (
    PAT,
    Row,
    american,
    co_buyer,
    code,
    deal_no,
    has_trade,
    letters,
    own_phone,
    phone,
    pick,
    total,
    trade_vin,
)
from agent.demo.dms_hidden import Hidden
from agent.demo.dms_plan import SHOWCASE, Car, Draw, Household, Plan, Visit
from agent.demo.dms_unique import marker

MARK = "\u00fd"  # PICK's value mark, 0xFD in Latin-1: several values in one cell

_KINDS = ("CASH", "LOAN", "LEASE")
_YES_NO = ("Y", "N")


class Rows:
    """All tables of one dealership; `variant` chooses the nonpublic values."""

    def __init__(self, plan: Plan, variant: int) -> None:
        self.plan = plan
        self.variant = variant
        self._draws: dict[int, Draw] = {}

    def draw(self, stream: int) -> Draw:
        """One generator for each table's public columns; nothing nonpublic may decide how often it is asked."""
        if stream not in self._draws:
            self._draws[stream] = self.plan.random(stream).random
        return self._draws[stream]

    def hidden(self, table: str, index: int) -> Hidden:
        return Hidden(table, index, self.plan.seed, self.variant)

    def day(self, ago: float) -> str:
        return self.plan.calendar[max(0, int(ago))]

    def compact(self, ago: float) -> str:
        return self.day(ago).replace("-", "")

    def stamp(self, draw: Draw, ago: float) -> str:
        minute = int(draw() * 600)
        return f"{self.day(ago)} {8 + minute // 60:02d}:{minute % 60:02d}:00"

    def ahead(self, days: int) -> str:
        """A day to come, MM/DD/YYYY as finance screens print it."""
        return (self.plan.today + dt.timedelta(days)).strftime("%m/%d/%Y")

    def note(self, row: Row, column: str, draw: Draw, hidden: Hidden, kinds: Sequence[str], typed: float) -> None:
        """Free text: mostly none, often harmless, sometimes with a nonpublic value typed in."""
        share = draw()
        row[column] = None
        if share < typed:
            text, value = hidden.typed(column, kinds)
            row[column], row[f"+{column}"] = text, value
        elif share < 0.45:
            row[column] = pick(draw, words.HARMLESS)
        if share < 0.02:
            row[column] = f"{row[column]}{MARK}{pick(draw, words.HARMLESS)}"

    # CUSTOMER

    def customer(self, home: Household) -> Row:
        draw = self.draw(2)
        hidden = self.hidden("CUSTOMER", home.index)
        row: Row = {"CUST_NO": home.number, "STORE_NO": home.store}
        row |= self._person(draw) | self._contact(home.index, draw) | self._choices(draw) | self._secrets_of(hidden)
        row["EMAIL1"] = f"{words.ascii_name(str(row['FIRST_NAME'] or 'office'))}.{marker(home.number)}@mail.example"
        self.note(row, "CUST_COMMENTS", draw, hidden, ("ssn", "account", "amount"), 0.15)
        if home.index in _TYPED_FIRST or home.index % 97 == 60:
            # The same number in both variants: it stands in a public column, and no public byte may move.
            number = Hidden("CUSTOMER", home.index, self.plan.seed, 0).ssn("LAST_NAME ssn")
            row["LAST_NAME"], row["+LAST_NAME"] = f"{row['LAST_NAME']} SSN {number}", number
        created = 40 + int(draw() * 4_000)
        changed = int(draw() * created)
        row |= {"LAST_ACTIVITY_DT": self.day(changed), "CREATED_ON": self.day(created)}
        row["LAST_CHANGED"] = self.stamp(draw, changed)
        if home.number == SHOWCASE:
            row |= PAT
            row.pop("+LAST_NAME", None)
        return row

    def _person(self, draw: Draw) -> Row:
        business = draw() < 0.04
        first, last = pick(draw, words.FIRST_NAMES), pick(draw, words.LAST_NAMES)
        return {
            "FIRST_NAME": None if business else first + ("  " if draw() < 0.03 else ""),
            "MIDDLE_NAME": pick(draw, words.FIRST_NAMES)[0] if draw() < 0.4 else None,
            "LAST_NAME": pick(draw, words.BUSINESSES) if business else last,
            "IND_BUS_FLAG": "B" if business else "I",
            "LANGUAGE": pick(draw, words.LANGUAGES),
        }

    def _contact(self, index: int, draw: Draw) -> Row:
        city, county, state, zip5 = pick(draw, words.PLACES)
        work = phone(draw) if draw() < 0.4 else ""
        return {
            "ADDRESS1": f"{1 + int(draw() * 9_000)} {pick(draw, words.STREETS)}",
            "ADDRESS2": f"Unit {1 + int(draw() * 40)}" if draw() < 0.1 else None,
            "CITY": city,
            "COUNTY": county,
            "STATE": state,
            "ZIP": f"{zip5}-01{int(draw() * 100):02d}" if draw() < 0.5 else f"{zip5}     ",
            "HOME_PHONE": phone(draw) if draw() < 0.6 else "",
            "CELL_PHONE": own_phone(index, draw) if draw() < 0.85 else None,
            "WORK_PHONE": f"{work}{MARK}{phone(draw)}" if work and draw() < 0.1 else work,
            "EMAIL2": f"home{int(draw() * 900)}@family.example" if draw() < 0.15 else None,
            "UDF1": f"PO Box {1 + int(draw() * 900)}, {city}" if draw() < 0.3 else None,
            "UDF3": f"VIP{MARK}FLEET{MARK}{pick(draw, words.AREAS)}" if draw() < 0.08 else None,
        }

    def _choices(self, draw: Draw) -> Row:
        out = code(draw, (("Y", 0.06), ("N", 0.80), (" ", 0.11), ("X", 0.01)))
        return {
            "OPT_OUT": out,
            "OPT_OUT_DT": self.compact(draw() * 900) if out == "Y" else "0",
            "BLOCK_EMAIL": code(draw, (("Y", 0.08), ("N", 0.80), (" ", 0.10))),
            "BLOCK_MAIL": code(draw, (("Y", 0.05), ("N", 0.85), (" ", 0.08))),
            "CALL_OK": code(draw, (("Y", 0.45), ("N", 0.20), (" ", 0.30))),
            "SMS_OK": code(draw, (("Y", 0.35), ("N", 0.25), (" ", 0.35))),
        }

    def _secrets_of(self, hidden: Hidden) -> Row:
        return {
            "SSN": hidden.maybe(hidden.ssn()),
            "BIRTH_DATE": hidden.maybe(hidden.birth()),
            "DL_NO": hidden.maybe(hidden.license("DL_NO")),
            "DL_STATE": hidden.one_of(("GA", "AL", "SC", "FL")),
            "CREDIT_SCORE": hidden.maybe(hidden.whole(480, 850)),
            "CREDIT_LIMIT": hidden.narrow(500, 5_000),
            "EMPLOYER": hidden.maybe(hidden.one_of(words.EMPLOYERS)),
            "MONTHLY_INCOME": hidden.maybe(hidden.amount("MONTHLY_INCOME", 4)),
            "AR_BAL": hidden.narrow(0, 900),
            "OVER30_DUE": hidden.maybe(hidden.narrow(0, 300), 0.4),
            "UDF2": hidden.maybe(f"TX-{hidden.number('UDF2')}", 0.4),
        }

    # VEHICLE

    def vehicle(self, home: Household, car: Car) -> Row:
        draw = self.draw(4)
        hidden = self.hidden("VEHICLE", car.index)
        seen = car.visits[-1].days_ago if car.visits else int(draw() * car.days_old)
        return {
            "VIN": car.vin,
            "OWNER_NO": home.number,
            "STORE_NO": home.store,
            "MAKE": car.make,
            "MODEL": car.model,
            "YEAR": car.year,
            "TRIM_LEVEL": pick(draw, words.TRIMS),
            "BODY_STYLE": pick(draw, words.BODIES),
            "COLOR": pick(draw, words.COLORS),
            "ODOMETER": car.odometer,
            "ODOMETER_DT": self.day(seen),
            "IN_SERVICE_DT": self.day(car.days_old),
            "LAST_SERVICE_DT": american(self.day(seen)) if car.visits else "0",
            "PLATE_NO": f"{letters(draw)}-{int(draw() * 10_000):04d}  ",
            "STOCK_NO": f"{car.make[0]}{1_000 + car.index}",
            "SOLD_HERE": "Y" if car.sold_here else "N",
            "EXT_WARRANTY_DT": self.day(draw() * 300) if draw() < 0.2 else None,
            "KEY_CODE": f"K{hidden.number('KEY_CODE')}",
            "RADIO_CODE": str(hidden.whole(1_000, 9_999)),
            "LIENHOLDER_NAME": hidden.maybe(hidden.lender("LIENHOLDER_NAME"), 0.35),
            "INS_COMPANY": hidden.maybe(hidden.one_of(words.INSURERS)),
            "INS_POLICY_NO": hidden.maybe(f"POL-{hidden.number('INS_POLICY_NO')}"),
            "LAST_CHANGED": self.stamp(draw, seen),
        }

    # SALES_DEAL and what belongs to a deal

    def deal(self, home: Household, car: Car) -> Row:
        draw = self.draw(6)
        hidden = self.hidden("SALES_DEAL", car.index)
        row = self._sale(home, car, draw) | self._financing(hidden, self._kind(home, hidden))
        self.note(row, "DEAL_NOTES", draw, hidden, ("ssn", "account", "amount"), 0.12)
        row["LAST_CHANGED"] = self.stamp(draw, draw() * car.days_old)
        if home.number == SHOWCASE:
            row |= {
                "DEAL_STATUS": "F",
                "DELIVERY_DT": self.compact(car.days_old),
                "UNWOUND_DT": "0",
                "COBUYER_NO": None,
            }
            row |= {"TERM": (72, 36)[self.variant], "APR": ("6.490", "3.250")[self.variant]}
            row["CASH_DOWN"] = hidden.amount("CASH_DOWN")
        return row

    def _sale(self, home: Household, car: Car, draw: Draw) -> Row:
        price = 18_000 + int(draw() * 800) * 50
        status = code(draw, (("F", 0.90), ("U", 0.05), ("P", 0.05))) or "F"
        delivered = code(draw, (("0", 0.02), ("00010101", 0.02))) if status == "F" else "0"
        return {
            "DEAL_NO": deal_no(car),
            "STORE_NO": home.store,
            "BUYER_NO": home.number,
            "COBUYER_NO": co_buyer(home, draw),
            "VIN": car.vin,
            "STOCK_NO": f"{car.make[0]}{1_000 + car.index}",
            "NEW_USED": pick(draw, ("N", "N", "U")),
            "DEAL_DT": self.day(car.days_old + 2),
            "DELIVERY_DT": delivered or self.compact(car.days_old),
            "DEAL_STATUS": status,
            "UNWOUND_DT": self.compact(car.days_old - 9) if status == "U" else "0",
            "SALE_PRICE": f"{price:,}.00" if draw() < 0.2 else f"{price}.00",
            "MSRP": f"{price + 1_500}.00",
            "DOC_FEE": "499.50",
            "TOTAL_TAX": f"{price // 50}.50",
            "REBATES": pick(draw, ("0.00", "500.00", "1500.00")),
            "TRADE_VIN": trade_vin(car) if has_trade(car) else None,
            "MBI_NAME": pick(draw, words.PRODUCTS) if draw() < 0.4 else None,
            "MBI_TERM": pick(draw, (60, 72, 84)) if draw() < 0.4 else None,
            "SALESMAN1_NAME": pick(draw, words.EMPLOYEES),
            "FIN_MGR_NAME": pick(draw, words.EMPLOYEES),
        }

    def _kind(self, home: Household, hidden: Hidden) -> str:
        """How the deal was paid: the first draw of its row."""
        kind = hidden.one_of(_KINDS)
        return ("LOAN", "LEASE")[self.variant] if home.number == SHOWCASE else kind

    def _financing(self, hidden: Hidden, kind: str) -> Row:
        """Filled for cash deals too: one payment at no interest, as real systems do it."""
        cash = kind == "CASH"
        lease = hidden.maybe(hidden.amount("RESIDUAL_AMT"), 0.3)
        term = hidden.one_of((36, 48, 60, 72, 84))
        miles = hidden.one_of((10_000, 12_000, 15_000))  # drawn for every deal, or the variants would part here
        rate, buy = hidden.narrow(1, 14, 3), hidden.narrow(1, 12, 3)
        return {
            "DEAL_TYPE": {"CASH": "C", "LOAN": "F", "LEASE": "L"}[kind],
            "SALE_TYPE": {"CASH": "CASH", "LOAN": "RETAIL", "LEASE": "LEASE"}[kind],
            "CASH_DOWN": hidden.maybe(hidden.amount("CASH_DOWN"), 0.05),
            "DEPOSIT_AMT": hidden.narrow(100, 900),
            "TERM": 1 if cash else term,
            "APR": "0.000" if cash else rate,
            "BUY_RATE": "0.000" if cash else buy,
            "AMT_FINANCED": hidden.amount("AMT_FINANCED"),
            "FINANCE_CHARGE": hidden.amount("FINANCE_CHARGE", 4),
            "MONTHLY_PMT": hidden.amount("MONTHLY_PMT", 4),
            "NUM_PMTS": 1 if cash else term,
            "FIRST_PAY_DT": self.ahead(hidden.whole(20, 60)),
            "LEASE_END_DT": f"{self.plan.today.year + hidden.whole(1, 4)}0630"
            if kind == "LEASE"
            else hidden.one_of(("0", "00010101")),
            "LEASE_MILES": miles if kind == "LEASE" else None,
            "RESIDUAL_AMT": lease,
            "LENDER_NAME": hidden.maybe(hidden.lender("LENDER_NAME")),
            "LENDER_ACCT": hidden.maybe(hidden.number("LENDER_ACCT")),
            "TRADE_PAYOFF": hidden.maybe(hidden.amount("TRADE_PAYOFF"), 0.3),
            "FIN_RESERVE": hidden.amount("FIN_RESERVE", 4),
            "BACK_GROSS": hidden.amount("BACK_GROSS", 4),
            "GAP_SALE": hidden.maybe(hidden.narrow(300, 900), 0.4),
            "CREDIT_LIFE_SALE": hidden.maybe(hidden.narrow(100, 600), 0.4),
            "UDF1": hidden.maybe(f"LN-{hidden.number('UDF1')}", 0.4),
        }

    def trade(self, home: Household, car: Car) -> Row:
        draw = self.draw(8)
        hidden = self.hidden("TRADE_IN", car.index)
        return {
            "DEAL_NO": deal_no(car),
            "TRADE_SEQ": 1,
            "STORE_NO": home.store,
            "TRADE_VIN": trade_vin(car),
            "TRADE_MAKE": "OTHERMAKE",
            "TRADE_MODEL": "Comet",
            "TRADE_YEAR": 2012,
            "TRADE_ODOMETER": 40_000 + int(draw() * 90_000),
            "TRADE_ACV": f"{1_000 + int(draw() * 9_000)}.00",
            "PAYOFF_AMT": hidden.maybe(hidden.amount("PAYOFF_AMT"), 0.3),
            "LIENHOLDER_NAME": hidden.maybe(hidden.lender("LIENHOLDER_NAME"), 0.3),
            "LIENHOLDER_ACCT": hidden.maybe(hidden.number("LIENHOLDER_ACCT"), 0.3),
            "LAST_CHANGED": self.stamp(draw, car.days_old),
        }

    # The workshop

    def repair_order(self, home: Household, car: Car, visit: Visit) -> Row:
        draw = self.draw(10)
        hidden = self.hidden("REPAIR_ORDER", visit.ro_no)
        still_open = visit.days_ago < 2
        jobs = [words.OPERATIONS[job] for job in visit.jobs]
        row: Row = {
            "RO_NO": visit.ro_no,
            "STORE_NO": home.store,
            "CUST_NO": home.number,
            "VIN": car.vin,
            "OPEN_DT": self.day(visit.days_ago),
            "CLOSE_DT": "0" if still_open else self.compact(visit.days_ago - 1),
            "PROMISED_AT": f"{self.day(visit.days_ago)} 17:00:00",
            "ODOMETER_IN": visit.odometer,
            "ODOMETER_OUT": visit.odometer + int(draw() * 9),
            "ADVISOR_NAME": pick(draw, words.EMPLOYEES),
            "RO_STATUS": "O " if still_open else "C ",
            "TAG_NO": f"T{int(draw() * 900):03d}  ",
            "WAITER_FLAG": pick(draw, _YES_NO),
            "COMEBACK_FLAG": "N" if draw() < 0.97 else "Y",
            "OP_CODES": MARK.join(job[0].strip() for job in jobs),
            "PAY_METHOD": pick(draw, ("CARD", "CHECK", "CASH", "")),
            "CUST_PAY_AMT": total(jobs, "CP"),
            "WARR_PAY_AMT": total(jobs, "WP"),
            "INT_PAY_AMT": total(jobs, "IP"),
            "LAST_CHANGED": self.stamp(draw, visit.days_ago - 1),
        }
        self.note(row, "COMMENTS", draw, hidden, ("ssn", "account"), 0.03)
        return row

    def lines(self, home: Household, visit: Visit) -> Iterator[Row]:
        draw = self.draw(13)
        stamp = self.stamp(draw, visit.days_ago - 1)
        for number, job in enumerate(visit.jobs, 1):
            code, text, labor, hours, price = words.OPERATIONS[job]
            row: Row = {
                "RO_NO": visit.ro_no,
                "LINE_NO": number,
                "STORE_NO": home.store,
                "OP_CODE": code,
                "OP_DESC": text,
                "LABOR_TYPE": labor,
                "LABOR_HOURS": hours,
                "LINE_AMT": price,
                "TECH_NO": f"T{int(draw() * 30):02d}",
                "CAUSE": None,
                "LAST_CHANGED": stamp,
            }
            if number == 1:
                hidden = self.hidden("RO_LINE", visit.ro_no)
                self.note(row, "CAUSE", draw, hidden, ("ssn", "account"), 0.01)
            yield row

    def appointment(self, home: Household, car: Car) -> Row:
        draw = self.draw(15)
        hidden = self.hidden("APPOINTMENT", car.index)
        ago = int(draw() * 400)
        row: Row = {
            "APPT_NO": 100_001 + car.index,
            "STORE_NO": home.store,
            "CUST_NO": home.number,
            "VIN": car.vin,
            "APPT_AT": self.stamp(draw, ago),
            "APPT_TYPE": pick(draw, ("SERVICE", "RECALL", "TEST DRIVE", "DELIVERY")),
            "APPT_STATUS": pick(draw, ("K ", "N ", "  ")),
            "ADVISOR_NAME": pick(draw, words.EMPLOYEES),
            "TRANSPORT": pick(draw, ("WAIT    ", "LOANER  ", "SHUTTLE ")),
            "LAST_CHANGED": self.stamp(draw, ago + 3),
        }
        self.note(row, "NOTES", draw, hidden, ("ssn", "account"), 0.05)
        return row

    # Finance tables: which deals stand in them depends on how they were paid, so it differs between the variants

    def contract(self, home: Household, car: Car) -> Row | None:
        hidden = self.hidden("FIN_CONTRACT", car.index)
        kind = self._kind(home, self.hidden("SALES_DEAL", car.index))
        if kind == "CASH":
            return None
        return {
            "CONTRACT_NO": 100_001 + car.index,
            "DEAL_NO": deal_no(car),
            "CUST_NO": home.number,
            "STORE_NO": home.store,
            "DealType": kind[0],
            "FinanceSource": hidden.lender("FinanceSource"),
            "FinInstituteCode": hidden.one_of(("FEB1    ", "SCU2    ", "PMC3    ")),
            "LienHolderAddress": f"PO Box {hidden.whole(100, 900)}, Charlotte NC",
            "accountno": hidden.number("accountno"),
            "APR": hidden.narrow(1, 14, 3),
            "BuyRateAPR": hidden.narrow(1, 12, 3),
            "SellRateAPR": hidden.narrow(2, 14, 3),
            "Term": hidden.one_of((36, 48, 60, 72, 84)),
            "FinanceAmt": hidden.amount("FinanceAmt", 4),
            "FinanceCharge": hidden.amount("FinanceCharge", 4),
            "TotalOfMonthlyPayments": hidden.amount("TotalOfMonthlyPayments", 4),
            "PaymentAmt": hidden.amount("PaymentAmt", 4),
            "FirstPayDate": self.ahead(hidden.whole(20, 60)),
            "LastPayDate": self.ahead(hidden.whole(700, 2_400)),
            "nextpaymentdate": self.day(hidden.whole(0, 28)),
            "currentbalance": hidden.amount("currentbalance", 4),
            "CashCapReduction": hidden.amount("CashCapReduction", 4),
            "LeaseEndValue": hidden.amount("LeaseEndValue", 4),
            "LeaseMileageAllowance": hidden.one_of((10_000, 12_000, 15_000)),
            "SecurityDepositAmount": hidden.narrow(0, 900),
            "FIIncome": hidden.amount("FIIncome", 4),
            "CLPremium": hidden.narrow(50, 500),
            "Insurance1Name": hidden.one_of(("GAP", "CREDIT LIFE", "DISABILITY")),
            "MbiPolicyNo": f"MBI-{hidden.number('MbiPolicyNo')}",
            "LAST_CHANGED": f"{self.day(car.days_old)} 12:00:00",
        }

    def credit_app(self, home: Household, car: Car) -> Row | None:
        hidden = self.hidden("CREDIT_APP", car.index)
        if hidden.one_of((True, True, False)) is False:
            return None
        return {
            "APP_NO": 100_001 + car.index,
            "CUST_NO": home.number,
            "DEAL_NO": deal_no(car),
            "STORE_NO": home.store,
            "SSN": hidden.ssn(),
            "DateOfBirth": hidden.birth().replace("-", ""),
            "DriverLicenseNumber": hidden.license("DriverLicenseNumber"),
            "DriverLicenseState": hidden.one_of(("GA", "AL", "SC", "FL")),
            "EmployedBy": hidden.one_of(words.EMPLOYERS),
            "EmployerAddress": f"{hidden.whole(1, 900)} {hidden.one_of(words.STREETS)}",
            "EmploymentStatus": hidden.one_of(("EMPLOYED", "RETIRED", "SELF")),
            "Occupation": hidden.one_of(words.JOBS),
            "MonthlyIncome": hidden.amount("MonthlyIncome", 4),
            "OtherMonthlyIncome": hidden.amount("OtherMonthlyIncome", 4),
            "OtherIncomeSource": hidden.one_of(("PENSION", "RENTAL", "NONE")),
            "HousingStatus": hidden.one_of(("OWN", "RENT", "FAMILY")),
            "MortgageOrRent": hidden.amount("MortgageOrRent", 4),
            "TotalMonthsAtAddress": hidden.whole(1, 240),
            "TotalMonthsEmployed": hidden.whole(1, 360),
            "creditScore": hidden.whole(480, 850),
            "creditLimit": hidden.narrow(1_000, 9_000),
            "RequestedAPR": hidden.narrow(1, 14, 3),
            "BankAccountNo": hidden.number("BankAccountNo"),
            "BankName": hidden.lender("BankName"),
            "DecisionCode": hidden.one_of(("A ", "C ", "D ")),
            "LAST_CHANGED": f"{self.day(car.days_old)} 11:00:00",
        }


# Somebody typed a Social Security number into the last name: a permitted column, so only the screen can keep it.
_TYPED_FIRST = (1, 3, 5, 11, 14, 23, 31, 41, 52)
