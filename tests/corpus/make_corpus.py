"""Make texts.jsonl from the two grammars: seeded, the same bytes for everybody. Frozen before a pattern was written.

Half of the *templates* (not only of the texts) is marked unseen: patterns were written against the other half.
Every name, number and address is generated; card, routing and IBAN numbers pass their own checks on purpose.
"""

from __future__ import annotations

import hashlib
import json
import random
import string
from pathlib import Path

HERE = Path(__file__).parent
LENDER = """Ally|Chase|Capital One|Wells Fargo|Santander|Toyota Financial|TFS|GM Financial|Ford Credit|
FMCC|Honda Finance|AHFC|NMAC|Hyundai Motor Finance|US Bank|TD Auto|PNC|Truist|
Bank of America|Fifth Third|Huntington|Navy Federal|PenFed|USAA|Westlake|Credit Acceptance|
Exeter|Chrysler Capital|BMW Financial|Desjardins|Scotiabank|Citizens Bank|local credit union|
VW Credit|Regional Acceptance""".replace("\n", "").split("|")
FIRST = [
    "Pat",
    "Sam",
    "Alex",
    "Jordan",
    "Casey",
    "Riley",
    "Morgan",
    "Jamie",
    "Taylor",
    "Robin",
    "José",
    "Renée",
    "Noël",
]
LAST = ["Example", "Sample", "Placeholder", "Fixture", "Specimen", "Mockup", "Peña", "Muster"]
VEHICLE = [
    "Camry",
    "Accord",
    "F-150",
    "Silverado",
    "RAV4",
    "CR-V",
    "Rogue",
    "Tahoe",
    "Altima",
    "Civic",
    "Tacoma",
    "Explorer",
]
EMPLOYER = ["Example Foods", "the plant", "county schools", "a bakery", "the hospital", "Sample Trucking"]
INSURER = ["Geico", "Progressive", "Allstate", "State Farm", "Nationwide", "Liberty Mutual"]
STREET = ["Example Ave", "Sample St", "Placeholder Rd", "Fixture Ln"]
MONTHS = ["Jan", "Feb", "March", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"]


class Slots:
    """One random filler for each slot of the grammars."""

    def __init__(self, seed: str) -> None:
        self.r = random.Random(seed)

    def digits(self, n: int) -> str:
        return "".join(self.r.choice(string.digits) for _ in range(n))

    def fill(self, template: str) -> str:
        return "".join(
            getattr(self, name)() if name else literal for literal, name in ((lit, nm) for lit, nm in _parts(template))
        )

    def ssn9(self) -> str:
        area = self.r.choice([*range(1, 666), *range(667, 900)])
        return f"{area:03}{self.r.randint(1, 99):02}{self.r.randint(1, 9999):04}"

    def ssn(self) -> str:
        s = self.ssn9()
        return f"{s[:3]}-{s[3:5]}-{s[5:]}"

    def ssnsp(self) -> str:
        s = self.ssn9()
        return f"{s[:3]} {s[3:5]} {s[5:]}"

    def itin(self) -> str:
        return f"9{self.digits(2)}-{self.r.choice([70, 75, 80, 88, 90, 92, 94, 99])}-{self.digits(4)}"

    def ein(self) -> str:
        return f"{self.r.choice([12, 20, 27, 36, 45, 58, 81])}-{self.digits(7)}"

    def sin(self) -> str:
        s = _luhn(self.r.choice("124567") + self.digits(7))
        return f"{s[:3]} {s[3:6]} {s[6:]}"

    def card16(self) -> str:
        return _luhn(self.r.choice(["4" + self.digits(14), str(self.r.randint(51, 55)) + self.digits(13)]))

    def card(self) -> str:
        c = self.card16()
        sep = self.r.choice([" ", "-"])
        return sep.join(c[i : i + 4] for i in range(0, 16, 4))

    def disc(self) -> str:
        return _luhn("6011" + self.digits(11))

    def amex(self) -> str:
        c = _luhn(self.r.choice(["34", "37"]) + self.digits(12))
        return f"{c[:4]} {c[4:10]} {c[10:]}"

    def aba(self) -> str:
        s = self.r.choice(["01", "02", "06", "07", "11", "26", "31"]) + self.digits(6)
        total = sum(int(d) * w for d, w in zip(s, (3, 7, 1, 3, 7, 1, 3, 7), strict=True))
        return s + str(-total % 10)

    def acct(self) -> str:
        return self.digits(self.r.choice([8, 9, 10, 11, 12]))

    def iban(self) -> str:
        body = "DE00" + self.digits(18)
        number = int(body[4:] + "131400")
        return f"DE{98 - number % 97:02}{body[4:]}"

    def dl(self) -> str:
        return self.r.choice(
            [self.r.choice("ABCDEFHKLMNPRSTW") + self.digits(self.r.choice([7, 8, 12])), self.digits(8), self.digits(9)]
        )

    def passport(self) -> str:
        return self.r.choice([self.digits(9), self.r.choice("ACDX") + self.digits(8)])

    def dob(self) -> str:
        y, m, d = self.r.randint(1940, 2006), self.r.randint(1, 12), self.r.randint(1, 28)
        return self.r.choice(
            [
                f"{m}/{d}/{y}",
                f"{m:02}/{d:02}/{y % 100:02}",
                f"{y}-{m:02}-{d:02}",
                f"{m:02}-{d:02}-{y}",
                f"{m:02}{d:02}{y}",
            ]
        )

    def dobm(self) -> str:
        return f"{self.r.choice(MONTHS)} {self.r.randint(1, 28)}"

    def dobw(self) -> str:
        return f"{self.r.choice(MONTHS)} {self.r.randint(1, 28)}, {self.r.randint(1945, 2004)}"

    def age(self) -> str:
        return str(self.r.randint(18, 85))

    def pct(self) -> str:
        return self.r.choice(
            [f"{self.r.randint(1, 24)}.{self.r.randint(0, 99):02}", f"{self.r.randint(1, 24)}.{self.r.choice('59')}"]
        )

    def pctc(self) -> str:
        return self.pct().replace(".", ",")

    def pctbig(self) -> str:
        return str(self.r.randint(38, 99))

    def pctsm(self) -> str:
        return str(self.r.choice([10, 15, 20, 25, 30, 40, 60]))

    def term(self) -> str:
        return str(self.r.choice([24, 36, 39, 48, 60, 63, 66, 72, 75, 84]))

    def n1(self) -> str:
        return str(self.r.randint(10, 38))

    def n1d(self) -> str:
        return str(self.r.randint(1, 9))

    def pay(self) -> str:
        return f"{self.r.randint(199, 1150)}.{self.r.randint(0, 99):02}"

    def payr(self) -> str:
        return str(self.r.randint(25, 95) * 10)

    def amt(self) -> str:
        n = self.r.randint(15, 620) * 100 + self.r.choice([0, 0, 50, 81, 95])
        return self.r.choice([f"{n:,}", str(n), f"{n:,}.00"])

    def amtr(self) -> str:
        return str(self.r.choice([250, 395, 500, 600, 750, 895, 995]))

    def amtk(self) -> str:
        return f"{self.r.randint(1, 28)}{self.r.choice(['k', 'K', '.5k'])}"

    def amts(self) -> str:
        return f"{self.r.choice(['', '$'])}{self.r.randint(9, 990)}.{self.r.randint(0, 99):02}"

    def pd(self) -> str:
        return f"{self.r.randint(1, 9)}.{self.r.randint(10, 99)}"

    def inc(self) -> str:
        n = self.r.randint(18, 95) * 100
        return self.r.choice([str(n), f"{n:,}", f"${n}"])

    def incy(self) -> str:
        n = self.r.randint(28, 140)
        return self.r.choice([f"{n}k", f"{n},000", f"${n}000"])

    def hr(self) -> str:
        return f"{self.r.randint(12, 45)}.{self.r.choice(['00', '50'])}"

    def score(self) -> str:
        return str(self.r.randint(460, 845))

    def lender(self) -> str:
        return self.r.choice(LENDER)

    def insco(self) -> str:
        return self.r.choice(INSURER)

    def emp(self) -> str:
        return self.r.choice(EMPLOYER)

    def name(self) -> str:
        return f"{self.r.choice(FIRST)} {self.r.choice(LAST)}"

    def veh(self) -> str:
        return self.r.choice(VEHICLE)

    def mon(self) -> str:
        return self.r.choice(MONTHS)

    def pol(self) -> str:
        return self.r.choice(["PAP", "", "AU"]) + self.digits(8)

    def phone(self) -> str:
        return self.r.choice(["404-555-01{}", "(770) 555-01{}", "678.555.01{}", "912 555 01{}"]).format(self.digits(2))

    def phone10(self) -> str:
        return "40455501" + self.digits(2)

    def email(self) -> str:
        return f"{self.r.choice(FIRST).lower().encode('ascii', 'ignore').decode()}{self.digits(2)}@mail.example"

    def date(self) -> str:
        y, m, d = self.r.randint(2019, 2027), self.r.randint(1, 12), self.r.randint(1, 28)
        return self.r.choice([f"{m}/{d}/{y}", f"{m}/{d}", f"{m:02}/{d:02}/{y % 100}", f"{y}-{m:02}-{d:02}"])

    def ts(self) -> str:
        return (
            f"2026-0{self.r.randint(1, 9)}-1{self.r.randint(0, 9)}T1{self.r.randint(0, 9)}:{self.r.randint(10, 59)}:00"
        )

    def time(self) -> str:
        return self.r.choice(["8:30", "9am", "10:15 am", "2pm", "4:45pm"])

    def exp(self) -> str:
        return f"{self.r.randint(1, 12):02}/{self.r.randint(26, 31)}"

    def vin(self) -> str:
        return _vin("".join(self.r.choice("ABCDEFGHJKLMNPRSTUVWXYZ0123456789") for _ in range(11)) + self.digits(6))

    def vin8(self) -> str:
        return self.vin()[9:]

    def miles(self) -> str:
        n = self.r.randint(3000, 178000)
        return self.r.choice([str(n), f"{n:,}"])

    def ro(self) -> str:
        return self.digits(6)

    def part(self) -> str:
        return self.r.choice(
            [f"{self.digits(5)}-{self.digits(5)}", f"{self.digits(8)}", f"{self.r.choice('ABF')}L3Z-{self.digits(4)}-A"]
        )

    def stk(self) -> str:
        return self.r.choice("PTUN") + self.digits(5)

    def op(self) -> str:
        return self.r.choice(["LOF", "27MAZ", "MPI", "ROT4", "BRK1"])

    def plate(self) -> str:
        return "".join(self.r.choice(string.ascii_uppercase) for _ in range(3)) + self.digits(4)

    def addr(self) -> str:
        return f"{self.r.randint(12, 9900)} {self.r.choice(STREET)}"

    def city(self) -> str:
        return self.r.choice(["Sampleville", "Port Example", "Ste-Exemple"])

    def zip(self) -> str:
        return self.digits(5)

    def zip4(self) -> str:
        return f"{self.digits(5)}-{self.digits(4)}"

    def guid(self) -> str:
        h = hashlib.sha256(self.digits(9).encode()).hexdigest()
        return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:32]}"

    def d2(self) -> str:
        return str(self.r.randint(1, 28))

    def d3(self) -> str:
        return self.digits(3)

    def d4(self) -> str:
        return self.digits(4)

    def d8(self) -> str:
        return self.digits(8)

    def d9(self) -> str:
        return "0" + self.digits(8)

    def d9x(self) -> str:
        return self.ssn9()

    def mph(self) -> str:
        return str(self.r.choice([35, 45, 55, 65, 70]))

    def mm(self) -> str:
        return str(self.r.randint(2, 11))

    def cca(self) -> str:
        return str(self.r.randint(280, 760))

    def psi(self) -> str:
        return str(self.r.randint(30, 44))

    def t32(self) -> str:
        return str(self.r.randint(2, 10))

    def recall(self) -> str:
        return self.r.choice(["21V", "23V", "24S"]) + self.digits(3)

    def tsb(self) -> str:
        return f"{self.digits(2)}-{self.digits(4)}"

    def hrs(self) -> str:
        return f"{self.r.randint(0, 6)}.{self.r.randint(1, 9)}"

    def inv(self) -> str:
        return self.digits(7)

    def po(self) -> str:
        return self.digits(5)

    def auth(self) -> str:
        return self.digits(7)

    def claim(self) -> str:
        return self.digits(8)

    def volt(self) -> str:
        return f"1{self.r.randint(2, 4)}.{self.r.randint(0, 9)}"

    def dot4(self) -> str:
        return f"{self.r.randint(1, 52):02}{self.r.randint(14, 25)}"


def _parts(template: str) -> list[tuple[str, str]]:
    return [
        (lit, name or "")
        for lit, name, _, _ in string.Formatter().parse(template)
        for lit, name in ((lit, ""), ("", name))
        if lit or name
    ]


def _luhn(body: str) -> str:
    total = 0
    for i, ch in enumerate(reversed(body)):
        d = int(ch) * (2 if i % 2 == 0 else 1)
        total += d - 9 if d > 9 else d
    return body + str(-total % 10)


def _vin(vin: str) -> str:
    values = dict(
        zip(
            "ABCDEFGHJKLMNPRSTUVWXYZ",
            [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9],
            strict=True,
        )
    )
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    total = sum((values[c] if c.isalpha() else int(c)) * w for c, w in zip(vin, weights, strict=True))
    return vin[:8] + "0123456789X"[total % 11] + vin[9:]


def dress(text: str, r: random.Random) -> str:
    """As people and adversaries type it: shouting, sloppy, or hiding digits from a pattern."""
    style = r.random()
    if style < 0.25:
        return text.upper()
    if style < 0.37:
        return text.lower()
    if style < 0.41:
        return text.replace("-", "\u2011")  # non-breaking hyphen
    if style < 0.44:
        return "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in text)  # full width
    if style < 0.47:
        return "".join(c + "\u200b" if c.isdigit() else c for c in text)  # zero width
    if style < 0.49:
        return text.replace(" ", "\u00a0")
    if style < 0.53:
        return f"  {text}   "
    if style < 0.56:
        return text.replace(" ", "  ")
    return text


def texts() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for name, npi, copies in (("grammar_nonpublic.txt", True, 2), ("grammar_harmless.txt", False, 3)):
        for line in (HERE / name).read_text("utf-8").splitlines():
            if not line or line.startswith("#"):
                continue
            category, _, template = line.partition(" | ")
            unseen = hashlib.sha256(template.encode()).digest()[0] % 2 == 0
            made: set[str] = set()
            for copy in range(copies):
                slots = Slots(f"{template}/{copy}")
                text = dress(slots.fill(template), slots.r)
                if text in made:
                    continue
                made.add(text)
                rows.append({"category": category, "npi": npi, "text": text, "unseen": unseen})
    return [{"id": i, **row} for i, row in enumerate(rows)]


if __name__ == "__main__":
    lines = (json.dumps(row, ensure_ascii=True, sort_keys=True) for row in texts())
    (HERE / "texts.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
