"""Rules over canonical words: which combinations speak of finance and of secrets.

A rule hits when each of its `needs` groups has a word in the name and none of its `unless` words is there. Data:
order within a list is the order of asking, the first hit names the category. They know words, not layouts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    category: str
    needs: tuple[frozenset[str], ...]
    unless: frozenset[str] = frozenset()
    alone: bool = False  # the name may hold nothing else but digits, people and fillers


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """Rules in their order, and where in it the rules stand that need a word: a name has few words, a list hundreds."""

    asked: tuple[Rule, ...]
    by_word: Mapping[str, tuple[int, ...]]

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.asked)

    def about(self, words: Iterable[str]) -> Iterator[Rule]:
        """Those whose first group one of the words meets, in order."""
        places = {place for word in words for place in self.by_word.get(word, ())}
        return (self.asked[place] for place in sorted(places))


def words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


def rules_of(text: str) -> Rules:
    """One rule a line: `category: word|word word|word - unless words`; `!` after the colon: alone."""
    rules = []
    for line in (
        text.strip().replace("|\n  ", "|").replace("\n  ", " ").splitlines()
    ):  # an indented line goes on with the one before
        category, _, rest = line.partition(":")
        needs, _, unless = rest.partition(" - ")
        alone = needs.strip().startswith("!")
        groups = tuple(frozenset(g.split("|")) for g in needs.replace("!", " ").split())
        rules.append(Rule(category.strip(), groups, frozenset(unless.split()), alone))
    by_word: defaultdict[str, list[int]] = defaultdict(list)
    for place, rule in enumerate(rules):
        for word in rule.needs[0]:
            by_word[word].append(place)
    return Rules(tuple(rules), {word: tuple(places) for word, places in by_word.items()})


# Words that name a person's part in a deal or fill a name; they never change what the rest means.
FILLERS = words_of(
    "buyer cobuyer customer applicant borrower guarantor obligor owner lessee spouse driver primary "
    "secondary the of in a to is  id code number amount value date total number type name current new old "
    "original deal company "
)

MONTHS = words_of(
    "jan feb mar may jun jul aug sep sept oct nov dec january february march april june july august september"
)

# Whoever has it can take the car, or the account.
SECRETS = rules_of("""
vehicle_secret: keycode
vehicle_secret: ignition|trunk|door|valet|keyless|immobilizer|fob|transponder|glovebox|wheel code|key|keycode|pin|
  combo|combination|lock - switch count quantity ajar order part price cost type coil torque
vehicle_secret: alarm code|pin
vehicle_secret: key cut|blade|code - primary foreign sort search record row index word hash
vehicle_secret: radio|audio|stereo|alarm|navigation|entry|keypad code|pin|unlock - description error labor type
vehicle_secret: lock code|combination|key - status
vehicle_secret: password|passwd|pwd|passphrase|secret|credential|credentials|apikey
vehicle_secret: security pin|code|question|answer - deposit
vehicle_secret: pin code|number|hash
vehicle_secret: ! pin
""")

# The law's categories. A name that hits is suspected: only a signed decision may let it go.
NONPUBLIC = rules_of("""
rate: tx annual|int|nominal|effectif|interest|credit|finance - tax transmission
rate: int percent - color trim window tint
rate: rate offered|proposed
rate: cost annual total - maintenance ownership fuel service
payment: month|monthly target|desired|budget|max|maximum - sale unit service ro visit lead quota volume count
  date mile hour
amount_financed: cap remaining
bank_card: ! routing
payment: pay period - technician employee payroll staff
income_employment: work|workplace place|workplace name|phone|number|address
amount_financed: commission|fee open - account date
trade_payoff: perdiem - rental travel employee staff
down_payment: pie initial
ssn_tin: ssn|ssns|itin|fein
ssn_tin: social number|num|last|no|insurance|seguro|id - media facebook
ssn_tin: ! social|tin|sin|ein|ss|nas
ssn_tin: ss number|last|customer|buyer|cobuyer|applicant|encrypted|masked|hash - engine wheel
ssn_tin: tin|ein|sin number|last|customer|buyer|verified|type|id
ssn_tin: federal|fed|taxpayer|employer id|number|identification|tax - ex express
ssn_tin: tax|taxpayer id|identification|identifier - rate code group jurisdiction authority county
ssn_tin: seguro|numero social
ssn_tin: curp|rfc|nif
dob: dob|birth|birthday|birthdate|born|yob|birthyear|birthmonth - tire lot vin place build country
dob: fecha|date nacimiento|naissance
dob: birth place|country|state|city - vin
dob: age customer|buyer|applicant|cobuyer|driver|borrower|bracket|group|range|person - vehicle stock inventory car
  days
dob: age alert|verified|of|minor - vehicle stock
driver_licence: dln|oln|passport - switch car
driver_licence: driver|drivers|operator|operators|driving license|ln|lic|id|permit|dl - plate
driver_licence: dl number|state|no|expiration|class|issue|country|date|scan|image|verified|status|type|customer|buyer
driver_licence: license|permiso conducir|conduire|manejar
driver_licence: ! dl
driver_licence: ! license - number
driver_licence: license state|expiration|issue|class|scan|image|verified|country|photo - plate vehicle tag dealer
  frame fee business software salesperson tax resale trailer advisor technician key professional registration
  renewal medical
driver_licence: state|national|government|military|govt|voter|resident|photo|alien|gov|personal id|identification|
  card - dealer address code vehicle zip
driver_licence: identification number|type|expiration|state|issue|document|country - vehicle stock company part tire
  store dealer
driver_licence: visa|immigration number|status|type|expiration
driver_licence: citizen|citizenship|nationality
bank_card: iban|aba|clabe|cvv|cvc|cvv2|micr
bank_card: ! rtn|bic|pan|ach|swift|eft|autopay|checking
bank_card: routing|transit|rtn|swift|bic number|code|bank|account|ach|aba - bus train ship days
bank_card: ! routing
bank_card: route|routing transit
bank_card: ach|eft|autopay|checking|savings account|number|flag|enrolled|routing|type|bank|date|amount|
  authorization|name|holder|enabled|status|day - bond fuel
bank_card: card number|no|holder|expiration|type|last|token|brand|name|month|year|auth|security|masked|digits|first|
  merchant|stored|vault - reader score punch time rate business key warranty gift index loyalty memory report fuel
  gas sim sd job
bank_card: credit|debit|bank|charge|atm card
bank_card: cc number|expiration|type|last|auth|token|holder|no - engine email cylinder displacement size
bank_card: pan number|last|card|token|masked
bank_card: account number|holder|last|masked|encrypted|mask|ending - customer gl ledger accounting sale inventory
  manager vendor user cost login parts part fleet
bank_card: loan|lease|note|lender|lien|payoff account|number|id
bank_card: contract|note number|no|account - service warranty phone vehicle vsc mbi maintenance plan name product
  purchase date sequence comment
bank_card: bank|checking|savings|payoff|loan|lender|autopay account|acct|type
bank_card: check number|amount|no - engine box list connect
credit: fico|vantage|vantagescore|creditscore|equifax|experian|transunion|prequalification|preapproval|bankruptcy|
  ofac|dti|pti|stips|stipulation|stip|subprime|prequalified - grade oil
credit: beacon - lamp light
credit: bureau - better business weights farm
credit: credit|creditapp|creditlimit - debit gl journal memo core return tax labor store sale sales parts invoice
  hours accredited vendor note life disability insurance accident union incentive
credit: bk|bankruptcy chapter|flag|date|status|discharge|discharged|year|filed
credit: bankrupt|judgment|judgement|foreclosure|garnishment
credit: repossession - tow company
credit: guarantor
credit: reason declined
credit: red flag - tag recall
credit: redflag
credit: risk score|tier|class|level|rating|based|band|grade - injury safety recall
credit: ! score|tier|approval|decision|bureau|denied|denial|approved|declined
credit: score - inspection mpi color brake tread csi survey game home away goal
credit: counter offer - part parts
credit: score|tier|grade lender|bank|loan|account|program|customer|buyer|applicant|cobuyer|bureau|paper|finance|
  rate|model|factor|reason - csi survey lead
credit: approval|approved|decision|denial|denied|turndown|decline|declined lender|bank|loan|application|amount|
  status|date|code|number|reason|conditional|expiration|letter|tier|rate|payment|term|finance|automatic|auto|fi|
  adverse|contract|response - estimate work parts part repair ro job line service mpi sublet warranty vacation
  payroll timeoff user discount price appraisal
credit: adverse action|notice|letter|reason
credit: application|creditapp status|date|number|id|type|decision|received|approved|source|joint|submitted|count -
  software version mobile job parts vehicle web
credit: debt|debts ratio|income|amount|total|month|monthly|to
credit: debt
credit: app status|decision - mobile web
credit: soft|hard pull|inquiry|hit
credit: identity|fraud|kyc verification|score|alert|check|result|quiz|verified|status
credit: pre qualified|approved|qual|approval
credit: trade line|lines|tradeline
credit: delinquent history|status|count
income_employment: income|salary|wage|wages - statement mbi service warranty parts labor gl sale extended
income_employment: employer|employment|occupation|unemployment|jobtitle|employed
income_employment: job title|time|length|years|year|month|since|position|current|previous - ro service card
  description status code
income_employment: work|job|employ|position years|year|months|month|since|length|time|status|title|start - ro order
  service
income_employment: emp address|city|zip|state|phone|years|year|since|income|status|months|time|title|previous|length
income_employment: rent own|mortgage|amount|payment|month|monthly|or|buy - car
income_employment: ! rent|mortgage|landlord|housing|alimony|dependent|depend|residence|assets|liabilities
income_employment: mortgage|landlord|housing|alimony|homeowner|homeownership
income_employment: home owner|ownership|owned|value|equity|mortgage - page phone delivery
income_employment: own rent
income_employment: residence|address|residency|lived type|status|years|year|month|months|time|length|since|duration|
  how|previous - email ip web update change
income_employment: time|length|years|year|months|month|duration at|residence|address|employer|employed|reside|lived
  - service
income_employment: previous|former address|city|state|zip|street|residence|employer|county - owner vehicle dealer
income_employment: child|spousal support|alimony
income_employment: depend|dependents number|count
income_employment: nearest|closest relative|living
income_employment: relative|reference name|phone|address|relation|relationship|city|state|zip|first|last|personal -
  number code
income_employment: mother|mothers maiden|name
income_employment: maiden
income_employment: gross month|annual|pay|salary|weekly - profit sale vehicle deal back front total payable
income_employment: net worth
income_employment: work|week|hour|biweekly|takehome pay|earning|earnings - order labor ro technician employee flat
income_employment: revenue annual|month|household|spouse - store gross service labor part total department deal
income_employment: takehome
income_employment: monthly|month|living expense|expenses|obligation|obligations
income_employment: military|student|retired status|flag|branch|rank|indicator
lender: lender|lienholder|lien|losspayee|creditor|mortgagee|assignee|captive|lessor|lenders
lender: bank - angle cylinder blood food power image data memory reserve embankment seat coolant temp temperature sensor
  fuel injector catalyst misfire oxygen
lender: finance|financial|lease|loan|funding|fund institution|company|source|office|name|organization|provider|
  partner - manager month amount period statement year report
lender: financial institution
lender: institution
lender: credit union
lender: title holder|lien
lender: loss payee
finance_type: deal|sale|purchase|contract|buy|sold|transaction|retail type|category|kind|mode|method|class - labor
  part parts service line op job ro warranty order stock vehicle lead email phone tax report document
finance_type: type deal|sale
amount_financed: regulation z|disclosure
finance_type: type|kind|mode acquisition|purchase - vehicle stock
finance_type: cash|finance|lease|loan|retail lease|finance|flag|deal|retail|cash|loan|indicator|type|yn|buyer|
  purchase|customer - labor price value
finance_type: payment|finance|pay|purchase method|type|option|plan|mode - ro service labor part line repair parts
  order receipt
finance_type: calc|calculation method|type|mode
finance_type: funding|funded|fund
finance_type: cit
finance_type: contract in|transit transit|status|funded|sent|received - service warranty maintenance
finance_type: bhph|subvented|subvention|inhouse
finance_type: buy here
finance_type: outright
finance_type: cash deal|buyer|sale|purchase|customer|flag - down price rebate
finance_type: refinance|refi
finance_type: spot delivery|delivered
down_payment: downpayment|driveoff|inception|upfront|ccr|earnest|initialpayment
down_payment: down - pipe time stream load shift tube spring hill lock drop count break menu
down_payment: cash - price value actual acv register drawer cashier cashback receipt rebate incentive bonus customer
  flow sale account office
down_payment: cash customer|due|from|total|deposit|surplus|cap - rebate incentive bonus price value
down_payment: deposit - core tire slip direct soil carbon parts part special depository
down_payment: pickup pay|payment|note|amount|check|total - truck
down_payment: hold|held|postdated check|checks
down_payment: due signing|sign|start|delivery|inception|lease|contract - date
down_payment: cap|capital|cost reduction|red
down_payment: ! das
down_payment: out pocket
down_payment: deferred down|payment|date|deposit
down_payment: initial payment|pay|investment|outlay|cash|value|amount - fee cost mileage odometer inventory
down_payment: investment customer|cash|amount|total
down_payment: enganche|acompte|pronto
trade_payoff: payoff|buyout|equity|overallowance|payout - mining employee commission vendor
trade_payoff: net trade|trades
trade_payoff: trade over|owe|owed|owing|balance|debt|loan|lien|payoff|bank|finance|lender|payment|account|
  lienholder|upside|difference|net - age mileage
trade_payoff: owe|owed|owing
lease_residual: option purchase
trade_payoff: per diem
trade_payoff: trade outstanding|remaining|secured
lender: secured party
trade_payoff: buy|purchase out|option price|amount|out|lease - buyout trade vehicle
trade_payoff: upside negative|down
trade_payoff: negative trade|amount|equity - test
rate: mf|lmf|moneyfactor - part partno number code color engine mfr
rate: ! mf|yield|rate|factor|spread
rate: apy
rate: category annual
rate: lease|rent|money|month|buy|sell|base|markup|residual factor|mf
rate: annual percent|percentage|rate
rate: rate buy|sell|base|note|contract|interest|finance|loan|lease|enter|entered|balloon|requested|addon|add|bank|
  lender|annual|percent|approved|markup|spread|participation|standard|special|subvented|credit|rent|stated|nominal|
  actuarial|effective|simple|tier|residual|money|fixed|variable|customer|retail|dealer|program|promo|max|maximum|
  min|minimum|adjusted|call|quoted|default|current|original|reserve|deal|prime|used|new|year|term|apr|type|mileage|
  month|cost - labor tax shop tire hour hourly commission exchange mpg parts part pay door diag service technician
  job sublet rental opcode op salesperson
rate: rate desk|desked|pencil|offer|offered|final|sold|first|won|proposed - labor tax tire commission tank
rate: interest
rate: rate int
rate: rate purchase - labor tax hour parts
rate: percent interest|finance|annual|apr|rate
rate: tasa|taux
term: number|num|total|no|count|remaining|original|contract|loan|lease|finance|term month|months - stock warranty
  mbi service vsc extended coverage age inventory owned since last expiration maintenance mileage sold sale sales
  plan
term: ! month|term|mos
term: term - warranty mbi vsc maintenance service esc plan coverage product terminal search employee employment
  device pos session insurance premium credit life gap short long media utm
term: amortization|plazo
amount_financed: finance|financeamount|financed - manager director office department desk date statement menu
  calendar status writer warranty
amount_financed: financial amount|balance|charge|product|application
amount_financed: side note|balance|amount
amount_financed: borrow|borrowed|borrowing
amount_financed: loan - vehicle car shop tool loaner
amount_financed: ltv|capcost|netcap|tila|regz|unpaid|itemization
amount_financed: principal
amount_financed: cap|addtocap cost|amount|gross|net|total|adjust|cap - fee baseball screw bed hub gas oil cab
amount_financed: balance current|open|unpaid|remaining|principal|outstanding|account|note|due|contract|loan|ending|
  beginning|forward|prior|previous|side|total|customer|owed|original|amount|date|open|total|new|net|final|trade|
  carried|last|high|average - wheel tire engine shaft inventory part parts quantity stock ro service gl trial
  vacation loyalty reward point points
amount_financed: open amount|balance
amount_financed: total payment - ro service customer parts invoice labor warranty
amount_financed: deferred|time price|payment|sale
amount_financed: acquisition|disposition|origination fee|cost|amount|charge
amount_financed: depreciation|rent charge|lease|amount|value|month|monthly|total - asset book schedule fleet
  accumulated accounting car
amount_financed: principal|interest|int paid|collected|due|accrued|portion|earned|amount|ytd|rebate|balance|charge|
  total - pay
amount_financed: int|interest penalty|late
amount_financed: int|interest collected|accrued|earned
amount_financed: ! advance|principal|balance|interest|depreciation
amount_financed: advance lender|bank|percent|max|maximum|amount|loan|finance|total - search purchase
amount_financed: contract amount|balance|total|value - service warranty mbi vsc maintenance extended gap
amount_financed: refund|rebate interest|finance
lease_residual: residual
lease_residual: rv amount|percent|value|type|rate - park trailer park
lease_residual: mile|mileage|kilometer|km|distance allow|allowed|allowance|penalty|excess|over|expect|expected|annual|
  per|year|yearly|contract|purchase|purchased|charge|rate|base|limit|cap|term|lease|overage|adjusted|free|included -
  warranty mbi vsc extended maintenance service recall last in out plan insurance coverage tire since
lease_residual: mile|mileage|drive estimate|projected|anticipated|expected - warranty mbi service maintenance shop
lease_residual: estimate drive|driven|driver
lease_residual: excess|over wear|mile|mileage|use
lease_residual: disp fee
lease_residual: turnin|disposition|wear - tire pad brake tread lining
lease_residual: early termination
lease_residual: lease - line warranty coverage extended leased property building phone please
lease_residual: lessee - firstname lastname middlename fullname name address phone city state zip email
payment: balloon|maturity|installment|amortization|pmi|biweekly|semimonthly|paydate - monthly bond
payment: payment month|base|lease|balloon|first|last|next|number|count|frequency|period|style|schedule|regular|
  irregular|final|remaining|behind|missed|late|biweekly|weekly|extra|desired|requested|budget|term|past|history|
  plan|option|day|days|begin|start|end|due|loan|old|new|current|target|quoted|estimate|estimated|actual|range|max|
  maximum|min|minimum|difference|single|one|advance|advances|down|trade|spouse|car|auto|vehicle|made|total|amount|
  code|date|tax|with|status|received|reversal|posted|id|type|level|comfort|low|high|customer|sell|principal|
  interest|frequency|escrow|insurance|adjust|allocation|skip - method terminal gateway processor vendor ap payroll
  labor parts part warranty ro invoice claim internal service cp repair receipt counter
payment: ! payment|pay|frequency
payment: month outlay|commitment|bill|note
payment: special payment
payment: budget month|payment|max|maximum|customer|target
payment: payment - method terminal gateway processor vendor ap payroll labor parts part partno warranty ro invoice
  claim internal service cp repair receipt counter opcode gl
payment: pay month|first|next|last|frequency|freq|period|schedule|behind|number|count|plan|biweekly|weekly|due|day|
  date|amount|thru|through|ahead|loan|total|off|style - customer internal warranty payroll labor technician gross cp
  service parts part employee hour commission type
payment: last|next|first paid - service
payment: paid thru|through|ahead|off|until - labor time
payment: first|next|last due|pay - service maintenance inspection visit oil appointment name
payment: single|one pay
payment: days to first
payment: due date|day|next|first|last - service inspection maintenance oil appointment ro task parts registration
  invoice core rental loaner recall lead followup call activity delivery
payment: final due
payment: versement|mensualidad|mensualite|cuota
insurance: insurance|insured|insurer - mbi claim
insurance: prime life|disability
insurance: critical illness
insurance: premium - fuel gas trim wheel package audio sound paint model unleaded
insurance: gap - spark air plug clearance panel analysis width valve
insurance: cl|ah|clah|vsi|iui|cpi|cdi|pmi premium|cost|income|term|sale|amount|coverage|fee|type|name|rate|carrier|
  provider|code|commission|price|profit
insurance: credit life|disability|insurance|accident|health
insurance: accident|health|disability|unemployment|levelized|life insurance|premium|cost|sale|term|name|type|amount|
  coverage|benefit|income|health|life|commission|fee - battery brake tire cycle end ev vehicle
insurance: ! life|disability|levelized|ah|cl|vsi|iui|cpi|coverage|policy|deductible|premium
insurance: loss employment
insurance: guarantee|guaranteed auto|asset protection
insurance: policy - manual privacy company name refund return cancel data
insurance: agent|agency name|phone|address|city|state|zip|contact|fax|email|code|policy - service booking sale sales
  user bdc software gate travel collection parts
insurance: collision|comprehensive|comp deductible|coverage|amount|limit
insurance: debt cancellation|cancel|protection|waiver
insurance: beneficiary
insurance: bodily|injury|liability limit|coverage|insurance
insurance: force|forced placed
receivable_balance: pastdue|delinquent|chargeoff|writeoff|overdue|arrears|nsf|receivable - inspection service
receivable_balance: past|over|total|current|amount due - service maintenance inspection ro oil recall date task
receivable_balance: over due|overdue
receivable_balance: over amount|balance days
receivable_balance: aging|aged balance|amount|bucket|due|customer|account|receivable
receivable_balance: ar balance|amount|account|number|status|code|customer|total|current|limit|type - arkansas
receivable_balance: balance - wheel tire engine shaft inventory part parts quantity stock ro service gl trial
  vacation loyalty reward point points
receivable_balance: behind
receivable_balance: day paid - vacation holiday sick labor technician payroll
receivable_balance: late fee|charge|payment|count|days|day|time|times|amount - night
receivable_balance: time|times late|delinquent
receivable_balance: collection status|date|agent|note|code|queue|amount|agency|flag|fee|cost|name|account|officer -
  data
receivable_balance: promise pay|amount|broken|payment - delivery
receivable_balance: bad debt|check
receivable_balance: bounced|returned check
receivable_balance: ! due|limit|collection|aging|ar
receivable_balance: skip trace|date|account
receivable_balance: high|highest balance|credit
receivable_balance: due - date service maintenance inspection oil appointment ro task parts registration invoice
  core rental loaner recall lead followup call activity delivery
reserve_fi_income: finance gross|profit|income|commission|penetration|chargeback
reserve_fi_income: reserve - part parts tank fuel vehicle stock quantity oil appointment spot seat
reserve_fi_income: fi income|gross|profit|reserve|sale|total|net|cost|revenue|chargeback|rate|product|commission|
  amount|penetration|deal|type - manager status
reserve_fi_income: bk gross|profit|sale
reserve_fi_income: back|backend gross|profit|sale|cost|commission|end|income|fee|total|aftermarket|net - order buy
  come call camera seat owe weowe light up brake axle window
reserve_fi_income: back|backend end
reserve_fi_income: participation|flat|chargeback|spread|split fee|rate|reserve|bank|dealer|amount|percent|lender|
  finance|interest - labor tire warranty hour parts part card program
reserve_fi_income: ! participation|chargeback|reserve
reserve_fi_income: participation
""")
