"""Words for the make-believe dealership: names, streets, cars, notes. Nobody in here is a person."""

from __future__ import annotations

import unicodedata
from functools import cache

FIRST_NAMES = (
    "Pat", "Alex", "José", "María", "Jürgen", "Zoë", "Linh", "Wei", "Aisha", "Noah", "Emma", "Liam", "Olivia", "Łukasz",
    "François", "Søren", "Chloé", "Dmitri", "Priya", "Kenji", "Siobhán", "Renée", "Ana Sofía", "Mary Ann", "D'Andre",
    "Thu Hà", "Omar", "Grace", "Hannah", "Isaac", "Ruth", "Samuel", "Ivy", "Marcus", "Nadia", "Owen",
)  # fmt: skip
LAST_NAMES = (
    "Example", "Nguyễn", "Müller", "García", "O'Neil", "Smith-Jones", "Peña", "Åkesson", "Özdemir", "Kowalski", "Brown",
    "Dvořák", "Johnson", "Lee", "Patel", "Haddad", "Okafor", "Tanaka", "Fernández", "Mc Donald", "St. Clair", "Weiß",
    "Silva", "Ivanova", "Williams", "Jackson", "Martin", "Thompson", "Rivera", "Bennett", "Cash", "Loan", "Lease",
)  # fmt: skip
BUSINESSES = ("Example Plumbing LLC", "Sample & Sons Roofing", "Placeholder Taxi, Inc.", "Café Beispiel GmbH")
STREETS = (
    "Peachtree St", "Peña Blvd", "Oak Ave", "Maple Dr", "Main St Apt 4", "Old Mill Rd", "Magnolia Way", "Lakeview Ct",
    "Cherry Ln", "County Road 12", "Ponce de León Ave", "Hilltop Ter",
)  # fmt: skip
PLACES = (
    ("Atlanta", "Fulton", "GA ", "30301"), ("Decatur", "DeKalb", "GA ", "30030"), ("Marietta", "Cobb", "GA ", "30060"),
    ("Roswell", "Fulton", "GA ", "30075"), ("Athens", "Clarke", "GA ", "30601"), ("Macon", "Bibb", "GA ", "31201"),
    ("Augusta", "Richmond", "GA ", "30901"), ("Savannah", "Chatham", "GA ", "31401"),
    ("Anniston", "Calhoun", "AL ", "36201"), ("Greenville", "Greenville", "SC ", "29601"),
)  # fmt: skip
AREAS = ("404", "770", "678", "470", "706")
LANGUAGES = ("EN ", "EN ", "EN ", "ES ", "VI ", "FR ", "   ")

MODELS = {
    "EXAMPLE": (("Pioneer", "PN41K"), ("Trailhead", "TH62R"), ("Metro EV", "MV73E"), ("Rancher 1500", "RN84T")),
    "OTHERMAKE": (("Comet", "CM25C"), ("Summit", "SM36S"), ("Harbor", "HB47H")),
}
MAKER_CODES = {"EXAMPLE": "1EX", "OTHERMAKE": "5TM"}
TRIMS = ("Base", "LX", "EX-L", "Limited", "Sport", "Touring AWD")
BODIES = ("SEDAN       ", "SUV         ", "PICKUP      ", "HATCHBACK   ")
COLORS = ("WHITE         ", "BLACK         ", "SILVER        ", "CANDY RED     ", "DEEP BLUE     ", "GRIS ÉTOILE   ")

EMPLOYEES = ("A. Advisor", "B. Writer", "Chris Sample", "Señora Muestra", "Dana Demo", "Erika Mustermann")
OPERATIONS = (
    ("LOF     ", "LUBE, OIL AND FILTER", "CP", "0.30", "59.50"),
    ("ROT     ", "ROTATE TIRES", "CP", "0.40", "30.00"),
    ("BRKF    ", "REPLACE FRONT BRAKE PADS", "CP", "1.60", "289.50"),
    ("RCL24V  ", "RECALL 24V-EXAMPLE AIRBAG INFLATOR", "WP", "0.90", "0.00"),
    ("ALIGN   ", "FOUR WHEEL ALIGNMENT", "CP", "1.20", "120.00"),
    ("BATT    ", "REPLACE BATTERY", "CP", "0.50", "210.00"),
    ("PDI     ", "PRE-DELIVERY INSPECTION", "IP", "2.00", "180.00"),
    ("DIAG    ", "DIAGNOSE CHECK ENGINE LIGHT", "CP", "1.00", "150.00"),
    ("MULT    ", "MULTI-POINT INSPECTION", "CP", "0.00", "0.00"),
)
BANKS = ("First Example Bank", "Sample Credit Union", "Placeholder Motor Credit", "Banco Muestra", "Beispiel Kredit AG")
INSURERS = ("Example Mutual", "Sample Auto Insurance", "Placeholder Casualty")
EMPLOYERS = ("Example Bakery", "Sample School District", "Placeholder Logistics", "Self", "Retired", "Café Beispiel")
JOBS = ("Nurse", "Teacher", "Driver", "Manager", "Electrician", "Retired", "Owner")
PRODUCTS = ("Service contract 5/60", "Tire and wheel", "Paint care", "Prepaid maintenance")

HARMLESS = (
    "Prefers morning appointments.",
    "Wants a call before any work over one hour.",
    "Left child seat in vehicle, returned.",
    "Rattle at 45 mph, gone after balancing.",
    "Spoke with spouse; pick up after 5.",
    "Keys in drop box #7. Gate code on file.",
    "Tire pressure light on, set all four to 35 psi.",
    "Customer states A/C blows warm - see line 2.",
    "Asked about the April event. Very happy with Dana.",
    "Cliente prefiere español. Llamar por la tarde.",
    "Loaner out 10/12, back 10/14.",
    "Term of the parts warranty explained.",
)
# How people type what they should not. {0} is the planted value.
TYPED_SSN = ("SSN {0}", "ssn is {0} per phone", "Soc Sec # {0}, copy in jacket")
TYPED_ACCOUNT = ("acct # {0} auto pay", "Lender acct {0}, payoff letter requested", "bank account {0} for ACH")
TYPED_AMOUNT = (
    "put ${0} down, rest financed",
    "dn pmt {0} chk cleared",
    "mo pmt {0} x 72, wants refi",
    "payoff ${0} good 10 days",
)


@cache
def ascii_name(name: str) -> str:
    """`José` as a mail address spells it: `jose`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(c for c in plain.lower() if c.isalpha()) or "x"
