"""The words of the trade, as data: abbreviations, joined pairs, the vocabulary that squashed names are cut with.

All lower case, about names; nothing here decides. A word missing here costs a segmentation, so add harmless words as
gladly as nonpublic ones: they are what keeps TERMINAL from being read as a term.
"""

from __future__ import annotations

from agent.core.name_everyday import EVERYDAY
from agent.core.name_pairs import PAIRS

# canonical word: spellings seen in layouts. A spelling belongs to one word only.
_SPELLINGS = """
account: acct acnt accnt acc accts accounts acount
accident: accidental
address: addr adr adrs addrs addresses addres direccion adresse
adjust: adj adjusted adjustment adjustments
advance: advanced
alternate: alt altern
allowance: allow allowed allowances alw
amortization: amort amortisation amortizacion
amount: amt amnt amounts amnts amo monto importe montant
annual: ann annually anual annuel
application: appl appln applications apps
appointment: appt appts apt appointments cita
applicant: aplicant aplcnt applcnt
approval: aproval approved apprvl apprv appvd appr approvals approve
aftermarket: aftmkt aftermkt
balance: bal balances blnc balnce saldo solde
balloon: baloon ballon blln
bankruptcy: bankrupt bkrptcy bkruptcy bancarrota faillite
bank: banks banco banque bnk
birth: bir brth nacimiento naissance
bureau: bureaus bureaux
business: bus biz busn
buyer: byr buyers purchaser comprador acheteur
campaign: campaigns cmpgn
cap: capital capitalized capitalised capitalization
category: cat ctgry categories categ
cell: cellular mobile celular cellphone cellph
charge: chg charges chrg chgs charged
chargeback: chgback chgbk chbk chargebacks
checking: chking cheque
class: cls
cobuyer: cobyr coby cobuy coapplicant coapp coap coborrower cosigner coobligor colessee cobuyers cosign
code: cd cde codes codigo
collection: collections collector collectors
complaint: cmplnt complnt cmplt complaints
correction: correctn corrctn corrections
comment: comments cmnt cmnts cmt cmts commt comentario comentarios commentaire commentaires coments
commission: comm commision commissions comms commsn
company: co comp compania cia companies
contract: contracted contr cntrct contracts contrato contrat kontract cntr
cost: costs cst costo
count: cnt ct
credit: cr crd crdt credits credito crédit
customer: cust cst customers cus custm client clients cliente
date: dt dte dates fecha dat
day: days dys dias
deal: deals dl_
dealer: dlr dealers dealership dealr
deductible: deduct ded deductibles
deferred: defer def dfrd
delinquent: delinq dlq deliquent delinquency delinqent delq dlnq delinquencies
delivery: deliv delv dlvry dlv delivered
deposit: dep depos deposits dpst depst deposito
depreciation: deprec depr
description: desc descr dscr descrip descriptions descripcion dsc
down: dwn dn downs dnw
downpayment: dwnpmt dnpmt downpmt downpymt downpay dpmt dwnpay dwnpymt enganche acompte pronto
driver: drv drvr drivers driving drver
driveoff: drvoff
due: dues
email: eml emails correo courriel emailaddress
employer: emplr emplyr employers empleador employeur emplr
employment: emplmt emplymt employed empl emplmnt empleo emploi
employee: emply employees
enter: entered
equity: eqty
estimate: est estd estimated estimates estim
expected: expect
expiration: exp expires expiry expire expiredate expr expirydate expdate
factor: fctr factors
fax: facsimile
federal: fed
fee: fees
field: fld fields fd
finance: fin financed financing finanse finanz finac financ finances finan finansed financiado financement
first: frst fst
fi: fni fandi
flag: flg flags fl ind indicator yn
frequency: freq frq freqy
gender: sex
gross: grs grss
guarantor: guarnt guar
hold: onhold
holder: hldr holders
home: hm hme
hour: hrs hr hours
identification: ident identity
income: inc incm incomes ingreso ingresos revenu
incentive: incent incentives
inception: incept
individual: indiv
installment: instal instalment installments instalments instlmnt instlmt cuota cuotas
institution: institute inst instit institutions
instruction: instr instructions instruct instrucs
insurance: ins insur insurances seguro assurance insurnce insurer
interest: interst intrst intr interes interet intrest
inventory: inv invt invntry
invoice: invc invoiced
issue: issued iss
job: jb
labor: lbr labour lab
language: lang idioma langue
last: lst
lease: ls lse leases leased leasing lsd arrendamiento lseg
lender: lndr lenders lendr prestamista preteur
length: len lgth
lessee: lesee
license: lic licence licenses lics lcns licns
lien: liens
lienholder: lienhldr lnhldr lienhold lienhldr
limit: lmt limits lim
loan: loans ln_ prestamo pret
maintenance: maint
manager: mgr mngr managers mgrs
markup: mkup mrkup
maturity: matur mat_ maturitydate
maximum: max
mile: mi miles mls milage milg
mileage: mlg mileages
minimum: min
miscellaneous: misc
model: mdl models
month: mo mos mth mths months mon mnth mnths monthly mthly mensual mensuel mnthly moly meses mois
name: nm nme names nombre nom
negative: neg
note: notes nts nota notas
number: no num nbr nmbr nr nums numbers numero numéro nmb nb
occupation: occup occupat occ occupations ocupacion
odometer: odo odom odomtr
original: orig origin originally
obligor: oblgr
optout: optouts
order: ord orders ordr
other: othr oth others
part: pt prt parts
participation: particip partic
payable: pybl
payment: pmt pymt paymt pmnt paym payt pmts pymts payments pays pago pagos paiement versement pmnts paymnt paymet
payoff: pyoff poff payoffs payof payofs
percent: pct perc percentage prcnt percentages porcentaje pourcentage
period: prd periods
text: txt
additional: addl addtl addnl
extra: xtra
finance: financiamiento financiacion financiera
phone: ph tel phn telephone telefono phones phne
policy: pol policies plcy poliza
postal: pstl
premium: prem prm premiums prima
previous: prev prior former prvs
price: prc prices precio prix
principal: prin princ prncpl prncipal
product: prod products prdct
profit: prft
program: prog pgm programs
promissory: promis
purchase: purch purchased prch
quantity: qty
rate: rt rates rte tasa taux
rebate: reb rebates rbt
reduction: red_ reduc redn reductn reduct reducc
reference: ref refs refer references
relative: relatives
remaining: remain rem remng
remark: rmk rmks remarks rmrk
repossession: repo repos repossess repossessed repoed
requested: req rqst reqd
reserve: rsrv rsv resrv reserves
residence: resid_ resident residency reside resided residential
residual: resid residuals rsdl resdl residu recidual valeurresiduelle
retail: rtl
revenue: rev
routing: rout rtg routng rtng
salary: sal salaries salario salaire
sale: sls sales sl venta vente sle
salesperson: slsperson slsprsn slspsn slspn salespersons salesman slsmn salesmen slsman salesrep sp vendeur consultant
savings: sav svgs
score: scr scores scor
security: sec scrty
service: svc serv srv servic services servicio
signing: sign
social: soc
source: src sources
spouse: spse
stock: stk
status: stat stts sts statuses
statement: stmt
suffix: sfx
tax: taxes txs
technician: tech techs technicians
term: trm terms terme plazo
total: tot ttl tots totl totals
trade: trd trades tradein tradeins trad tradins tradin
transaction: trans tran txn trx trns
transmission: transm trnsmsn trns
type: typ types tp tipo
update: upd updated updt
vehicle: veh vhcl vehicles vehic
vendor: vend vendors
verified: verif verify
version: ver
wage: wages
warranty: warr wty wrty warrnty warranties wrnty
work: wk wrk
year: yr yrs years yearly yrly
zip: zipcode zipcd postalcode postcode cp_postal
ssn: ssns socsec socsecno ssno ssnum ssnbr socialsecurity socialsecuritynumber
dob: dobs birthdate bdate bday birthday bdt birthdt bthdt dateofbirth brthdt
dln: dlno dlnum dlnbr driverlicense driverslicense driverlic drvlic drlic drlicense oln odl
vin: vins vinno vehicleidentificationnumber
lmf: lfm
ro: ros repairorder
advisor: adviser advsr advisors adv advis
writer: wrtr
prequalification: prequal prequalify
preapproval: preapprove preappr preapproved
disability: disab disabil
depend: dependents dependent dependants
unemployment: unemployed
unpaid: unpd
paid: pd
current: curr cur crnt
open: opn
past: pst
late: lte
question: questions qstn
bonus: bon
message: msg messages
registration: reg regis
location: loc
front: frt
engine: eng engn
"""

# The rest of the vocabulary, harmless and not: what squashed lower case is cut into.
_WORDS = """
a aba above accounting accrue accrued ach acqfee acquisition action active activity actual actuarial acv add added
addon addtocap adp adverse age agency agent agreed agreement ah aim airbag alarm alert alias alimony allocation alpha
alternate amex analysis and anniversary anti appraisal appraised appraiser apr april apron apy area arrears arrival as
asking asset assets assigned assignee assignment assn assumed assumption at attachment attention attr attribute auction
audio aug august authorization auto autopay aux auxiliary available average avg back backend backorder bag bankfee base
basis battery bay bdc beacon bed been before begin beginning behalf behind beneficiary best bhph bic bid bill billing
bin biweekly bk blob block blower body book booked booker boot booth borrow borrowed borrower borrowing box brake
branch brand break breakdown budget buffer build bump buy buyback buying buyout by calc calculation calendar call
callback camera cancel cancelled capcost capped caprd capred captive car card care carrier carryover case cash cashier
ccr center cert certified chain change channel chargeoff chassis char chat check checked checkin child citizen
citizenship
city ciudad cl clah claim classification clean clear clerk clock close closed closer closing club clutch cmpy coach
coast collateral collected color comeback comeon commercial common complete completed completion component concern
condition conducir conduire configuration confirm confirmed consent consignment constant consumer cont contact content
control conversation conversion convert conveyance coolant coordinator copy core correspondence countdown countersigned
country county coupon coverage covered cpi create created creation creditapp creditlimit creditor creditscore critical
crm csi csr custno custom cut cvc cvv cycle cylinder daily damage das data database db dealerdefined dealid dealno
death debit debt debtor dec december decision decline declined declines default defect deferreddown defined delete
deleted denial denied department dept desired desk desking detail details device diag diagnostic diary digit direct
director disclosure discount discover disp dispatch display disposal disposition distance distributor district division
dms dmv doc docfee document documentation domain donot donotcall donotmail door download downstream downtime dpa draft
drive drivetrain dropoff dti dual duration duty early earned earnest ecu effective eft ein elapsed elected elig
eligibility eligible enabled end ending engine entity entry equifax error escrow esign event excess exchange excise
exhaust existing expense experian ext extended extension exterior external facility factory failed fair family fault
favorite feb february fico file fill filler filter final finalized financial fire firstname fixed flat fleet flex
flexible floor floorplan fob follow following followup for force forecast form format forms forward franchise fraud
free freetext freight friday from front frontend fuel full fullname fund funded funding funds future gallery gap
gapcost garage gas gasket gateway gear general generated generic gift given gl glass global goal good gov government
grade grand grounds group gst guarantee guaranteed guest gvw half hand hard hardware harness has hash hat have head
header health height here high highway hire hired hist history hit holdback homephone hose host household housing how
hst html iban icon id idle ids ignition illness image immobilizer import in inbound incident include incoming index
industry info information init initial input inquiry inspect inspection inspector install installed instock int intake
interested interests interior intermediate internal internet interval ip is item items itin iui jan january jobtitle
join journal juice jul july jun june junk key keycode keyless keys keyword kilometer kind km known label lamp landlord
lane lastname latitude law lead leaf leak left legal letter level levelized liability liento life lift light line lines
link list listed listing loaded loaner local location lock locker log logo long longitude lookup losspayee lost lot
loyalty ltd luxury m made maiden mail mailability mailing main make makecode makename management manejar manual
manufacturer mar march margin marital markdown market marketing married master mastercard match material may mbi
mechanic media medical medium member memo menu merchant merge metal meter method mf mfr middle middlename military mini
mining missed mode modelcode modified modify module monday money moneyfactor monroney more mortgage most mother motor
move mpg mpi msrp muffler multi my na narrative national navigation nearest net netcap never new next nickname night
nominal non none nonpayment nonsufficient normal notification notify nov november nps nsf null obligation obligee
occupant ocr oct october oem of ofac off offer office official oil old on online only op opcode opener operation
operator opportunity optfield optin option optional or oregon organization out outbound outstanding over overallowance
overdue override owe owed owes owing own owned owner ownership pack package page paint pan panel paper paperless
paperwork parent park partial partno party pass passport password pastdue path pattern pay payee payer payload payout
paypal payroll payscale pedal penalty pending pep performed permanent permiso permit person personal personnel photo
physical pickup picture pin piston place plain plan plant plate platform plug plus pmi png po point policyholder pool
port portal portfolio position post posted power preference preferred prefix prepaid preparation preparer present
pressure prestige preview primary prime print printed priority privacy private prize process processed processing
processor profile profitability progress project promise promised promo proof property proposal prospect protection
provider province pti public pull pulled pump punch purchaseorder purpose push qst qualified qualify qualifying quarter
quarterly query queue quick quote quoted race radio range rank rating raw reader reading ready real reason rec recall
receipt receivable receive received recent recommended recon reconditioned reconditioning record records recreational
recurring red redeem redflag refi refinance refund region regional register registered registration rego regular reject
related relation relationship release reminder remote renewal rent rental renter repair replace reply report reporting
request required requirement resale reservation reserved reset respond response responsible result retained retention
return returned reverse review reward rewards right risk road roadside role rono root rotation round route row rule run
rundown rv safe safety salutation same sample sat satisfaction saturday save scan schedule scheduled school screen
script season seat second secondary secret section secure secured segment selected self sell seller selling send
seniority sensor sent sep sept september seq sequence sequenceno serial session set setting settlement severity share
ship shipped shop short show side sidenote signature signed signer simple sin single site size skip sku slip sms
socialmedia soft software sold soldbydealer son sort spark spec special specific specification speed spend spiff split
spot spread spring ssd staff stage stamp standard start started starting state stated station std stereo sticker stip
stipend stips stipulation stockno stop storage store story street string student style sub subject sublet submitted
subprime subsidy substatus subtotal subvented subvention suite sunday supplement supplier supply support surcharge
surplus survey suspend swift switch system table tag taken talk tank target task taxable team telematics temp template
tenure terminal terminated termination territory test than that the theft third this thursday ticket tier tila time
timer timestamp tin tint tire title titled to today token tool top touch touchdown tow tower track tracking trailer
train transfer transit transponder transport transunion tread trim truck trunk trust tuesday tune turn turnin two udf
union unit unknown unsecured unused unwind unwound uom up upfront upsell uptime url us usage usd use used user
userdefined username utm valet valid validation value van vantage vantagescore variable vat venmo verbatim vertical via
video view visa visible visit visitor void voided volume voucher vsc vsi wait waiting waive waiver walk walkaround
warehouse wash we wear web website wednesday week weekly weight weowe wheel waiter counter cart when where white who
wholesale why width
willing window wip wire with within without word workflow workphone workshop would writeoff written www yes yield yob
zelle zone outlay investment pencil desked takehome accessory power lift
"""


def _spellings() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in _SPELLINGS.strip().splitlines():
        word, _, others = line.partition(":")
        for other in others.split():
            if not other.endswith("_"):  # a spelling too ambiguous to use, kept in sight
                found.setdefault(other, word)
    return found


SPELLINGS: dict[str, str] = _spellings()
JOINED: dict[tuple[str, ...], str] = {
    tuple(SPELLINGS.get(w, w) for w in left.split()): right.strip()
    for left, _, right in (line.partition(":") for line in PAIRS.strip().splitlines())
}
VOCABULARY: frozenset[str] = frozenset(
    [
        *_WORDS.split(),
        *EVERYDAY,
        *SPELLINGS,
        *SPELLINGS.values(),
        *JOINED.values(),
        *(w for pair in JOINED for w in pair),
    ]
)
# What a squashed name is cut with: a short everyday word inside another one is chance, `arch` in RESEARCH.
CUTTING = VOCABULARY - frozenset(word for word in EVERYDAY if len(word) < 5)
_SHORT = "no dt cd id yn dl ss ro sp ph mo fi to of in at on by or mi km mf ar fl nm pt gl is co up cr"
# Two-letter words a squashed name may be cut at; any other short word is chance.
SHORT = frozenset(_SHORT.split())
_REPAIRED = """
payment finance balance residual approval delinquent interest principal insurance employer employment occupation license
routing account balloon lienholder mortgage bankruptcy repossession installment maturity acquisition deferred premium
amount passport chargeback participation lender credit payoff income salary security downpayment reserve percent bureau
mileage deposit birthdate landlord comment remark instruction miscellaneous equity driver
"""
# Words worth repairing when one letter is missing, doubled, swapped or wrong. Compounds repair squashed names too.
REPAIRABLE: dict[str, str] = {word: word for word in _REPAIRED.split()} | {
    "financed": "finance", "payments": "payment", "monthly": "month", "drivers": "driver", "comments": "comment",
    "remarks": "remark", "employed": "employment",
}  # fmt: skip
