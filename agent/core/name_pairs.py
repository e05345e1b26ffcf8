"""Words that stand together in a name and are one word of the trade. Data only, all lower case and canonical."""

from __future__ import annotations

# Pairs that are one word in the trade.
PAIRS = """
pay off: payoff
loan car: loaner
work place: workplace
py off: payoff
l holder: lienholder
per diem: perdiem
pay offs: payoff
pay out: payout
down payment: downpayment
down pay: downpayment
down pmt: downpayment
drive off: driveoff
co buyer: cobuyer
co app: cobuyer
co applicant: cobuyer
company buyer: cobuyer
company applicant: cobuyer
company application: cobuyer
company borrower: cobuyer
company signer: cobuyer
company obligor: cobuyer
company lessee: cobuyer
company maker: cobuyer
lien holder: lienholder
ln holder: lienholder
lease holder: lessee
social security: ssn
social security number: ssn
social sec: ssn
soc sec: ssn
social insurance: ssn
s s n: ssn
d o b: dob
a p r: apr
i b a n: iban
birth date: dob
birth day: dob
date birth: dob
date of birth: dob
driver license: dln
driver lic: dln
dl number: dln
ap rate: apr
day expiration: overdue
ap maturity: lastname
date salary: date
amount month: labor
account payable charge: amount
house property: homeowner
property home: homeowner
propensity home: homeowner
type home: residence
own home: homeowner
year result: residence
year residence: residence
time labor: employment
employment fee: jobtitle
fee employment: jobtitle
negative eq: equity
purchase opt: buyout
free form: freetext
e mail: email
opt out: optout
opt in: optin
opted out: optout
opt outs: optout
do not: donot
f i: fi
f and i: fi
sales person: salesperson
sale person: salesperson
sales rep: salesperson
sale rep: salesperson
sales man: salesperson
trade in: trade
charge back: chargeback
charge backs: chargeback
charge off: chargeoff
write off: writeoff
pre approval: preapproval
pre qualification: prequalification
hold back: holdback
buy out: buyout
pick up: pickup
drop off: dropoff
mark up: markup
mark down: markdown
call back: callback
come back: comeback
check in: checkin
after market: aftermarket
add on: addon
work phone: phone
zip code: zip
postal code: zip
repair order: ro
op code: opcode
part number: partno
social media: socialmedia
red flag: redflag
turn in: turnin
add to cap: addtocap
free text: freetext
key code: keycode
user deferred: udf
store deferred: udf
dealer deferred: udf
client deferred: udf
site deferred: udf
local use: udf
application data: udf
trade eq: equity
lastname maturity: lastname
lastname mat: lastname
trade po: payoff
trade p o: payoff
money factor: moneyfactor
loss payee: losspayee
over allow: overallowance
over allowance: overallowance
first name: firstname
last name: lastname
middle name: middlename
"""
