"""Rules over canonical words, the harmless half: choices, staff, what only sounds like finance, and plain categories.

Asked before the law's rules (choices, staff, harmless) or after them (plain). Same language as `name_rules`.
"""

from __future__ import annotations

from agent.core.name_rules import rules_of, words_of

# Choices the customer made: they stand in `choices:`, and are plain.
CHOICE = rules_of("""
choice: optout|optin|donot|donotcall|donotmail|dnc|unsubscribe|mailability|consent|permission|allow|block|suppress
  email|phone|mail|sms|text|call|contact|fax|marketing|flag|date|time|all|data|share|sharing|optout|optin|donot|
  donotcall|donotmail|dnc|unsubscribe|mailability|consent|permission - credit bureau ssn engine
choice: optout|optin|donotcall|donotmail|dnc|unsubscribe|mailability|donot - credit bureau
choice: preferred|preference contact|language|method|channel|communication|phone|email|time|day - payment credit
choice: privacy - policyholder
choice: delete|erase data|flag|request - payment
choice: contact method|preference|allow|ok|block|time
choice: mail|email|call|text|sms|phone ok|allow|allowed|flag|permission|suppress|block|blocked|optout|subscribed|
  subscription
""")

# Staff, not customers: a finance manager's name is not finance data.
STAFF = words_of(
    "manager salesperson advisor technician writer closer clerk cashier bdc coordinator appraiser "
    "employee director staff  booker dispatcher greeter porter operator opener bookerno spiff "
)

# Sounds like finance and is not. Asked before the rules of the law.
HARMLESS = rules_of("""
money: we owe|owed - residual
money: weowe - residual
money: actual|price|retail|market|book|selling cash value|price
money: cash price|acv - down
money: holdback
money: cap|addtocap cost|add fee
date: finance date - first payment pay due maturity last next
date: deal contract|finalized|posted|booked|closed|delivery date
employee: sale credit salesperson|manager|total - card score
money: sale|sales credit total|amount|percent|unit|units - card score limit
money: tax|gst|hst|pst|qst|vat|excise|luxury rate|amount|base|max|maximum|name|total|code|exempt|flag|status|type -
  ssn id holder
money: labor|shop|door|wiper|fan|pump|tire|mpg|tread|flow|burn|pulse|response|close|closing|conversion|hit|fill|
  occupancy|hour|exchange|utilization|error|frame|sample|refresh|bit|data|show|turn|return|retention rate - interest
  lease finance loan
money: rate labor|hour|hours|parts|sheet|technician - interest lease finance loan
employee: flat rate|hour|hours - interest
vehicle: license|lic|registration|reg|tag|plate plate|tag|frame|fee|vehicle
vehicle: plate
service: warranty|recall|campaign|claim approval|approved|authorization|decision
service: estimate|work|repair|part|parts|line|job|customer|sublet|mpi|inspection|advisor|upsell approval|approved|
  declined|decline|authorized - credit loan application lender bank finance
part: core|parts|part deposit|charge|return|credit|pay
service: customer|internal|warranty pay|payment - month down loan lease finance off balloon credit
service: int pay
service: pay type|code - month
service: cp|ip|wp total|labor|parts|pay|amount|sale
store: dealer license|lic|principal|bank - reserve
vehicle: cylinder|cyl|bed|seat|angle|fuse|relay|lamp|light|sensor|rear|bench bank
other: bank holiday
money: value trade score - fico
other: rate occupation
part: battery|cable|wiring|ground term - loan lease
money: credit|cr memo|rtn|core - application
part: deposit alternator|battery
service: down|downtime day|days|hour|hours - payment pay amount
service: factory|warranty balance - due payment amount paid
employee: employment initial
appointment: reserve|reserved number|by|until - amount rate
vehicle: spark|air|panel|plug|clearance|valve gap
part: floor|factory|assembly|power plan|plant
vehicle: floor|floorplan plan|interest|rate|payoff|balance|amount|date|lender|bank|principal|status|number|floored
date: days|day|age in|on stock|inventory|lot
status: term|terminal id|terminal|session|search|pos
store: policy manual|company|return|privacy
service: pickup date|time|flag|address|requested|location|promised|driver - pay payment amount note check
service: appointment|service|inspection|maintenance|oil|task|call|followup|follow|activity|todo|lead|campaign|
  registration|recall|appt due|balance|deposit - loan lease
vehicle: wheel|tire|engine|shaft balance
part: quantity|stock|inventory|onhand balance|open
other: escrow|bank angle|switch
other: routing|route step|slip|sheet|code|order|job|ticket|queue - bank aba ach account check transit
other: equity mining|vendor|alert
customer_id: interest|interested level|model|make|vehicle|area|point|lead|product|source|trim|color|year|list|stage
  - rate loan finance lease
other: principal contact|email|phone|name|title|dealer|operator - balance loan
other: supplier|support|price|loyalty|commission|bonus|membership tier
other: spam|seo|page|site|web|chat|review|driving|trip|eco|confidence|relevance|duplicate|deliverability|address|data|
  accuracy|visit|show|retention|churn|interest|behavior|intent score
vehicle: blind spot
vehicle: tier|tire balance|rotation|tread|pressure|size|brand|wear - loan account
service: premium time|hour
other: lead|sale|sales|csi|nps|survey|satisfaction|engagement|loyalty|quality|health|card|inspection|safety|wear|
  battery|condition|match|propensity|vehicle|opportunity|deal|desk|customer|service score - credit risk fico
store: gl|journal|ledger|accounting|chart|sale|inventory|cost|revenue|expense account|acct - bank
employee: account manager|executive|rep|owner|initials
vehicle: oil|fuel|gas|transmission|drain pan|grade|premium
vehicle: premium fuel|gas|wheels|audio|package|trim|paint|unleaded|sound
status: data collection
other: loaner
other: rental
store: application version|build|name|id|server|url|user|software|source - credit date status
""")

# What remains is named in the words of the policy language, for `category:` in a draft. First hit wins.
PLAIN = rules_of("""
choice: optout|optin|donot|consent
email: email
phone: phone|fax|extension|cell|sms|pager
postal_code: zip|postal
vin: vin|chassis
odometer: odometer|mileage|mile|odo|kilometer|km
language: language
city: city|town|urb
employee: salesperson|manager|advisor|technician|writer|closer|clerk|cashier|employee|bdc|staff|booker|user
money: price|msrp|cost|gross|profit|tax|fee|rebate|incentive|discount|total|amount|acv|invoice|pack|holdback|
  allowance|commission|payable|fees|sale|pay - date number name person id type status account code flag
appointment: appointment|promised|dropoff|pickup|loaner|waiting
service: ro|service|labor|repair|opcode|op|recall|warranty|maintenance|inspection|mbi|vsc|comeback|dispatch - date
  time number id
part: part|partno|core|bin
vehicle: vehicle|make|model|year|trim|color|body|engine|transmission|stock|plate|license|fuel|cylinder|series|door|
  drivetrain|style|interior|exterior|used|gvw|axle - date number id name
date: date|time|timestamp|created|updated|year|month|day
address: address|street|addr|line|apt|suite|lot|cass|unit|county|country
region: state|province|region|county
name: name|firstname|lastname|middlename|fullname|first|last|middle|suffix|salutation|title|prefix|nickname|initial|
  buyer|cobuyer|contact - make model part op file
customer_id: customer|buyer|cobuyer|owner|person|contact|guest|lead id|number|code|key|guid|uuid|record
record_id: deal|ro|invoice|stock|order|appointment|sale|transaction|record|item|quote|ticket|host|sequence|claim|po
  id|number|key|code|guid
store: store|branch|dealer|company|rooftop|location|department|vendor|franchise|site
vehicle: vehicle|make|model|trim|color|engine|stock|transmission
status: status|flag|code|type|indicator|stage|source|reason|active|level|class
record_id: id|number|key|guid|uuid|identifier|sequence
""")
