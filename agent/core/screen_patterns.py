"""What the screen looks for, as data: the words of dealership finance, and digits where a word stands beside them.

One pattern a line: `category: pattern`, then an indented `unless: pattern` that excuses a hit within 40 characters, or
`check: name` of screen_checks over the pattern's first group. A space means a short run of blanks, ` ?` an optional one.
Patterns keep to what RE2 and `re` read alike: no look-around, no back-reference.
"""

# ruff: noqa: E501  one pattern a line, or nobody can read them
from __future__ import annotations

_TERMS = r"(?:18|24|30|36|39|42|48|54|60|61|63|64|66|67|72|73|75|76|78|84|96)"
_MONEY = r"\$? ?\d{1,3}(?:,\d{3})+(?:\.\d\d)?|\$? ?\d{3,6}(?:\.\d\d)?|\$? ?\d{1,3}(?:\.\d)? ?(?:k|mil)\b"
_PCT = r"\d{1,2}(?:[.,]\d{1,3})? ?(?:%|percent|pct|per cent|por ciento|pour cent)"
_DEC = r"\d{1,2}(?:\.\d{1,3}|,\d{1,2})"
_MO = r"(?:months?|mos?\.?|mths?|mnths?|meses|mois)"
_DATE = (
    r"(?:\d{1,2}[/. -]\d{1,2}[/. -]\d{2,4}|\d{4}[/. -]\d{1,2}[/. -]\d{1,2}|\d{6,8}|"
    r"\d{1,2}(?: de)? ?-?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ene|abr|ago|dic|fev|avr|mai|juin|juil|aout)[a-z]*"
    r"(?:,? ?(?:de )?\d{2,4})?|"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ene|abr|ago|dic)[a-z]*\.? ?\d{1,2}(?:st|nd|rd|th)?(?:,? ?\d{2,4})?|"
    r"(?:19|20)\d\d)"
)
_LENDERS = (
    r"capital one|cap one|cap1|wells fargo|wells|santander|toyota financial(?: services)?|lexus financial|gm financial|gmf|gmac|ford credit|"
    r"ford motor credit|fmcc|honda financ\w*|american honda|ahfc|nmac|nissan motor accept\w*|hyundai motor finance|hmf|hmfc|"
    r"kia (?:motors )?finance|us bank|usbank|td auto(?: finance)?|td bank|truist|bank of america|b of a|bofa|boa|fifth third|5/3(?:rd)? (?:bank|at|w/|bought|approv\w*|declin\w*|denied|is|says?|said|will|wants?|call\w*|for)|53rd|"
    r"navy fed(?:eral)?|nfcu|penfed|chrysler capital|ccap|stellantis financial|bmw (?:financial|fs)|bmwfs|mercedes.?benz financial|mbfs|"
    r"vw credit|vci|audi financial|volvo (?:car )?financial|subaru motors finance|mazda financial|southeast toyota finance|setf|"
    r"credit acceptance|american credit acceptance|regional acceptance|westlake|exeter|global lending|consumer portfolio|"
    r"first investors|flagship credit|lightstream|desjardins|scotia ?bank|banque scotia|rbc|bmo|banque nationale|caisse (?:pop\w*|desjardins)|iccu|pnc|usaa|"
    r"citizens (?:bank|one)|regions bank|key ?bank|m&t bank|synchrony|drivetime|carvana|upstart|oportun|bbva|lendbuzz|"
    r"(?:\w+ )?(?:federal )?credit union|\w+ fcu|tfs|mtfs|cps|gls|ntfs"
)
# Names that are also people's, towns' or words: only with finance around them.
_LENDERS_UNSURE = r"ally|chase|huntington|citizens|regions|flagship|discover|suntrust|comerica|arvest|bank ?\w*"
_ALL_LENDERS = rf"(?:{_LENDERS}|{_LENDERS_UNSURE})"
_BRANDS = r"(?:visa|mc|m/c|master ?card|amex|american express|discover|disc|cc|c/c|credit card|debit(?: card)?|card|tarjeta|carte)"
_INSURERS = r"(?:geico|progressive|allstate|state ?farm|nationwide|liberty mutual|usaa|farmers|travelers|aaa|esurance|root|safeco|amica|erie|intact|aviva)"
_PLACE = (
    r"\b(?:parked|parking|works? (?:at|for)|employee|branch|atm|drive ?-?thru|across from|next to|corner of|stadium|arena|building|bldg|robbery|salesman|"
    r"is (?:the|our|my) (?:\w+ )?(?:sales\w*|tech\w*|advisor|porter|name|dog|cashier))\b"
)
_SERVICE = (
    r"\b(?:warr\w*|wty|wrty|garant\w*|mi|miles?|millas|km|kms|\d+k|battery|batterie|bateria|pro.?rat\w*|replacement|service contract|vsc|esc|"
    r"maint\w*|coverage|roadside|assistance|subscription|trial|membership|onstar|sirius\w*|since|in-? ?service|powertrain|bumper|interval|oil|every|ago|old|recheck|check|tires?|brakes?|inspect\w*|filter|fluid|rotat\w*)\b"
)
_NOT_RATE = (
    r"\b(?:e-?mail|newsletter|clicks?|unsub\w*|tax|taxes|brakes?|pads?|battery|oil|life|humidity|discount|off|leak\w*|trim|fuel|soc|charged?|tint|tread|tps|tvq|iva|gst|hst|pst|"
    r"commission|health|remaining|worn|wear|efficiency|ethanol|coolant|concentration|duty|throttle|load|score|csi|moisture|alcohol|alc|abv|slip|"
    r"soh|hv|ev|cell|efficien\w*|frein\w*|frenos?|restante|taxe|antifreeze|mixture|capacity|slope|grade|incline|hill|flake\w*|metallic|dilut\w*|saline|solution)\b"
)

PATTERNS = rf"""
ssn_tin: (?:^|[^\d-])(\d{{3}} ?[-. ] ?\d{{2}} ?[-. ] ?\d{{4}})(?:[^\d-]|-?$|-[^\d])
  check: ssn
  unless: \b(?:supersed\w*|s/s|sub(?:s|bed)? to|part|parts|p/n|pn|bracket|sensor|clip|bolt|seal|gasket|core|qty|oem|bin|rack|form|claim|case|tracking|serial|ticket|ro)\b
ssn_tin: (?:^|[^\d.$\x20-]) ?((?:\d[\x20.-]{{1,3}}){{8}}\d)(?: ?$| ?[^\d\s.-]|\.)
  check: ssn
ssn_tin: \b(?:ssn?|s\.s\.n?|ss ?n|soc(?:ial)? ?(?:sec(?:urity)?)?|seg(?:uro)? soc(?:ial)?|num(?:ero)? (?:de )?seguro|itin|tin|tax ?(?:payer)? ?id)\b\.?[^\d%]{{0,22}}(\d(?:[\x20.-]{{0,3}}\d){{8}})\b
  check: nine
ssn_tin: \b(?:sin|nas|s\.i\.n|assurance sociale|social insurance(?: no| number)?)\b[^\d%]{{0,14}}(\d(?:[\x20.-]{{0,3}}\d){{8}})\b
  check: nine
ssn_tin: \b(?:tax ?id|ein|fein|fed(?:eral)? ?(?:tax )?id|tin)\b[^\d]{{0,12}}\d\d ?-? ?\d{{7}}\b
ssn_tin: \b(?:ssn?|social(?: sec\w*)?|soc|itin|sin)\b[^\d]{{0,24}}\b(?:x{{2,}}[x\x20*-]*|\*+[\x20*-]*)?\d{{4}}\b
  unless: \b(?:social media|ss (?:exhaust|badge|\d{{3}}|trim|camaro|model))\b|\bsoc (?:at|of)\b|\bsoc\b[^a-z]{{0,6}}\d+ ?%
ssn_tin: \blast ?(?:4|four)\b[^\d]{{0,6}}(?:digits )?(?:of |on )?(?:the |his |her |my |their )?(?:ssn?|social|soc|itin)\b(?:[^\d]{{0,8}}\d{{4}}\b)?
ssn_tin: \b\d{{9}} ?(?:is |= ?)?(?:his |her |the )?(?:ssn|social|soc sec)\b|\b(?:ssn?|social|soc ?sec|itin|sin)[^\da-z]{{0,3}}(?:last|l) ?-?4[^\da-z]{{0,4}}\d{{4}}\b|\b(?:last|l) ?-?4 ?(?:of )?(?:ssn?|social|soc|sin)[^\da-z]{{0,4}}\d{{4}}\b
bank_card: (?:^|[^\da-z.$-])((?:\d[\x20-]?){{12,18}}\d)(?:[^\da-z]|$)
  check: card
bank_card: \b{_BRANDS}\b[^\d]{{0,16}}((?:\d[\x20-]{{0,3}}){{12,18}}\d)
  check: card_shaped
bank_card: (?:^|[^\d])((?:\d[\x20.-]{{1,3}}){{12,18}}\d)(?:[^\d]|$)
  check: card
bank_card: \b(?:cvv2?|cvc2?|cid)\b[^\d]{{0,6}}\d{{3,4}}\b
bank_card: \b(?:card|cc|visa|mc|amex|debit|tarjeta|carte|acct?|account|cuenta|compte|checking|savings|autopay|auto ?pay)\b[^\d.;]{{0,24}}\b(?:end(?:ing|s)?(?: in| with)?|last ?(?:4|four)(?: digits)?|xx+|terminada en|\*{{2,}})[^\d]{{0,6}}\d{{4}}\b
bank_card: \b(?:debit|card|tarjeta)\b.{{0,30}}\bpin\b[^\d]{{0,4}}\d{{4}}\b
bank_card: \b(?:routing|rout|rtn|rtg|aba|transit)\b(?: ?(?:no|num|number|#|is|:))*[^\d]{{0,6}}\d{{5,9}}\b
bank_card: \b(?:bank|checking|chk|savings|deposit|ach|wire|acct)\b[^\d]{{0,30}}\b(\d{{9}})\b
  check: aba
bank_card: \b(?:bank|checking|chk|chkg|savings|sav|loan|note|ach|payoff|autopay)\b[^\d.;]{{0,20}}\b\d(?:[\x20-]?\d){{5,16}}\b
  unless: \b(?:bank ?[12]\b|loaner|loan ?(?:car|vehicle)|vin|part|invoice|inv|ro ?#?|phone|call|notes?:?)\b
bank_card: \b(?:acct?|acnt|account|a/c|cuenta|compte)\b ?(?:(?:no|num|number|nbr|numero|bancaria|bancaire|#|:|de|-|is|was|on file|\.) ?)*[^\da-z]{{0,4}}(?:bancaria|bancaire|de banco)?[^\da-z]{{0,3}}(\d(?:[\x20-]?\d){{5,16}})\b
  unless: \b(?:fleet|vendor|parts account|gl|house account|charge account|a/c (?:charge|blow|comp|cond|perf))\b
bank_card: \b(?:loan|lease|contract|policy de pret) ?(?:no|num|number|nbr|#)\.? ?:? ?\d{{5,}}
  unless: \bservice contract\b
bank_card: \b(?:set ?up |enrolled? (?:in )?|on )?auto ?-?pay\b
bank_card: \b(?:voided? check|bounced check|returned check|nsf|insufficient funds|cheque (?:sans provision|annule)|cheque sin fondos)\b
bank_card: \b(?:check|ck|chk) ?(?:no|num|#)\.? ?:? ?\d{{3,}}.{{0,20}}\bbank\b
bank_card: \b([a-z]{{2}}\d\d ?(?:[a-z0-9]{{4}} ?){{2,7}}[a-z0-9]{{1,4}})\b
  check: iban
driver_licence: \b(?:d\.?l\.?|d/l|dln|cdl|oln|op lic|drivers? ?'? ?s? ?lic\w*\.?|driv(?:er|ing) ?'?s? licen[cs]e|lic(?:encia)? ?(?:de )?(?:conducir|manejar)|licencia|permis(?: de conduire)?|state i\.?d|matricula(?: consular)?|passport|pasaporte|passeport|military id)\b\.? ?(?:(?:no|num|number|numero|#|is|was|on file|copy|:|-|\.|us|[a-z]{{2}}) ?)*[^\da-z]{{0,3}}(?:[a-z]{{0,2}}\d[\d\x20*-]{{4,16}}\d[a-z]?|[a-z]\d{{2,3}}(?:-\d{{2,4}}){{2,5}})
  unless: \b(?:plate|tag)\b
driver_licence: \b(?:lic|license|licence)\b\.? ?(?:no|num|#|:)*\.? ?(?:[a-z]\d{{7,14}}|\d{{8,9}})\b
  unless: \b(?:plate|tag|frame|dealer)\b
driver_licence: \b(?:d\.?l\.?|d/l|dln|cdl|oln|drivers? ?'?s? ?lic\w*|licencia|permis de conduire|passport)\b[^\d]{{0,8}}(?:exp\w*|expired?|vence|valid|expire le|issued)\b[^\d]{{0,8}}(?:{_DATE}|\d{{1,2}}/\d{{2,4}}|\d{{1,2}}/\d{{1,2}})
dob: \b(?:dob|d\.o\.b\.?|d/o/b|date of birth|birth ?-?dates?|birthdays?|b ?-?day|bdates?|born(?: on| in)?|fecha (?:de )?nac(?:imiento)?\.?|f\. ?nac|nacid[oa](?: el)?|nacio(?: el)?|nacimiento|cumpleanos|date de naissance|ddn|nee? le|naissance)\b[^\da-z]{{0,6}}(?:is |was |el |le |on |in |: ?|on app |per (?:dl|app) |also |verified |confirmed |given as ){{0,2}}[^\da-z]{{0,3}}(?:{_DATE}|\d{{1,2}}[/-]\d{{1,2}})
  unless: \b(?:tires?|dot|battery) dob\b|\bdob \d{{4}}$
dob: {_DATE} ?(?:is |= ?|\()?(?:his |her |the )?(?:dob|d\.o\.b|birth ?-?dates?|b(?:irth)? ?-?day)\b|(?:^|[\x20,;(])b\. ?(?:\d{{1,2}}[/-]\d{{1,2}}[/-](?:19)?\d\d|(?:19\d\d|200\d)[/-]\d\d?[/-]\d\d?)\b
  unless: \btires?\b
dob: \b(?:turns|turned|he is|she is|is) (?:1[6-9]|[2-9]\d) ?(?:yrs?|years?)(?: ?-?old)\b.{{0,20}}\b(?:dob|born|birth)\b
rate: \b{_DEC} ?%? ?(?:apr|a\.p\.r|int(?:erest)?\b|tasa|taux)
rate: \bbuy ?(?:at |: ?|rate )?{_DEC}.{{0,8}}\bsell\b
rate: \b{_PCT} ?(?:apr|a\.p\.r|int(?:erest)?\b|rate|financ\w*|fin\b|de interes|d'interet|for ?{_TERMS}\b|x ?{_TERMS}\b|@ ?{_TERMS}\b|on {_TERMS}\b)
  unless: \b(?:tax rate|rate of (?:leak|flow))\b
rate: \b(?:apr|a\.p\.r\.?)\b ?(?:rate |of |is |was |at |@ ?|: ?|= ?|- ?|around |under |about |quoted |to ){{0,2}}(?:{_DEC}|{_PCT}|0\b)
rate: \b(?:low|lower|lowest|high|higher|zero|special|promo\w*|better|best|good|great|no|what|his|her|their|the|same|fixed|new|used|standard|factory|0|customer|buy|sell) (?:percent )?apr\b
rate: \bapr (?:too|is|was|came|of|offer|special|financ\w*|not|quote\w*|increase|decrease|program|buy ?down|on|and|or)\b
  unless: \bapr (?:is|was|on) (?:\d|full|booked|open|closed|first)
rate: \b(?:annual percentage rate|percentage rate|interest rates?|int\.? ?rates?|finance rate|loan rate|bank rate|money rate|buy ?-?rates?|sell ?-?rates?|contract rate|note rate|rate ?markup|rate spread|rate buy ?-?down|promo(?:tional)? rate|subvented|sub ?-?vented|rate sheet|teaser rate|captive rate|lower rate|better rate|best rate|high rate|credit rate)\b
rate: \b(?:std|standard|tier ?\d|special|base|fixed|current|their|his|her|same|good|great|low|our|new|cu|cus|bank'?s?|lenders?'?) rate\b[^\d]{{0,12}}(?:{_DEC}|{_PCT})
rate: \brates?\b[^\d$a-z]{{0,3}}(?:of |is |was |at |to |went |going |goes |up |down to |came (?:in )?(?:back )?at |from |than |around |about |under |quoted |approx ){{0,2}}(?:{_DEC}|{_PCT}|[2-9] ?-?points?)
  unless: \b(?:labor|labour|idle|flow|shop|door|leak|sample|exchange|tax|flat|hourly|spring|refresh|heart|frame|warranty|leakage|drain|wear|fill|charge|charging|cooling|discharge|burn|drip|tech|csi|pulse|sampling|bleed\w*|misfire|open|click|click-?through|bounce|clos(?:e|ing)|conversion|response|redemption|show|hit|retention|attach|penetration|unsub\w*) rates?\b|\d ?(?:v|volts?|psi|amps?)\b|\brates?\b[^\d]{{0,20}}\d{{3}}|/hr
rate: \brates? (?:is |was |are |were )?(?:too|so|was too|is too) (?:high|low|much)\b
  unless: \b(?:labor|labour|idle|flow|shop|door|leak|sample|tax|hourly|charge) rates?\b
rate: \b(?:bought|buy|lower|lowered|drop|dropped|cut|get|got|bump|beat|match|matched|reduce|reduced) (?:the |his |her |their |our |my |your )?rates? (?:down )?(?:to|by|from|of|at)?\b
  unless: \b(?:labor|idle|flow|leak|charge)\b
rate: \b(?:contract(?:ed)?|came back|approved|bought|bank|got (?:him|her|them)|financed?|financing|funded|qualif\w*|quoted|callback|call back|booked|wrote|locked)\b.{{0,16}}\b(?:at|@|of|for)\b ?(?:{_PCT}|{_DEC})(?:[^\d]|$)
rate: \b(?:from|beat|match|than|at|@) (?:{_PCT}|{_DEC}) (?:from|by|at|with|w/|thru|through) (?:his|her|the|their|my|own)? ?(?:bank|cu|credit union|{_ALL_LENDERS})
rate: \b(?:lease|money|rent) ?factors?\b|\bl?mf\b ?(?:of |is |at |@ ?|: ?|= ?|base |buy |sell ){{0,2}}0?\.00\d|\bl?mf ?0?\.00\d
rate: \b(?:marked?|mark(?:ing)?) ?-?up ?(?:of )?\d(?:\.\d+)? ?(?:points?|pts?|%)
rate: \b[1-3](?:\.\d+)? ?(?:points?|pts) (?:of )?(?:reserve|markup|mark up|spread|over buy|on the rate)
rate: \b{_TERMS} ?{_MO}? ?(?:x|@|at|/|\ba\b|al) ?{_DEC}\b(?: ?%)?
  unless: \b(?:oil|tire|tires|qty|ea|each|hrs?|labor)\b
rate: \b{_DEC} ?%? ?(?:x|@|for|on|over|/|a|sur|por) ?{_TERMS}(?: ?{_MO})?\b
  unless: \b(?:hrs?|seconds?|secs?|minutes?|labor|tire|tires|oil|mm|psi|volts?|v|in|gal|qt)\b
rate: \b(?:tasas?|taux)\b[^\d]{{0,22}}\d{{1,2}}(?:[.,]\d{{1,2}})?|\btasas? de interes\b|\b(?:la|una|buena|mejor|que|su|baja\w*|alta) tasas?\b|\btaux (?:trop|plus|eleve|bas|fixe|promo\w*|variable)|\btaux d'interet\b|\binteres(?:es)? (?:del|de|al) \d|\binterets? de \d
  unless: \btaux horaires?\b|\$ ?/ ?h\b
rate: \b(?:(?:lower|less|high|higher|too much|paying|pay|pays) interest|interest ?-?free|no interest (?:for|financ\w*|charge\w*|loan|if)|zero interest|accrued interest|interest (?:charges?|paid|accrued|accruing|due|only|expense)|sin intereses|sans interets?|zero (?:percent|pct)|0 percent|0 ?% (?:for|apr|financ\w*|int\w*|offer|x|{_TERMS}))
rate: (?:^|[^\d.,])\d{{1,2}}[.,]\d{{1,2}} ?%
  unless: {_NOT_RATE}
term: \b(?:loan|lease|finance|contract|note|payment|retail|requested|max|longer|shorter|extended|extend|original|remaining|pay) terms?\b
  unless: \b(?:long|short) term (?:fuel|trim)|\bservice contract term
term: \bterms? ?(?:of |is |was |at |to |for |out |: ?|= ?|- ?|# ?|left |a |length |reduced to |extended to ){{0,2}}{_TERMS}\b
  unless: \b(?:fuel|trim|ltft|stft|connector|warr\w*|wty|volt\w*|pin|circuit|ohms?|harness|ground|relay|fuse)\b
term: \b{_TERMS} ?-? ?{_MO} ?(?:term|loan|contract|note|finance\w*|fin|lease|deal|paper|auto loan|at|@|w/)\b
  unless: \b(?:service contract|warr\w*|wty|maint\w*)\b
term: \b(?:financ\w*|loan|term|terms|note|contract|plazo|terme|stretch\w*|spread|over|sur|amortiz\w*|lengthen\w*|go out|out to|long as)\b.{{0,24}}\b{_TERMS} ?-? ?{_MO}
  unless: \b(?:service contract|warr\w*|wty|maint\w*|garant\w*|over \d)\b
term: \b{_TERMS} ?-? ?{_MO}(?:[^a-z]|$)
  unless: {_SERVICE}
term: \b(?:[3-8]|three|four|five|six|seven|eight) ?-?(?:yr|year|ano|an)s? ?-?(?:loan|note|term|finance\w*|contract|lease|deal)\b
  unless: \b(?:service contract|warr\w*)\b
term: \b\d{{1,2}} ?-? ?(?:{_MO}|payments?|pmts?|pymts?|pays|pagos|paiements|versements) (?:left|remaining|remain|to go|restantes|que faltan|ahead|behind|past due|late|en retard|atrasad\w*)(?: on (?:loan|lease|it|her|his|the (?:loan|lease|car)))?
  unless: \b(?:warr\w*|wty|coverage|plan|battery|tires?|subscription|garant\w*|registration|tags?|roadside|assistance|onstar|trial|sirius|sxm|membership)\b
term: \b(?:lse|lease|loan|ln|note) ?(?:mat|mty|mtrty|maturity|trm|exp\w*)\b ?(?:date |dt )?[:=]? ?\d|\b{_TERMS} (?:payments?|pmts?|pymts?|pagos|paiements|versements|mensualidades)\b|\b(?:payments?|pmts?|pymts?|notes|pagos) (?:left|to go|remaining|to make)\b|\b(?:on|do|did|go|to|was) an? {_TERMS}(?:$|[.,;]| (?:@|w/|note|term|mo))
  unless: \b(?:warr\w*|wty|subscription|inspection|service contract|parts?)\b
term: \b(?:loan|lease|note|contract) (?:matur\w*|expires?|ends?|due|is up|term\w*|up in)\b
  unless: \bservice contract\b
term: \bplazos? (?:de |a )?\d\d|\b(?:a|en) {_TERMS} meses\b|\bsur {_TERMS} mois\b|\bterme (?:de|du) (?:\d|pret|financ\w*|contrat|location)
  unless: \bgarant\w*
payment: \b(?:monthly|mo|mthly|mnthly|car|first|1st|next|last|final|current|missed?|miss|skip\w*|late|lease|loan|balloon|bi ?-?weekly|semi ?-?monthly|weekly|truck|house|note|base|regular|lower|high|higher|old|new|his|her|their|vehicle|auto|bank|extra|advance|deferred|deferring|defer|interest|estimated|quoted|target|desired|max|comfortable|same|make|makes|making|made|no) (?:car |truck |loan |lease |monthly )?(?:payments?|pmts?|pymts?|pymnts?|pay'?ts?)\b
  unless: \b(?:made (?:a )?payment (?:at|with|on) (?:counter|cashier|ro|invoice|inv)|no payment (?:needed|required|necessary|collected|taken)|late payment of invoice|make payment (?:at|online for (?:ro|invoice)))\b
payment: \b(?:payments?|pmts?|pymts?|pymnts?)\b ?(?:of |is |at |@ ?|to be |to |was |are |were |now |under |below |over |around |about |near |must be |needs? to be |came (?:out )?(?:to |at |in at )|with tax |w/ ?tax |incl\w* tax |plus tax |less than |no more than |approx |up to |went to |target |: ?|= ?|~ ?|- ?){{0,3}}\$? ?\d{{2,4}}(?:\.\d\d)?\b
  unless: \b(?:ro|invoice|inv|counter|cashier|parts|deductible|repair order|customer pay|receipt|rcpt|rcvd|received|tire|service visit|visa|mastercard|amex|credit card|pick ?-?up|at completion)\b
payment: \b(?:payments?|pmts?|pymts?)\b (?:too|so|was|is|are|were|were too|shock|high|low|range|budget|amount|due|past due|behind|late|left|remaining|schedule|plan|frequency|book|coupon|history|current|relief|deferral|extension|quote|per|on (?:the |her |his )?(?:car|truck|loan|lease|trade)|w/|with {_ALL_LENDERS}|thru|through|until|start|begin|would|cant|can't|went)
  unless: \b(?:payment (?:is|was|due) (?:at|upon|when) (?:pick ?up|completion|time of)|ro|invoice|cashier|maintenance plan)\b
payment: \b(?:pmts?|pymts?|pymnts?)\b
  unless: \b(?:ro|invoice|inv|counter|cashier|receipt|rcvd|received|parts|deductible|method|visa|mastercard|amex)\b
payment: \bmonthly (?:note|nut|bill|number|obligation|amount|budget|cost|is|of|at|under|around|would)\b|\b(?:lower|reduce|raise|his|her|their|my|the|on|afford|same|better|target|about the) monthly\b(?:$|[.,;?!]| (?:is|to|on|at|under|below|with|w/))
  unless: \bmonthly (?:special|service|visit|wash|newsletter|inspection|cost of|maintenance|report)
payment: \b(?:my|your|the|a|what|our|his|her) (?:\w+ )?payments? (?:be|options?|estimate|calculator|quote|range|would|looks?|work\w*)\b
payment: \$ ?\d{{2,4}}(?:\.\d\d)? ?(?:mo|mth|mnth|month|mos)\b|\b(?:payments?|pmts?|pymts?) (?:in|into|between|somewhere|anywhere) (?:the )?(?:low |mid |high |upper )?\d{{3}}
payment: \$? ?\d{{2,4}}(?:\.\d\d)? ?\$? ?(?:/|a|per|p/|each|every|ea|por|par|al|by the) ?(?:mo\.?|month|mth|mnth|mes|mois|monthly|week|wk|semana|semaine|pay ?check|payday|pay period)(?:[^a-z]|$)
  unless: \b(?:miles?|mi|km|times|radio|wash\w*|club|wi-?fi|phone plan|oil plan|subscription|storage|onstar|sirius|sxm|xm)\b|\d{{3}}[-. ]\d{{4}} ?/
payment: \b\d{{3,4}}(?:\.\d\d)? ?(?:monthly|biweekly|bi-weekly|mensual(?:es)?|mensuel(?:les?)?|quincenal(?:es)?)\b
payment: \b(?:bi ?-?weekly|semi ?-?monthly|balloon|car note|truck note|amortiz\w*|installments?|instalments?|mensualidad(?:es)?|mensualites?|versements?|quincenal(?:es)?|cuotas? (?:mensual\w*|de)|letras? del (?:carro|auto)|deferred payment|payment deferral|first pay(?:ment)? date|maturity date|due date on (?:loan|note))\b
  unless: \b(?:balloon tire|biweekly (?:meeting|wash))\b|\binstall?ments? of (?:running|the|a|new|side|step|bed|hitch|remote|tint|light|roof)\b
payment: \b(?:faltan?|quedan?|reste|debe) \d{{1,2}} (?:pagos|paiements|versements|mensualidades)
payment: \b(?:pagos?|paiements?) (?:mensual\w*|mensuel\w*|trop|muy|de \$? ?\d|a \$? ?\d|al mes|par mois|atrasad\w*|manqu\w*|en retard|bajos?|altos?|eleves?|inicial|por mes|del carro)
payment: \bafford (?:the|his|her|their|that|this|a|any|higher|such|those) (?:\w+ )?(?:payments?|pmts?)|\bmiss(?:ed|ing)? .{{0,14}}\b(?:payments?|pmts?)\b|\b(?:payments?|pmts?) (?:was |were |is |are )?(?:deferred|extended|skipped|waived)\b
payment: \b(?:afford|budget\w*) (?:about |only |max |up to |around |is |of |: ?)?\$? ?\d{{3}}\b
  unless: \b(?:repair\w*|tires?|brakes?|estimate|oil)\b
payment: \b(?:budget\w*|afford|wants? to (?:be|stay)|needs? to be|keep (?:it|him|her|them)|stay|looking) (?:is |of |max |at |to be |for |around |under |between |about |below |near |or less |or |at or ){{0,4}}\$? ?\d{{2,4}}(?:\.\d\d)? ?(?:max|$|/|a|per|mo|month|monthly|pmt|payment)
payment: \b(?:pays|paying|paid|at) \$? ?\d{{3}}(?:\.\d\d)? ?(?:now|currently|/|a|per|mo|month|with {_ALL_LENDERS})\b
payment: \b\d{{3,4}}(?:\.\d\d)? ?[x@] ?{_TERMS}\b
payment: \bdefer\w* (?:the |his |her |their )?(?:first |1st |down|dn|next )?(?:payments?|pmts?|pymts?|pay\b|down|\d\d days)
receivable_balance: \b(?:past ?-?due|delinquen\w*|overdue on|in arrears|charged? ?-?offs?|charged off|bad (?:debt|check|ck|cheque)s?|write ?-?offs?|written off|promise[sd]? (?:to pay|pay\w*)|ptp ?\d|will (?:bring|make|send) (?:a |the |his |her )?(?:payment|pmt)|sent to collections?|in collections?|turned over to collections?|collections? (?:agency|acct|account|dept|call\w*|letter|balance|on|for|rep|agent)|open collections?|medical collections?|a/?r (?:balance|acct|account|bal)|en souffrance|atrasad[oa]s?|moros[oa]|deuda|adeud\w*|vencid[oa]s? (?:de|por) \$? ?\d|recouvrement|creances?|dettes?)\b
  unless: \b(?:charged? off (?:the |a )?(?:battery|tender|charger|jump)|battery charged off)|\bpast ?-?due (?:for )?(?:oil|service|maint\w*|tires?|state insp\w*|insp\w*|rotation|\d+k|on (?:oil|service|maint\w*))|\b(?:service|maint\w*|oil change|lof|recall|inspection) (?:is )?(?:way )?past ?-?due
receivable_balance: ^\W*collections?\W*$|\bcollections\b|\ba/r\b|\bowes? (?:the )?(?:store|us|dealer\w*|shop) \$? ?\d|\bgrace period\b|\bcuenta en cobranza\b
  unless: \b(?:data|trash|toll|garbage|art|coin|record|tax|used oil|doll) collections\b|\bcollections of (?:leaves|dirt|debris|water|oil)
receivable_balance: \b\d{{2,3}} ?dpd\b|\bpast (?:30|60|90|120)\b|\bar ?\$? ?\d[\d,]*\.\d\d\b
receivable_balance: \b(?:30|60|90|120)\+? ?(?:days?|dias|jours) (?:late|past|delinq\w*|behind|over|atrasad\w*|de retard|en retard)
receivable_balance: \bbehind (?:\d|one|two|three|four|a few|several) (?:car |truck )?(?:payments?|pmts?|months?)\b|\b(?:behind|late|delinquent|back|caught up|catch up|current) (?:\d |two |three )?(?:months? )?(?:on|with|in) (?:the |her |his |their |my |all )?(?:car |truck |auto |house |loan |lease )?(?:payments?|pmts?|loan|note|lease|mortgage|rent|account|acct|bills?|car payment|truck)\b
receivable_balance: \b(?:missed|missing|skipped) (?:\d|one|two|three|a|his|her|last|several|couple)? ?(?:of )?(?:car |loan )?(?:payments?|pmts?|pymts?)\b|\bowes? (?:\d|two|three|a couple) (?:months?|payments?|pmts?)\b
receivable_balance: \b(?:acct?|account|cuenta|compte) (?:is )?(?:past due|atrasada|delinquent|en retard|suspended for non|in default|charged)
receivable_balance: \b(?:late (?:fee|charge)s? (?:of |on |due |added )?(?:\$? ?\d|loan|acct|account|payment)|default(?:ed)? on (?:loan|note|lease|his|her)|non ?-?payment|falta de pago|defaut de paiement)
down_payment: \b(?:down|dn|dwn) ?-?(?:payments?|pmts?|pymts?|pay|pymnts?|stroke)\b
down_payment: \bd\.?/?p\b\.? ?(?:of |is |: ?|= ?)?\$? ?(?:{_MONEY})
down_payment: \b(?:zero|no money|no cash|nothing|0|cash|all cash|deferred|def|total|min|minimum|little|some money|money|not much|refund|first payment.{{0,12}}|trade) (?:is |as )?(?:down|dn)\b
  unless: \bdown ?-?(?:time|pipe|hill|shift\w*|load\w*|stairs|tube|town|grade)\b
down_payment: (?:{_MONEY})\b.{{0,20}}\b(?:to put down|more down|(?:for|as) (?:the |a |his |her )?down)\b|\b\d{{1,2}} ?% (?:down|dn|de enganche|d'acompte)\b|\b(?:more|extra|additional|enough|some) (?:money |cash )?down\b|\b(?:for|as) (?:the|a|his|her|their) down\b
  unless: \b(?:price|volume|pressure|windows?|pedal)\b
down_payment: (?:{_MONEY}|\$ ?\d{{2,3}}) ?(?:dollars |bucks |cash |usd |de )?(?:down|dn|dwn|dwon)\b
  unless: \b(?:down ?-?(?:time|pipe|hill|shift\w*|load\w*|tube)|rpm|mph|psi|degrees?|lbs?|mark(?:ed|s|ing)?(?: it)? down|knock\w*|came down|price down)\b
down_payment: \b(?:down|dn|dwn) ?(?:of |is |: ?|= ?|- ?)?\$? ?(?:\d{{1,3}}(?:,\d{{3}})+|\d{{3,6}}(?:\.\d\d)?|\d{{1,2}}(?:\.\d)?k)\b
  unless: \b(?:rpm|mph|psi|down to|miles?|\d+ ?(?:%|lbs?|degrees?|feet|ft)|price\w*|going down|went down|pipe)\b
down_payment: \b(?:put|puts|putting|has|have|with|w/|bring\w*|leave|left|wants? to (?:put|do)|only|needs?|come up with)\b.{{0,18}}\b(?:down|dn)\b.{{0,14}}\b(?:bal\w*|financ\w*|pmts?|payments?|deal|on (?:the |a )?(?:new|car|truck|vehicle|loan)|toward)
down_payment: \b(?:put|puts|putting|do|doing|leave)\b.{{0,4}}(?:{_MONEY}).{{0,8}}\bdown\b|\b(?:puts|putting) (?:{_MONEY})\b|\bneeds? (?:{_MONEY}) more\b
  unless: \b(?:miles?|mi|km|rpm|psi)\b
down_payment: \b(?:enganche|pronto de \d|pago inicial|cuota inicial|anticipo|acompte|mise de fonds|mise ?-? ?de ?-?fonds|comptant initial|apport|versement initial|sin pronto)\b
down_payment: \b(?:due|cash|total|money|amount) (?:due )?(?:at|@) (?:signing|inception|lease signing|delivery)\b|\b(?:{_MONEY}) ?das\b|\bdas ?(?:{_MONEY})
down_payment: \bdrive ?-?offs? ?(?:of |is |amount |total |fees? |: ?)?\$? ?(?:\d{{3,}}|\d{{1,3}},)|\b(?:total|zero|sign and|0) drive ?-?off\b
down_payment: \b(?:cap(?:italized)?(?: cost)? (?:cost )?red(?:uction|uc|\.)?|ccr)\b
down_payment: \b(?:hold(?:ing)?|held|post ?-?dated?) (?:a |his |her |the |down |personal |\$? ?\d+ )?(?:check|ck|cheque)s?\b
down_payment: \bpick ?-?ups? (?:payments?|pmts?|note|notes|amount|check|pay)\b
down_payment: \b(?:deposit|dep|depot|deposito)\b.{{0,24}}\b(?:purchase|deal|new|used|vehicle|unit|car|truck|suv|order(?:ed)? (?:unit|vehicle|car|truck)|toward\w*|sold|delivery|trade|refundable|hold the|to hold|carro|vehicule)\b
  unless: \b(?:parts?|core|sop|special order part|wheels?|tires?|repair|rental|body|engine|trans\w*|glass|key|fob|loaner|spo)\b
down_payment: \b(?:security|refundable|lease|purchase|vehicle|sale|order) deposit\b|\b(?:put|left|gave|paid|took|collected|leaving|lost|wants?) (?:(?:a|an|his|her|the|back|down|{_MONEY}|\$ ?\d{{2,3}}) ?){{1,3}}(?:refundable )?deposit\b
  unless: \b(?:parts?|core|sop|special order part|wheels?|tires?|repair|rental|body|engine|trans\w*|glass|key|fob|loaner|spo|soil|carbon)\b
down_payment: \b(?:tax (?:refund|return|time|money)|income tax) ?(?:check )?(?:for|as|to|coming|money|when|is|as a)?.{{0,14}}\b(?:down|deposit|buy|payment|dn|trade)\b
amount_financed: \b(?:amount|amt|total|balance|bal|net|monto|montant|unpaid|remainder|rest|max) (?:to (?:be )?)?(?:financ\w*|fin)\b
amount_financed: \b(?:financ(?:e|ed|ing|iado|iar|er)|fin'?d)\b (?:of |at |for |about |the |only |is |: ?)?\$? ?(?:{_MONEY})
amount_financed: \b(?:finance|fin|service) (?:charges?|chgs?)\b
  unless: \bservice charge
amount_financed: \bloans?\b
  unless: \bloan ?-?(?:er|cars?|vehicles?|veh|units?|a car|agreement for loaner|out|tools?)\b|\b(?:loan of|on loan|loan it|loan him|loan her|on loan car|service loan|shop loan|courtesy loan)\b|\bloan (?:officer|processor)s?,? (?:is|here|needs|at work|by trade)|^\W*loan [a-z]+\W*$|^\W*[a-z]+ loan\W*$
amount_financed: \b(?:auto|car|bank|cu|title|student|personal|home|existing|open|current|old|his|her|their|our|new) loan\b.{{0,8}}(?:bal\w*|amount|amt|approv\w*|den\w*|app|pay\w*|number|no|acct|\$?\d)?
  unless: \bloan ?-?(?:er|cars?|vehicles?|veh|units?|tools?)\b
amount_financed: \b(?:principal|prin) ?(?:bal\w*|balance|amount|amt|only|owed|due|paid|remaining|reduction|of)? ?(?:is |of |: ?)?\$? ?\d[\d,]{{2,}}
amount_financed: \b(?:unpaid|outstanding|remaining|loan|contract|note|owed|payoff|financed) (?:loan )?(?:bal(?:ance)?|amount|amt)\b|\bbal(?:ance)? (?:on|of) (?:the |his |her |their |my )?(?:loan|note|trade|car|lease|contract|truck|vehicle)|\bbal(?:ance)? (?:owed|financed|of loan)
  unless: \b(?:ro|invoice|repair|core)\b
amount_financed: \bltv\b|\bloan ?-?to ?-?value\b|\b(?:max|front ?-?end|total|back ?-?end) advance\b|\badvance (?:of |is |at |too )?(?:\d{{2,3}} ?%|high)|\bover ?-?advance\w*
amount_financed: \b(?:total|sum) of (?:all )?(?:payments|pmts)\b|\b(?:gross |net |adj(?:usted)? |total )?cap(?:italized)? ?-?costs?\b|\b(?:net|adj|gross) cap\b
  unless: \b(?:radiator|gas|fuel|hub|wheel|center|valve|oil|bottle|reservoir|tank|filler|lug|bed|dust) cap costs?\b
amount_financed: \b(?:prestamos?|financiad[oa]s?|financiamientos?|financiar|financiera|montant finance|pret (?:auto|bancaire|de|voiture|a)|(?:du|le|un|son) pret|solde (?:du|a|restant|de)|saldo (?:del?|pendiente|deudor|restante|a pagar)|emprunt\w*|refinanc\w*|refi)\b
  unless: \bpret a (?:partir|livrer|prendre|etre|\d)
amount_financed: \b(?:borrow(?:ed|ing)?|took out|taking out) (?:a |an |about |the )?\$? ?(?:{_MONEY}|loan|money)
amount_financed: \b(?:owes?|owed|owing|still owe|debe|doit) (?:about |around |like |roughly |approx |still |just |only |over |under |him |her |them |us |encore |todavia |unos |como ){{0,2}}\$? ?(?:\d{{1,3}}(?:[,\x20]\d{{3}})+|\d{{4,6}}(?:\.\d\d)?|\d{{1,3}}(?:\.\d)? ?(?:k|mil)\b)
  unless: \bwe ?-?owe
amount_financed: \bstill ow(?:es?|ing)\b|\bhow much .{{0,16}}\bow(?:e|es|ed)\b
  unless: \bwe ?-?owe
amount_financed: \b(?:owes?|owing|owed) (?:more|too much|a lot|on (?:it|his|her|the|their)|less|money on|\$? ?\d+ ?(?:on|to) )
  unless: \bwe ?-?owe|\b(?:ro|invoice|repair|parts)\b
trade_payoff: \bpay ?-?offs?\b|\bp/o ?(?:of |is |amt |amount |: ?)?\$? ?(?:\d{{1,3}},\d{{3}}|\d{{4,6}}\b|\d{{1,2}}(?:\.\d)?k)|\bpo ?(?:of |is |amt |amount |: ?)?(?:\$ ?\d[\d,]{{3,}}|\$? ?\d{{1,2}},\d{{3}}|\d{{1,2}}(?:\.\d)?k)\b|\bp/o (?:good|til|till|thru|quote|letter|is|to|w/|with|from|req\w*|exp\w*)\b|\bneg(?:ative)? (?:in|on) (?:the |his |her )?trade|\broll(?:ing|ed|s)? (?:it |neg\w* |the neg\w* |equity |balance |old loan )in\b|\bper ?diem\b|\bpaid off (?:his|her|the|their|car|loan|truck|vehicle|in|last|already|early)|\b(?:is|are|its|it's|isn't|not|almost|nearly|trade|was|car|loan|now) paid ?-?off\b
  unless: \bp/?o ?#|\bpo (?:number|no\b|for)|\bp\.?o\.? box\b|\bpo box\b|\bper ?diem (?:rental|travel)|\bpo \d{{4,6}} for\b
trade_payoff: \b(?:neg(?:ative)?|pos(?:itive)?|positive|trade|some|no|has|lots? of|good|in|little|much|any|their|his|her|vehicle|home) ?-?(?:equity|eq)\b|\bequity\b|\bneg eq\b
  unless: \bequity (?:mining|mailer)|\b(?:sweat|brand|private|home) equity|\btread\b
trade_payoff: \b(?:(?:is|are|was|way|so|too|very|he's|she's|heavily|deeply|little|bit|lot) upside ?-?down|upside ?-?down (?:by|in (?:his|her|the|it|their|trade)|on (?:the|his|her|their|trade|it|loan|car|truck)|about|around|\$ ?\d+|\d+|over|at|like|with|w/)|under ?-?water (?:on|in|by|w/|with)|buried (?:in|on|by)|inverted (?:on|by|in|\$? ?\d[\d,]*)|(?:is|are|was|way|too|rolled|roll|rolling) (?:inverted|upside|over ?-?neg)|short (?:on|in) (?:the |his |her )?trade)\b
  unless: \b(?:inverted flare|mounted|installed|snow|mud|sand|weeds|leaves|dash|trunk|carpet|engine bay|console|badge|emblem|label|sticker|photo|picture|upside down (?:on|in) (?:bracket|clip))\b
trade_payoff: \bliens?\b|\blien ?-?holders?\b|\b(?:lease )?buy ?-?outs?\b|\bover ?-?allow\w*|\bliquidacion\b|\bsolde a payer\b|\bprivilege (?:sur|enregistre)
trade_payoff: \b(?:{_MONEY}) upside ?-?down\b|\bneg(?:ative)? \$? ?\d{{1,3}},\d{{3}}|\bneg(?:ative)? \$? ?\d{{1,2}}(?:\.\d)?k\b|^\W*upside ?-?down\W*$|\bupside ?-?down[,.;]
trade_payoff: \bbalance owed\b|\b(?:trade|payoff) (?:diff\w*|balance|bal|owed)\b|\bnet trade\b|\bten ?-?day\b.{{0,4}}\b(?:quote|payoff|p/?o)
lender: \b(?:{_LENDERS})\b
  unless: \b(?:(?:battery|cup|wheel|fender|plug|light|cell) wells|wells (?:up|in|are|dry|full|low)|wells (?:st|street|rd|road|ave)|exeter (?:st|rd|road|ave)|westlake (?:dr|drive|blvd|ave|rd|village|st|ct)|cps\d|cash register)\b|\b(?:claim|claims (?:rep|adjuster|dept|office)|adjuster|rental|supplement|glass|roadside|body shop|drop ?box|works? (?:at|for)|works? (?:right )?(?:by|near)|building|bldg|stadium|arena|ballpark|pavilion|plaza|(?:bank|one|financial|park) tower|parking|atm|branch|lot|exit|marathon|tow(?:ed)?|across from|next to|muster)\b
lender: \b(?:financ\w*|fin|funded|funding|contract\w*|sent|submitted|approv\w*|appr|declin\w*|turned down|denied|loan|lien\w*|lender|bank|banco|banque|rehash\w*|payoff|paid off|cit|lease\w*|acct|account|deal|call ?-?back|bought|shot|app|pays?|paying|pmts?|payments?|owes?|rate|credit|conditioned|stips?|refi\w*|auto)\b.{{0,22}}\b(?:{_LENDERS_UNSURE})\b
  unless: \b(?:bank ?[12]\b|chase (?:noise|wires?|down|wiring|leak|harness))\b|\bbank ?\w* ?(?:sensor|catalyst|misfire|lean|rich|cam)
lender: \b(?:ally|chase|pnc|huntington|usaa|citizens|suntrust|comerica|arvest) ?(?:bank|auto|financ\w*|approv\w*|declin\w*|turned|denied|bought|needs?|wants?|stips?|came|call ?-?back|fund\w*|contract\w*|rate|loan|payoff|at \d|lease|conditioned|counter\w*|{_TERMS}|bank)\b
  unless: {_PLACE}
lender: \b(?:at|by|w/|thru|through) (?:ally|chase|huntington|citizens|regions|suntrust)\b|\b(?:ally|chase) (?:says?|said|has|is|no|yes|a tier|b tier|tier|won'?t|will|would|paid|pays|owns|holds|lease)\b
  unless: {_PLACE}|\b(?:at|by) (?:ally|chase|regions) (?:ave|st|rd|dr|center|mall|tower|building|bldg|field|arena)|\b(?:picked|dropped|brought|called|signed|driven) (?:up |off |in )?by\b
lender: \b(?:thru|through|via) (?:ally|chase|pnc|huntington|usaa|citizens|his|her|their|the|my|own|a|local)? ?(?:bank|cu|credit union|lender|ally|chase|pnc|huntington|usaa)\b
lender: ^\W*(?:ally|chase|pnc|huntington|usaa)(?: bank| auto| financial)?\W*$
lender: \b(?:lenders?|lending|creditors?|mortgage ?-?holder|loss payee|prestamista|preteurs?|financiera|institution financiere|captive finance|(?:su|el|del|mi|al|un) banco|(?:sa|la|une|ma) banque|(?:his|her|their|own|local|my|a|the|at|from|with|by|w/|to|which|another|second|new|our) (?:bank|cu|credit union))\b
  unless: \bbank ?[12]\b|\bbanc[oa]s? (?:de )?(?:pruebas?|trabajo|taller|cilindros?|herramientas?)\b|\bbanco (?:del?|trasero|delantero|izquierdo|derecho|roto)\b.{{0,12}}\b(?:chofer|conductor|asiento|pasajero|copiloto|piel|tela|roto)\b|\bbank (?:holidays?|st|street|rd|ave|location|robbery|parking)\b|\b\d+ lender (?:ln|st|rd|ave)|\b(?:fuse|relay|light|lamp|switch|seat|capacitor|coil|gauge|snow|cylinder) banks?\b|\b(?:lending (?:a hand|tool)|lender tool|battery bank|power bank|food bank)\b|\b(?:works? (?:at|for)|tow(?:ed|ing)? (?:to|from)|shuttle (?:to|from)|drop(?:ped)? (?:him|her|cust\w*|them)? ?(?:off )?at|ride to|park(?:ed|ing)? (?:at|by|behind)|picke?d? ?(?:him|her|them|cust\w*)? ?up (?:at|from)|next to|across from|drive to|near|corner of) (?:(?:the|a|his|her|her own|local) )?(?:bank|credit union)\b
lender: \bbanco (?:lo|la|le|les|no|me)\b|\b(?:bank|cu|banco|banque)s? (?:approv\w*|declin\w*|den\w*|turn\w*|want\w*|came|call\w*|needs?|fund\w*|fee|name|will|wont|won't|said|says|contract|bought|counter\w*|requir\w*|condition\w*|loan|draft|financ\w*|is asking|letter|stips?|offer\w*|quot\w*|gave|give\w*|rate|lien|payoff|aprob\w*|nego\w*)\b|\bbank ?: ?\w
  unless: \bbank ?[12]\b|\b(?:fuse|relay|light|lamp|switch|seat|capacitor|coil|gauge|snow|left|right|front|rear|cylinder) banks?\b|\bfree parking\b
lender: \b(?:own|outside|dealer|in ?-?house|captive|factory|secondary|special|alternative|conventional) (?:finance?|financ\w*|lender|bank)\b|\b(?:fund(?:ed|ing)(?: (?:package|pending|dept|delay\w*|kicked|today|docs?|hold|date|rec\w*|deal))?|unfunded|contracts? ?-?in ?-?transit|\bcit\b|rehash\w*|call ?-?back from (?:bank|lender))\b
  unless: \bfunding (?:raiser|for school)
credit: \b(?:fico|vantage ?score|transunion|trans union|equifax|experian|credit ?karma|ofac)\b
credit: \bbeacon ?(?:score )?(?:of |is |: ?)?\d{{3}}|\b\d{{3}} beacon|\bbeacon score
credit: \b(?:cr(?:edit)?|credito) (?:scores?|apps?|applications?|bureaus?|report\w*|rating|pull\w*|check\w* (?:run|done|pulled)|challenged|issues?|problems?|history|hist|situation|approv\w*|den\w*|declin\w*|lines? of|limit|tier|profile|inquir\w*|worthy|criminal|decision|dispute\w*|repair|file|freeze|frozen|lock\w*|is (?:bad|good|great|poor|bruised|low|excellent|fair|shot)|was (?:run|pulled|ran)|life|insur\w*|disab\w*|acceptance|malo|bueno|aprobad\w*|negad\w*)\b
  unless: \bcredit (?:card )?(?:limit|app\w*|check\w*) for (?:parts|wholesale)|\bcredit repair order\b|\bcredit card (?:is|was) (?:declined|good)
credit: \bvantage ?(?:score )?\d{{3}}|\b(?:low|mid|high|upper|in the|around) (?:to (?:mid|high) )?[3-8][05]0'?s\b|\b[3-8][05]0'?s (?:credit|score|beacon)
  unless: \b(?:miles?|msrp|price|rpm|degrees?|19|20)\b
credit: \b(?:bad|good|no|poor|great|fair|excellent|bruised|damaged|limited|thin|rebuild\w*|build\w*|establish\w*|his|her|their|my|spouse'?s?|wife'?s?|husband'?s?|ran|run|running|pull(?:ed|ing)?|re-?pull\w*|check(?:ed)? (?:his|her|their)?|weak|strong|perfect|ok|decent|low|challenged|sub ?-?prime|lack of|first time|new to|ruined|slow|rough|tough|a\+|line of|mal|buen|sin|no tiene|tiene|tener|mauvais|bon|son|pas de) (?:his |her |their |the )?(?:credit|cr|credito)\b
  unless: \b(?:no credit (?:for|on|issued|given|due|applied|to tech|card)|(?:good|no|his|her) credit card|credit (?:memo|card|to tech|for core|issued|back|for parts|on acct|on account|for \d))\b|\bsales credit\b
credit: \b(?:puntaje|puntuacion|historial|linea|aplicacion|solicitud|cote|dossier|enquete|demande|ligne|antecedents?|reporte|buro|bureau) (?:de |du )?(?:credito?|credit)\b
credit: \b(?:puntaje|puntuacion|cote)\b[^\d]{{0,8}}\d{{3}}
credit: \b(?:scores?|scored|scoring)\b ?(?:of |is |was |came (?:back |in |up )?|back |at |as |a |low |high |: ?|= ?|only |in the |around |below |under |above ){{0,2}}(?:[3-8]\d{{2}}\b|[3-8]00'?s)|\b[3-8]\d{{2}}\+? ?(?:score|fico|beacon|cr\b|credit|bureau|tu\b|eq\b|ex\b)
  unless: \b(?:csi|survey|nps|ssi|inspection|google|test)\b
credit: \b(?:bureaus?|soft ?-?pull\w*|hard ?-?pull\w*|hard inquir\w*|derogs?|derogatory|trade ?-?lines?|thin file|ghost|no hits? on|charge ?-?offs?|tradelines?)\b
  unless: \b(?:better business|ghost (?:image|white)|weather) ?bureau|\bbbb\b|\bghost\b|\b(?:tourist|visitors?|travel|farm|credit) bureau sticker\b|\b(?:tourist|visitors?|travel|farm|inspection|convention) bureau\b|\bbureau of\b|\b(?:inquir\w*) (?:from|by) (?:tech|service|web|parts)
credit: \btier ?(?:[0-9]|one|two|three|a\b|b\b|c\b|d\b)|\b(?:1st|2nd|top|bottom|first|best|lower|credit|which|what|bank) tier\b
  unless: \b(?:tier ?\d? ?(?:oem |parts? |emission\w* )?(?:emission\w*|supplier|vendor|support|pricing|service|price|tires?|engine|ii|oil|package)|commission|bonus|spiff)\b
credit: \b(?:turned ?-?down|turn ?-?downs?)\b
  unless: \b(?:turn(?:ed)? ?-?down (?:the |his |her )?(?:volume|radio|heat|a/c|ac|idle|offer|work|repair\w*|service|estimate|recommend\w*|fan|temp\w*|screen|bright\w*|rotors?|tires?|brakes?|alignment|music|rotor|our|my|job|sound|appt|display)|rotors? turned)\b
credit: \b(?:loans?|bank|credit|cr|financ\w*|lenders?|app|application|contract|deal|tier|conditional\w*|auto|instant) (?:was |is |has been |got |not |been )?(?:approv\w*|denied|denial|declin\w*|conditioned|rejected)\b
  unless: \b(?:deal(?:er)? approv\w*|service contract|credit card declin\w*|warr\w*|appraisal approv\w*|deal(?:er)? declin\w*)\b
credit: \b(?:declin\w*|denied|approv\w*|rejected|conditioned) (?:by|thru|through|from|at|with|for|on|w/|him|her) (?:(?:a |an |the |his |her |their |all |our |every |other |two |multiple |several )?(?:banks?|loan|lenders?|cu|credit|credit union|financ\w*|car loan|up to \$? ?\d|\$? ?\d[\d,]{{3,}}|\d{{1,2}}k\b|{_ALL_LENDERS}))\b
  unless: \b(?:estimate|repair\w*|warr\w*|claim|adjuster|insurance|service)\b
credit: \b(?:was|were|got|been|being|gets?|is|they) (?:just |also |already )?(?:denied|rejected|turned ?-?down|conditioned|declined)\b
  unless: \b(?:claims?|warr\w*|cards?|cc|visa|repair\w*|estimates?|coverage|service|work|adjuster|brakes?|tires?|upsell|line|recommend\w*|they declined|rebate|flush|filter)\b
credit: \b(?:pre ?-?approv\w*|pre ?-?qual\w*|prequal\w*|pre ?-?screen\w*|preapproval|preapp'?d)\b
  unless: \b(?:pre ?-?approv\w* (?:repair\w*|work|estimate|for (?:repair|service|diag\w*|warr\w*|\$? ?\d{{2,3}} (?:diag|repair))|by (?:warr\w*|adjuster|insur\w*)|up to \$? ?\d{{2,3}} (?:in|for) repair\w*))\b
credit: \bco ?-?sign\w*|\bco ?-?(?:borrow|oblig|applic)\w*|\bguarantors?\b|\b(?:codeudor\w*|fiador\w*|aval\b|endosseur\w*|cosignataire\w*|codebiteur\w*)
  unless: \b(?:loaner|rental|test drive) (?:form|agreement|paper\w*|car)|\bsigned the loaner\b|\bloaner\b
credit: \b(?:get|got|getting) (?:him |her |them |it |this |a deal )?bought\b|\bcredito? (?:de |es |is |of |was |at |a |around ){{0,2}}[3-8]\d{{2}}(?:[^.,\d]|$)
  unless: \b(?:core|memo|parts?|inv\w*|store|goodwill|card)\b
credit: \bsub ?-?prime\b|\bnear ?-?prime\b|\bspecial financ\w*|\bsecondary financ\w*|\bfirst ?-?time buyer\w*|\bftb\b|\bghost credit\b|\bcredit criminal\b
  unless: \b(?:primer|paint\w*|surface|coat|peel\w*|fuel pump|pump)\b
credit: \b(?:pti|dti)\b|\b(?:debt|payment) ?-?to ?-?income\b
credit: \bstips?\b|\bstipulations?\b|\bpoi ?(?:&|and|,|/|\+|:|from|letter|recvd)|\bpo[ir]\b.{{0,6}}\bpo[ir]\b|\b(?:needs?|wants?|missing|send|sent|bring|brought|requires?|got|have|no|waiting on|stips?:?) (?:a |his |her |updated |the )?po[ir]\b(?: ?[,.;&/]| and| from| for|$)|\bproof of (?:income|residence|res|insurance|employment|funds|job)\b|\bopen auto\b|\badverse action\b|\bred flags? (?:cleared|alert|hit|rule)|\bidentity verif\w*|\bchex ?systems\b
credit: \b(?:qualif\w*|approved) (?:for )?(?:financ\w*|a loan|loan|up to|only|at|(?:about |max )?\$? ?\d[\d,]{{3,}}|\$? ?\d{{1,2}}k)
  unless: \b(?:repair\w*|estimate|warr\w*|rebate|claim|recall|adjuster|ins(?:urance)? approv\w*|cust\w* approv\w*|by cust\w*)\b
bankruptcy: \b(?:7|13|bk) (?:was |is )?(?:discharged|dismissed)\b|\bcap(?:itulo|\.)? ?(?:7|11|13)\b|^\W*bk\W*$|\bskip (?:acct|account)\b|\bbankrupt\w*|\bbancarrota\b|\bquiebra\b|\bfaillite\b|\bcha?p(?:ter|tr|t)?\.? ?(?:7|11|13)\b|\bch\.? ?-?(?:7|13)\b(?: |$|\W)|\bbk ?-?(?:7|11|13)\b|\b(?:open|filed|file|filing|prior|in|discharged|dismissed|ch|active|old|post|had|has|recent|his|her|a|from|out of|prev\w*|multiple) bk'?s?\b|\bbk (?:discharg\w*|dismiss\w*|filed|filing|on|in|court|attorney|papers|trustee|\d|yrs?|from|last|years)|\bconsumer proposal\b|\bproposition de consommateur\b|\btrustee\b|\b(?:debt )?discharged (?:in )?(?:ch|bk|bankrupt|\d{{1,2}}/\d)
  unless: \b(?:ch(?:ap(?:ter)?)?\.? ?\d+ ?(?:books?|of (?:the |owner|service|manual|book)|in (?:the )?(?:manual|owner\w*|book))|owner'?s manual|service manual|bk (?:light|lamp|color|black|leather)|bk/|(?:bankrupt|defunct) (?:supplier|vendor|company|store|dealer|shop|brand|maker)|(?:supplier|vendor|maker|company) (?:is |went )?bankrupt)\b
bankruptcy: \brepo(?:'?s|'?d|'?ed|ed|ing)?\b|\brepossess\w*|\bgarnish\w*|\bforeclos\w*|\bjudge?ments?\b|\bsaisie\b|\bsaisi (?:par|pour)|\breprise de (?:possession|finance)|\breprise par\b|\bembarg(?:o|ad\w+|aron)\b|\btax liens?\b|\brepo ?-?man\b|\bskip ?-?trac\w*|\bcuraduria\b|\brecuperacion del (?:auto|carro)
  unless: \bgarnish(?:es)? ?(?:trim|mold\w*|clip|panel|piece|broken|cover|retainer|assy|assembly|loose)|\b(?:pillar|door|trunk|liftgate|tailgate|license|plate|dash|instrument|window|roof|grille) garnish|\bsaisie (?:du|des|de (?:donnees|l'odo\w*)|manuelle)\b|\bjudge?ment call|\brepo (?:lot|trailer)\b|\bguarnicion\b
income_employment: \b(?:gross|net|monthly|mo|annual|other|add'l) inc\b|\bjob ?: ?.{{2,30}}\b\d+ ?(?:yrs?|years?|mos?)\b|\b(?:pays?|paying|no|lives? .{{1,20}}) rent\b|\bwages?\b|\bhourly (?:wage|pay|rate of pay)|\bincomes?\b|\bsalar(?:y|ies|ied)\b|\bpay ?-?(?:stubs?|checks?|roll stubs?|slips?)\b|\bpaycheck\w*|\bw-?2'?s?\b|\b1099(?:-(?:misc|nec|int|r|k|g|div)|'?s)\b|\b1099 (?:\w+ )?(?:income|worker|employ\w*|contractor|tax\w*|wages?|earn\w*|job|basis|self|or w)|\b(?:form|gets?|files?|his|her|a|bring|needs?|irs|income|self ?-?emp\w*|year'?s|with|and|or|is|on) 1099\b(?:$|[.,;)]| (?:and|or|from|for|only|so|,))|\btax returns?\b|\bbank statements?\b
  unless: ^\W*w-?2\W*$|\bpay ?-?checks? (?:at|in) (?:cashier|service)|\bincome tax (?:season|special|office|guy|place|lady|man|prep\w*|\?)|\b(?:odo\w*|mileage|box|ro|ticket|tag|total|\$) ?(?:is |of )?#? ?1099
income_employment: \b(?:makes?|making|earn(?:s|ed|ing)?|gross(?:es|ed|ing)|nets|netting|brings? (?:home|in)|takes? home|clears|gana|ganan|gagne|cobra|percibe) (?:about |around |approx |roughly |over |like |only |just |unos |como |environ ){{0,2}}\$? ?(?:\d{{1,3}}(?:,\d{{3}})+|\d{{3,6}}(?:\.\d\d)?|\d{{2,3}} ?k|\d{{2}}(?:\.\d\d)? ?/? ?(?:an |per |a |/)?(?:hr|hour|hora|heure|h\b))
  unless: \b(?:rpm|noise|mph|psi|clicks?|miles|sound\w*|mi|points|rewards?)\b
income_employment: \b(?:gross|net|monthly|annual|yearly|combined|household|hhi|stated|verified|hourly) (?:monthly |annual |household |pay |wages? |earnings )?(?:is |of |: ?|wage |pay |rate of pay |earnings )?\$? ?(?:\d{{1,3}},\d{{3}}|\d{{4,6}}|\d{{2,3}}k|\d\d\.\d\d (?:x|/|per))
  unless: \b(?:gvw\w*|weight|price|front|back|deal|total gross|miles|net price|km|mileage|service|net of|fee)\b
income_employment: (?:\$? ?\d{{2,3}}k|\$? ?\d{{2,3}},000|\$? ?\d{{5,6}}) ?(?:/|a|per|por|par|al) ?(?:yr|year|annum|ano|an|annee)\b|(?:\d{{2,3}}k|\d{{2,3}},000|\$ ?\d{{5,6}}) ?(?:annual\w*|yearly|anual\w*|salary|income|par annee)\b
  unless: \b(?:miles?|mi|km)\b|\b(?:driv\w*|averag\w*|odo\w*)\b
income_employment: \$? ?\d{{2}}(?:\.\d\d)? ?(?:/|an|per|por|a) ?(?:hr|hour|hora)\b.{{0,20}}\b(?:at|x|job|work\w*|40|with|@)\b|\bhourly \$? ?\d{{2}}(?:\.\d\d)? ?(?:x|/|per|\*)? ?(?:40)?
  unless: \b(?:labor|shop|door|tech|flag\w*|warranty) ?(?:rate)?\b
income_employment: \b(?:ssi|ssdi|ssa|social security (?:income|benefits?|check)|on disability|disability (?:of |is )?\$? ?\d[\d,]{{2,}}|disability (?:income|check|pay\w*)|fixed income|child support|alimony|unemploy\w*|self ?-?emp(?:loy\w*)?|pension (?:of|income|check|\$)|retire\w* income|food stamps|ingresos?|salarios?|sueldos?|revenus?|salaires?|pension alimentaire|desemplead[oa]|chomage|comprobantes? de (?:ingreso\w*|pago)|talones? de (?:cheque|pago)|talon de paie|preuve de revenu)\b
  unless: \b(?:csi|ssi score)\b
income_employment: \b(?:employed (?:at|by|with|since|for|\d|full|part)|employers?|employment|employeur|empleador|empleo|emploi|occupation|job ?-?time|time (?:on|at) (?:the |his |her )?job|\d+ ?(?:yrs?|years?|mos?|months?) (?:on|at|with|in) (?:the |his |her |current |same |present |this |last |that )?(?:job|work|employer|company)|(?:laid|layed) ?-?off|lost (?:his|her|their) job|just started (?:a )?(?:new )?job|new job|fired from|out of work|years on job|verify (?:job|employ\w*)|voe)\b
  unless: \bemployer (?:discount|program|pricing|rebate|lot|parking|fleet|vehicle)|\bnew job (?:line|number|card|added)|\bfired (?:up|right)
income_employment: \b(?:works?|working|worked|job|trabaja|travaille) (?:at|for|@|with|en|para|con|chez|pour) .{{2,32}}\b(?:yrs?|years?|makes?|makin\w*|earns?|salary|income|\$ ?\d|\d{{2,3}}k|anos|ans|months?|since|hourly|/hr|full ?-?time|part ?-?time)\b
  unless: \b(?:works? (?:at|with) (?:times|idle|first|low|high|key)|\d+ ?(?:months?|years?) ago|problem|noise)\b
income_employment: \brents? (?:is |of |for |at |: ?|= ?)?\$? ?\d{{3,4}}\b|\bmortgage\b|\b(?:own|rent)s? or (?:own|rent)s?\b|\brenta (?:de|es|paga) \$? ?\d{{3}}|\bloyer\b|\bhypotheque\b|\bhipoteca\b|\blandlord\b|\bhousing (?:pay\w*|expense|cost)
  unless: \brents? (?:a )?car
lease_residual: \bleas(?:e|es|ed|ing|ee|ees|or|ors)\b|\bless(?:ee|or)s?\b|\bsub ?-?leas\w*|\bre ?-?leas(?:e|ing)\b
  unless: \bloaner|\bloan car|\blease(?:d)? (?:line|printer|copier|building|lift|equipment|property|land|sign|office|return (?:sign|lane|lot|parking|area))|\b(?:building|land|office|property|copier|lot|warehouse) leas\w*|\bre-?lease (?:the |hold|brake)|\breleas\w*
lease_residual: \bresiduals? ?(?:value |val |amount |amt |pct |percent |rate |% ?|\$ ?|is |of |at |: ?|= ?|set |too |on |- ?){{0,2}}(?:\d|high|low)|\bresidual (?:value|amount|percent\w*|on)|\brv ?(?:is |of |at |: ?|% ?|\$ ?){{0,2}}\d{{2}} ?%|\brv ?[%$]
  unless: \bresiduals? (?:atf|fuel|coolant|trans\w*|film|magnet\w*|stress|glue|adhesive|paint|wax|grease|sand|oil|odor|water|noise|dust|fluid|moisture|pressure)|\brv (?:park|trailer)
lease_residual: \b(?:excess|over|extra) ?-?(?:miles?|mileage|wear|km|kilometr\w*)\b.{{0,20}}(?:\$? ?\d|fee|charge|penal\w*|bill\w*|lease|turn|allow|return|owed?)|\b(?:mileage|mile|km) (?:allow\w*|penalt\w*|overage|cap|limit per year)|\bover (?:on )?(?:his |her |their |the )?(?:lease )?miles\b|\$? ?\.\d\d ?(?:cents? )?(?:/|per|a) ?(?:mile|mi|km)\b
  unless: \b(?:tire wear|warr\w*|oil|service interval|tow(?:s|ed|ing)?|hook|rental|reimburse\w*|loaner|pick ?-?up fee|delivery)\b
lease_residual: \b(?:disposition|disp|termination|turn ?-?in|early term\w*|acquisition|acq|bank acq\w*) fees?\b|\bpull ?-?ahead\b|\bsign (?:n|and|&) drive\b|\bearly terminat\w*|\bturn(?:ing|ed)? (?:it |in )?(?:the )?(?:lease|leased)|\bpurchase option\b|\boption to purchase\b|\boption d'achat\b|\bgrounded (?:lease|unit|vehicle)|\b(?:one|single) pay(?: lease)?\b|\bwear (?:and|&|n) tear (?:charge|bill|fee)
lease_residual: \b\d{{2}} ?/ ?(?:7\.5|10|12|15)k\b|\b(?:7\.5|10|12|15)k? ?(?:mi|miles?)? ?/ ?(?:yr|year)(?:ly)? (?:lease|allow\w*)|\b\d{{4,5}} ?(?:mi|miles?) (?:a|per) (?:yr|year) lease
lease_residual: \b(?:arrend\w*|alquiler del (?:carro|auto|vehiculo)|renta del (?:carro|auto|vehiculo)|valor residual|valeur residuelle|credit ?-?bail|vehicule (?:est |actuel |actuellement )?loue|location (?:se termine|de \d\d|a long terme|\d\d mois|-?bail|longue duree|avec option)|fin de (?:location|bail)|en location|bail (?:de|se|auto|a|automobile|termine)|retour de location|locataire|fin del arrendamiento)\b
finance_type: \b(?:cash|finance|lease|retail|loan|bhph|wholesale cash) ?-?(?:deals?|buyers?|purchases?|sales? type|customer no)\b
  unless: \b(?:retail (?:deal\w*|customer|buyer|sale)|cash sale at counter)\b
finance_type: \bcash sale\b
  unless: \b(?:parts?|counter|retail parts|cashier|ctr|tkt|ticket)\b
finance_type: \bcash (?:customer|buyer|client|purchaser|only|offer)\b|\b(?:paid|paying|pay|pays|bought|buying|buys|purchas\w*|buy|will pay)\b.{{0,14}}\b(?:all |with |in |w/ ?)?cash\b.{{0,4}}\b(?:for|on|no) ?(?:the |his |her |it|this|that|new|used|a |their |truck|car|vehicle|suv|van|unit|trade|loan|financ|lien|note|\d{{4}})?
  unless: \bcash\b.{{0,12}}(?:for|on) (?:it )?(?:the |his |her |a )?(?:oil|lof|repair\w*|service|parts?|tires?|deductible|ro|wiper\w*|diag\w*|detail|labor|battery|brake\w*|key|invoice|rental|inspection|part)\b|\b(?:vending|lounge|tips?|register|drawer|petty|snack\w*|coffee|machine)\b
finance_type: \b(?:paid|paying|pays?|will pay|wants? to pay|bought (?:it )?(?:with|w/|in|for)|doing|going) (?:all )?cash\b
  unless: \b(?:counter|cashier|pick ?-?up|cc|visa|inv\w*|ro\b|deductible|labor|oil|lof|repair\w*|parts?|tires?|service|window|receipt|rcpt|\d+\.\d\d|brakes?|wipers?|coupon|detail|inspection)\b
finance_type: ^\W*(?:cash|leases?|leased|finance[d]?|financing|balloon|loan|bhph|retail (?:finance|lease|loan)|contado|comptant|fin|purchase finance|one ?-?pay|cash deal)\W*$
finance_type: \bfinanc(?:e|ed|es|ing|eable|ement|er|ier|iado|iada|iamiento|iera|iacion|iar)\b
  unless: \b(?:finance|financing) ?(?:manager|mgr|director|dept|department|office|desk|guy|class|district|major|degree|professor|industry)\b
finance_type: \bfinance (?:manager|mgr|dept|office).{{0,30}}\b(?:rate|loan|approv\w*|contract|sign\w*|gap|payments?|lender)
finance_type: \bbhph\b|\bbuy ?-?here\b|\bin ?-?house (?:note|account|acct|loan)\b|\btote the note\b|\bspot deliver\w*|\bunwind\b|\bunwound\b|\b(?:cash|lease|finance|loan) (?:or|vs\.?|versus|to|into) (?:cash|lease|finance|loan|buy|purchase)\b|\bdeal type\b
finance_type: \b(?:de|al) contado\b|\b(?:en|con|pago en|pagado en|pagando|pago|pagar en|compro (?:en|con)) efectivo\b.{{0,12}}\b(?:carro|auto|vehiculo|camioneta|troca|compra|todo)\b|\bpago en efectivo por\b|\b(?:achat|paye|payer|paiement|au|vente) comptant\b|\bcomptant\b
insurance: \bgap ?-?(?:ins\w*|waiver|refund|coverage|policy|sold|premium|contract|cancel\w*|declin\w*|protection|claim|product|addendum|cost|price|\$ ?\d|\d{{3,4}}\b)|\b(?:bought|buy|sold|sell|cancel\w*|add\w*|declin\w*|refus\w*|with|has|have|no|include[sd]?|took|purchas\w*|wants?|waive[sd]?|vsc|warranty|warr|and|&|\+|offered|seguro) gap\b(?: |$|\W)|^\W*gap\W*$|\bguaranteed (?:auto|asset) protection\b
  unless: \b(?:spark|plugs?|panel|air gap|door|hood|fender|bumper|sensor|clearance|uneven|trunk|body|weatherstrip|seal|glass|ring gap|thou|feeler|adjust\w*|valve|trim|light|molding|tailgate)\b
insurance: \bc/?l\b.{{0,6}}\ba/?h\b|\bcredit (?:life|disab\w*|insurance|accident)\b|\ba ?& ?h\b|\bcl/?ah\b|\baccident ?(?:and|&) ?health\b|\blife ?(?:and|&) ?disab\w*|\b(?:joint|single|level|decreasing) (?:credit )?life\b|\bdebt cancel\w*|\bvsi\b|\bforce ?-?placed\b|\bcpi (?:added|premium|insur\w*|policy)|\bjob loss (?:protection|coverage|ins\w*)|\bassurance (?:vie|invalidite|pret|perte)
insurance: \b(?:policy|pol|poliza|police(?: d'assurance)?|no de police)\b ?(?:(?:no|num|number|numero|nbr|#|is|was|:|\.) ?)*[^\da-z]{{0,4}}(?:[a-z]{{0,4}}[\x20-]?\d[\d-]{{5,}})
  unless: \b(?:police report|case)\b
insurance: \b(?:{_INSURERS})\b.{{0,24}}\b(?:pol(?:icy|iza|ice)?|agent|coverage|full cov\w*|premium|deduct\w*|comp|collision|cov|insured|policy holder|liability|binder|dec page|effective)\b
  unless: \b(?:adjuster|hail|claim|body shop|estimate|rental|tow(?:s|ed|ing)?|supplement|glass)\b
insurance: \b(?:full coverage|liability only|proof of insurance|ins(?:urance)? (?:co|company|card|binder|agent|carrier|policy|expired|lapsed|premium|verified|info|dec|exp|coverage)|cobertura completa|insured (?:with|by|thru|through)|seguro (?:de |con )?(?:{_INSURERS})|assurance (?:{_INSURERS})|assureur|aseguradora|dec page|binder)\b
  unless: \b(?:adjuster|hail|claim|body shop|estimate|supplement|glass|tow(?:s|ed|ing)?|deductible|three ring|ring binder|insurance (?:co|company) (?:paying|pays|approved|will pay|inspect\w*|job|work|repair))\b
insurance: \b(?:{_INSURERS}) ?(?:ins(?:urance)?)?(?: ?#| no\.?)? ?[a-z]{{0,3}}\d(?:[\x20-]?\d){{6,}}\b
  unless: \b(?:claim|adjuster|call|phone|fax)\b
reserve_fi_income: \b(?:finance|fin|dealer|rate|bank|flat|fi|f&i|f & i) ?(?:reserves?|participation|income|spread|chargebacks?|gross|profit|penetration|pvr)\b|\brsvs? ?(?:of |: ?)?\$? ?\d[\d,]{{2,}}|\bpvr ?\$? ?\d{{3,}}|\breserves? ?(?:of |is |was |: ?|= ?|on |held |income |paid |check |chargeback ){{0,2}}\$? ?(?:\d{{3,}}|\d,|\d ?(?:pts?|points?|%))
  unless: \breserves? (?:tank|bottle|parking)
reserve_fi_income: \bback ?-?(?:end)? ?(?:gross|profit|income|products? \d|of deal)\b|\bback ?-?end ?(?:of |is |was |: ?|= ?)?\$? ?(?:\d{{3,}}|\d,\d{{3}}|\d(?:\.\d)?k)|\b\d(?:\.\d)? ?(?:pts?|points?) (?:of )?(?:reserve|participation|back|spread)|\bflat(?:s)? ?(?:fee )?(?:of )?\$? ?\d{{3,4}} (?:from|by|w/|with|thru|paid)|\bmade \$? ?\d[\d,]{{2,}} (?:on|in) (?:the )?(?:back|finance|reserve)
"""
