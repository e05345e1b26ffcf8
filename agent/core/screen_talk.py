"""How people talk about it: verbs, amounts and periods where the trade's own words are missing. More of the pattern list.

The same language and promises as `screen_patterns`; these patterns need a second sign beside the first, for each sign
alone is everyday talk in a service lane.
"""

# ruff: noqa: E501  one pattern a line, or nobody can read them
from __future__ import annotations

from agent.core.screen_patterns import _ALL_LENDERS, _DATE, _DEC, _LENDERS, _MO, _MONEY, _TERMS

_MONTH_NAMES = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ene|abr|ago|dic|fev|avr|mai|juin|juil|aout)[a-z]*\.?"
)
_PERIOD = (
    r"(?:month|mo\b|mnth|mth|week\b|wk\b|two weeks|2 weeks|2 wks|fri(?:day)?s?\b|monday|payday|paycheck|pay ?period|pay ?check|"
    r"other (?:week|wk|fri(?:day)?|monday|thursday|payday|paycheck)|mes\b|semana|quincena|catorcena|mois\b|semaine|deux semaines|(?:two|2|dos) semanas)"
)
_SHOP = (
    r"\b(?:oil|lof|tires?|brakes?|pads|rotors?|diag\w*|repairs?|estimate|est|parts?|labor|hrs?|deductible|invoice|inv|ro|detail|tow(?:s|ed|ing)?|alignment|"
    r"cashier|counter|copay|core|rental|loaner|storage|subscription|onstar|sxm|sirius\w*|wash|battery|warr\w*|wty|service|miles?|mi|km|psi|rpm|volts?|"
    r"deg\w*|mm|ft|lbs?|amps?|gal|qts?|liters?|litre|mpg|hook|coupon|registration|bulb|filter|coolant|fluid|recall|shuttle|claim|adjuster|"
    r"windshield|glass|tint|spark|wiper\w*|freon|sensor|hours?)\b"
)
_WHO = r"(?:him|her|them|me|us|it|cust|customer|buyer|he|she|they|you)"
_BANKS = rf"(?:(?:the |a |his |her |their |our |my |your |this |that |other |another |any |every |which |one |\d )?(?:banks?|lenders?|credit unions?|cu|c/u|captive|finance (?:co\w*|source)|fcu)|{_LENDERS}|ally|chase)"
_CAR = r"(?:car|truck|van|suv|jeep|auto|vehicle|vehiculo|carro|troca|trade|trade-?in|loan|note|lease|lien|camioneta|voiture|auto loan|title)"
_AMOUNT = rf"(?:(?:{_MONEY})|\$? ?\d{{1,3}}(?:\.\d)? ?(?:k|grand|thousand|mil)\b)"
_PAYM = r"(?:payments?|pmts?|pymts?|pymnts?|paymnts?|paymets?|payemnts?|pamyents?|paymants?|pyments?|paymnets?|installments?|pagos?|versements?|mensualidad\w*|paiements?)"

TALK = rf"""
ssn_tin: \b(?:ssn?|social|soc|s\.s\.?n?|ss card|seguro|nas|itin)\b\.?[^\d%]{{0,40}}(\d(?:(?:[\x20.,/-]|then|and){{0,6}}\d){{8}})\b
  check: nine
ssn_tin: \b(?:ssn?|social|soc|itin)\b.{{0,14}}\b(?:starts?|begins?|first)\b.{{0,10}}\d{{3}}.{{0,30}}\b(?:ends?|last)\b.{{0,8}}\d{{2,4}}
ssn_tin: \b(?:itin|ssn?|sin)\b[\x20:#]{{0,3}}[\dx*]{{3}}-\d?[x*]{{1,2}}-[\dx*]{{4}}|\b[x*#]{{3}} ?- ?[x*#]{{2}} ?- ?\d{{4}}\b|[x*#]{{5,}} ?-? ?\d{{4}}\b.{{0,20}}\b(?:ssn?|social|soc)\b
ssn_tin: \b(?:last|final) (?:4|four)\b.{{0,24}}\b(?:social|ssn?|soc)\b|\b(?:social|ssn|soc sec)\b.{{0,20}}\b(?:last|final) (?:4|four)\b
dob: \b(?:b|born|dob|d\.o\.b|nac|nee?|nacid[oa])\.? ?:? ?(?:on |el |le )?(?:the )?\d{{1,2}}(?:st|nd|rd|th)? ?(?:of |de )?{_MONTH_NAMES},? ?(?:of |de )?(?:19|20)?\d\d\b
  unless: \b(?:ro|stk|appt|tires?)\b
dob: \b(?:birthday|bday|b-day|birth|born|cumpleanos|fete|anniversaire)\b.{{0,40}}{_DATE}
  unless: \b(?:coupon|club|offer|discount|card from|born (?:free|to)|anniversary (?:sale|edition)|appt|service)\b
dob: \bdob(?:19|20)\d{{6}}\b|\bturn(?:s|ed|ing) (?:1[6-9]|[2-9]\d) on {_DATE}|\bdob on (?:file|dl|app)|\bdob ?:? ?'?\d\d\b(?:$|[,;. ])|\bcumple(?:anos)? (?:el )?{_DATE}|\b(?:yob|year of birth|birth ?year|ano de nacimiento|annee de naissance)\b[^\d]{{0,6}}(?:19|20)?\d\d\b
rate: \b(?:took|takes?|wants?|has|get|gets|got|offer\w*|do|did|match|beat|than|under|below|advertis\w*|qualif\w*(?: for)?|for|at) (?:the |a |an |her |his |that |our |their )?{_DEC}(?: ?%| pct| percent)? (?:special|promo\w*|deal|offer|factory|subvent\w*|rate|from (?:the )?(?:bank|cu|{_LENDERS})|instead|program)\b
  unless: {_SHOP}
rate: \b{_BANKS} (?:can |will |could |would |might |just |only )?(?:give |gave |offer\w* |did |does |do |has |had |is |was |at |came (?:in |back )?(?:at |with )?|quoted |wants |went |approved |said |called )?(?:{_WHO} )?(?:a |at |w/ ?|with |for )?{_DEC}\b
  unless: {_SHOP}
rate: \brates? (?:(?:to |will |might |should |have |has )?(?:come|came|go|goes|gone|went|going|drop\w*|fall|fell|get|gets|rise|rose|cut)|are|r) (?:back |way |too |so )?(?:down|up|lower|higher|better|high|low|crazy|good|bad)\b
  unless: \b(?:labor|shop|door|idle|flow|charge|heart)\b
rate: \b(?:the |his |her |their |my |too much |pay(?:ing)? |less |more |in |that |of )(?:interest|intrest|interst|finance charges?|fin charge)\b.{{0,24}}(?:{_DEC}|\d{{1,2}} ?(?:%|percent|pct)|\$ ?\d|\bup\b|\bdown\b|loan|total|over the)
  unless: \b(?:points? of interest|lost|show\w*) interest\b
rate: \b(?:intrest|interst|intrst|interest|int) (?:rate|went|was|is|of|at|jumped|dropped|came)\b ?[^\d]{{0,12}}\d{{1,2}}\b|\b(?:intrest|interst|intrst) rate\b
rate: \b[1-4](?:\.\d\d?)? ?(?:pts?|points?|percent|%) (?:over|above|markup|spread|on top|in reserve|on the (?:rate|back|buy)|over buy|higher than)\b|\b(?:one|two|three|half a|1/2) points? (?:over|on|of)\b
  unless: \b(?:csi|nps|score|loyalty|reward\w*|inspection|game|survey|spec|temp\w*)\b
rate: \bint\.? ?(?:rt|rte)\b|\b(?:wants?|got|get|took|offer\w*) (?:the |our )?(?:0|zero|[0-9]\.\d) ?(?:pct|percent)\b(?:$|[.,;])|\b\d{{1,3}} ?(?:bps|basis points?)\b|\brates? (?:dropped|went|fell|rose|up|down|jumped|cut)\b.{{0,6}}\b(?:a|\d|half|two|one) ?(?:a )?points?\b|\bpoints? in (?:the )?rate\b|\b(?:got|took|has|gets?|wants?) (?:the )?[0-9]\.\d\d? (?:from|through|thru|with|at|w/) (?:toyota|honda|ford|gm|nissan|kia|hyundai|chevy|factory|mazda|subaru|vw|bmw|captive|(?:the |his |her )?(?:bank|cu|dealer))\b|\bprime ?(?:plus|\+) ?\d|\b(?:interest|contract|loan|note) rate\b.{{0,24}}\b{_DEC}\b|\b(?:intro|teaser|subvented|promotional|factory|standard|dealer) rates?\b|\b(?:add-?on|simple|daily simple|pre-?computed) interest\b|\b{_DEC} add-?on\b|\brule of 78
rate: \b\d{{1,2}}(?:\.\d\d?)? ?(?:pct|percent|%|por ciento|pour cent) (?:on|for|with|from|at|en|sur) (?:the |a |an |his |her |their |my |that |el |la |le )?(?:\w+ )?(?:loan|note|car|truck|balance|contract|{_TERMS}|bank|cu|credit union|{_LENDERS})\b
  unless: {_SHOP}|\boff\b
rate: \b(?:rate|apr) (?:reduction|buy ?down|exception|bump|match|shop\w*|quote|lock\w*|hold|increase|cap|disclosure|sheet|discount|concession)\b
  unless: \b(?:labor|shop|door|frame) rate\b
rate: \b(?:around|about|is at|at|was|got|paying|pays|near|close to|like) (?:a )?\d{{1,2}}(?:\.\d\d?)? ?(?:%|percent|pct)? (?:rate|interest|int|apr)\b|\b(?:she's|he's|is|was|currently|now) (?:at|paying) \d{{1,2}}(?:\.\d+)? ?(?:%|percent|pct|now on)\b.{{0,24}}\b(?:now|loan|bank|cu|{_CAR}|interest|rate)
  unless: {_SHOP}|\b(?:oil life|soc|life|off|humidity|tread|charge)\b
term: \bt(?:e?r)?m:? ?{_TERMS}\b
  unless: \b(?:tm number|fuel|trim|volt\w*|pin|circuit|ohms?|harness|ground)\b
term: \b(?:stretch\w*|financ\w*|loan|note|pay(?:ing)? (?:it|this|that|the car|the truck) off|payments?|amortiz\w*|lengthen\w*)\b.{{0,24}}\b(?:[3-9]|three|four|five|six|seven|eight|ten) ?-?(?:yrs?|years?|anos|ans)\b
  unless: \b(?:warr\w*|wty|coverage|service|old|ago|maint\w*)\b
term: \b(?:won't|wont|will not|max\w*|moved?|bumped?|dropped?|take|go|goes|went|push\w*|stretch\w*|extend\w*|back|shorten\w*|cut)\b.{{0,14}}\b(?:past|to|from|over|out to|down to|up to|beyond) {_TERMS}\b(?: ?{_MO})?
  unless: {_SHOP}|%|\b(?:mph|gcwr|cca|kw|k|f|c|bay|lift|row|lot|line|page|appt|am|pm|stall|degrees?)\b
term: \b(?:left|remaining|restantes?|que faltan?|remain) (?:on|of|en|sur|del?) (?:the |his |her |their |my |this |that |el |la |su |le )?(?:\w+ )?(?:note|loan|lease|contract|finance\w*|term|pmts?|payments?|pret|carro|credito|prestamo|car|truck)\b
  unless: \b(?:service contract|warr\w*|wty|coverage|maint\w*)\b
term: \b(?:{_TERMS}) ?-?(?:mo|mos|month|months|meses|mois)\b.{{0,16}}\b(?:at|@|w/|with|for|financ\w*|rate|apr|{_LENDERS})\b.{{0,8}}\d
  unless: {_SHOP}
payment: (?:{_MONEY}) ?(?:a|per|each|every|/|cada|por|par|al|chaque|aux) ?{_PERIOD}|\b\$? ?\d{{2,4}} ?(?:a|per|each|every|cada|por|par|al|chaque|aux) ?{_PERIOD}
  unless: {_SHOP}|\b(?:times|radio|wash\w*|club|wi-?fi|visits?|cars|deals|units|\d{{3}}-\d{{4}})\b
payment: \b\d\.\d\d? (?:a|per) (?:month|mo)\b|\b\d{{3,4}} (?:is|was|would be|seems|sounds|max|tops|or less|or under)\b.{{0,16}}\b(?:a|per|each|every) mo(?:nth)?\b|\bmonthly\?|\ba month\?|\b(?:where|what)\b.{{0,30}}\b(?:be|at|hoping|looking|want|comfortable)\b.{{0,12}}\b(?:monthly|per month|a month|{_PAYM})\b
  unless: {_SHOP}
payment: \b(?:currently|still|now|already|is|was|been|she|he|they|cust|customer|who) (?:pays|paying|payin) (?:about |around |roughly |only |like |over )?\$? ?\d{{3,4}}\b
  unless: {_SHOP}
payment: \b(?:pays?|paying|paga|pagando|paye) \$? ?\d{{3,4}}(?:\.\d\d)? (?:on|for|to|with|w/|now|mo|al|en|por|par|sur|de) (?:the |her |his |a |an |el |la |su |mes|mois|mens\w*)
  unless: {_SHOP}
payment: \b(?:car|truck|house|auto|monthly|his|her|their|a|the|missed|last|next|two|2) (?:\w+ )?(?:\w+ )?notes?\b.{{0,24}}\b(?:{_CAR}|behind|late|missed|wants? (?:to|out)|worse|due|paid|\$? ?\d{{3}}|too high|afford|bank|lower)\b
  unless: \b(?:see|tech|advisor|service|ro|file|left|leave|crm|musical|call|made|sticky|additional|added|thank) notes?\b|\bnotes? (?:on|in|from|by|says?|added|to)\b
payment: \b(?:missed|behind|skipped|late|caught up|catch up)\b.{{0,24}}\b(?:notes?|{_PAYM})\b
  unless: \b(?:call|appt|ro|invoice)\b
payment: \b(?:1st|first|next|last|final|\d\dth|\d(?:nd|rd|th)) (?:installment|note|{_PAYM})\b.{{0,20}}\d
  unless: {_SHOP}
payment: \b{_PAYM}\b.{{0,24}}\b(?:killing|eating|lower\w*|too high|afford|stress\w*|crazy|went up|going up|double[ds]?|reduce\w*|behind|shock|below|under \d|went down|dropped)\b
  unless: \b(?:ro|invoice|portal|declined card)\b
payment: \b(?:keep|stay|be|get|land|hold|put|needs?|wants?|hit)\b.{{0,16}}\b(?:at|around|near|under|below|in|between|to) (?:the )?(?:low |mid |high |upper )?\d{{3}}s?(?:(?:-| to | and )\d{{3}})?(?: ?range)?\b.{{0,16}}\b(?:month\w*|mo|pmt|payment|a month|tops|max)\b
  unless: {_SHOP}
payment: \b{_PAYM}\b ?(?:of |at |is |: ?|~ ?|= ?)?\$? ?\d{{2,4}}\b|\b\d{{3}}(?:\.\d\d)? ?(?:pmt|pymt|paymnt|mthly|mnthly|monthly)\b
  unless: {_SHOP}|\b(?:visa|mastercard|amex|credit card|pick ?-?up)\b
amount_financed: \b(?:top|t\.o\.p\.?|total of (?:payments|pmts)|fc|af|a\.f\.|t/p|unpaid bal\w*)\b ?(?::|=|-)? ?\$? ?\d{{1,2}},\d{{3}}
  unless: {_SHOP}
amount_financed: \b(?:tila|reg ?z|truth in lending|unpaid balance|itemization of amount|ltv|loan to value|advance (?:%|percent|rate))\b|\b(?:max|maximum) (?:advance|adv|fin\w*|loan|amt fin\w*)\b|\badvance\w* (?:up to |is |of |max )?\d{{2,3}} ?(?:%|percent|pct|k\b)|\b(?:they'll|bank|lender|will|can|would) advance (?:up to )?\$? ?\d{{2,3}}\b
  unless: \b(?:timing|cash advance on parts|degrees?|btdc)\b
amount_financed: \b(?:fin(?:anced)?|af|loan|ln|note) ?(?:amt|amount|bal)\b ?[:=]? ?\$? ?\d|\b(?:{_AMOUNT}) (?:auto |car |truck )?(?:loan|note)\b
  unless: \bloan ?-?(?:er|cars?|vehicles?|units?)\b
amount_financed: \b(?:lend|loan|borrow\w*|financ\w*|advance|carry|approv\w*|prestar\w*|prest\w+|emprunt\w*)\b.{{0,28}}{_AMOUNT}
  unless: {_SHOP}|\b(?:loan (?:car|of)|cust(?:omer)? approv\w*|approved by)\b
amount_financed: \b(?:adj|gross|net) ?(?:usted)? ?cap\b(?: cost)? ?\$? ?\d
trade_payoff: \bowe[sd]?\b (?:about |around |like |still |only |roughly |him |her |over |almost |maybe |bank |right at ){{0,2}}(?:\$ ?)?(?:{_AMOUNT}|\d{{1,2}}(?:\.\d)?\b)(?: ?grand| ?thousand| ?mil)?
  unless: {_SHOP}|\b(?:tech|lunch|favor|beers?|us for|balance on)\b
trade_payoff: \b(?:upside ?-?down|under ?water|buried|flipped|inverted|negative|neg|over ?financed|over ?loaned|backwards)\b.{{0,14}}\b(?:\$? ?\d[\d,.]*|{_CAR}|equity|eq|deal|by|loan|bank)\b
  unless: \b(?:terminal|cable|post|battery|ground|camber|sticker|badge|label|sunglass\w*|cup|cap|mat|pressure|test|covid|side|wire|lead|float|voltage|filter|slope|display|screen)\b
trade_payoff: \b(?:worth|acv|book[s]?|value)\b.{{0,14}}\d.{{0,20}}\bowe|\bowes?\b.{{0,16}}\bworth\b|\bowes? more than\b|\bper ?-?diem\b.{{0,12}}\d
  unless: \btravel\b
trade_payoff: \b(?:pay|paid|paying|pays|clear|cleared|settle[ds]?|satisf\w*|kill) (?:off |out )?(?:the |his |her |their |my |that |existing |current |old )?(?:balance (?:on|of) (?:the |his |her )?)?(?:loan|note|lien|lease|bank|car loan|truck loan|trade|finance co\w*)\b
  unless: \b(?:bank holiday|bank run)\b
trade_payoff: \b(?:lien ?-?release|release of lien|title (?:is |being )?(?:held|with|at|from) (?:the |by |his |her )?(?:bank|cu|lender|credit union|{_LENDERS})|bank (?:has|holds|still has) (?:the )?title|payoff|pay ?-?off letter)\b|\b(?:lien|loan|balance|bal|note)s? ?(?:of |about |around |~|approx |is |was |still |at ){{0,2}}\$? ?(?:\d{{1,2}}k|\d{{4,5}}|\d{{1,2}},\d{{3}})\b
  unless: \b(?:bank 1|paid ?off (?:with|in) |inventory|balance sheet)\b|{_SHOP}
trade_payoff: \bp/?-?off\b.{{0,4}}\d[\d,]{{3,}}|\bshy \$? ?\d[\d,]{{2,}}|\bupside by\b|\bmaxe?d (?:out )?on (?:advance|ltv|book)|\b(?:old|current|existing) (?:loan|note) (?:in|into)\b|\b\$? ?\d{{1,2}}(?:\.\d)?k (?:negative|neg|upside|under|inverted|in the hole|short)\b|\b(?:positive|negative|neg|pos|no|some|has|his|her|their|my|any|enough|in|the|good|trade) equity\b|\bequity (?:in|on|of|position|\$|is|was)\b
  unless: \b(?:equity (?:mailer|mining tool)|sweat equity|private equity)\b
lender: \b(?:sent|send|submit\w*|shop\w*|shotgun\w*|fax\w*|pushed|fund\w*|assign\w*|contract\w*|approv\w*|bought|callback|call back|book\w*|paper\w*|financ\w*|carried|flip\w*|moved|switch\w*|declin\w*|denied|turn\w* down|drafts?|check|structured?|desk\w*|works? with|goes|going|through|thru|deal|app|loan|note|lien|title|payoff|owes?|debe|paga)\b.{{0,22}}\b(?:by|at|to|with|w/|thru|through|from|on|w|for|in|a|con|al?)\b.{{0,6}}\b{_ALL_LENDERS}\b
  unless: \b(?:chase (?:st|rd|ave|dr|blvd|vehicle|it|down)|bank ?(?:1|2|one|two)\b|ally cat|wells? rd|discover\w* (?:that|a|leak)|battery|claim|adjuster|insurance|roadside|service road|next to|across from|parking|memory bank)\b
lender: \b(?:wfds|cac|tdaf|fmcc|tfs|ahfc|gmf|uacc|sefl|nfcu|dcu|psecu|becu|jpmc|wof|world omni|santander|exeter|westlake|penfed|flagship credit|prestige financial|crescent bank|nicholas financial|credit acceptance|lobel|veros|byrider|suncoast|first tech)\b
  unless: \b(?:charge air|a/?c|condenser|intercooler)\b
lender: \b(?:lh|l/h|lienholder|lien ?holder|lien|loss ?payee|lp|lender|beneficiary) ?[:=#-]? ?(?:is |to |will be |listed as )?.{{0,30}}\b(?:bank|cu|fcu|credit union|financ\w*|acceptance|credit|p\.?o\.? box)\b
  unless: \b(?:lh (?:front|rear|mirror|door|fender|headl\w*|seat|axle|side))\b
lender: \b(?:own|his|her|their|my|local|outside) (?:bank|credit union|cu|c/u|lender|financ\w*)\b|\b(?:credit union|cu|bank|fcu) (?:draft|check|loan|approv\w*|financ\w*|title|payoff|lien|deal|rate|paper\w*|contract\w*|funding|fee)\b|\bblank (?:check|draft)\b
  unless: \b(?:her own bank account|bank check (?:valve|engine)|\d{{2,5}} credit union|bank (?:st|street|rd|lot))\b
lender: \b(?:the |his |her |this |that |one |first |1st |2nd |another |our |no |which |every |each )?(?:bank|lender|cu|credit union|captive|banco|banque)s? (?:wants?|needs?|won't|wont|will|would|wouldn't|said|says|asked|asking|kicked|shaved|gave|called|approved?|bought|buys|counter\w*|requires?|pulled|reject\w*|returned|declin\w*|advance\w*|maxe[sd]?|guideline\w*|is asking|is requiring|denied|funded|turned|quoted|offers?|offered|cut|stip\w*|lets?|takes?|holds?|owns?|sent it|lo financia|quiere|pide|finance|veut|exige)\b
  unless: \bbank holiday|\bbanc[oa]s? (?:de )?(?:prueba\w*|trabajo|taller|cilindro\w*|asiento\w*|delanter\w*|traser\w*)|\b(?:food|blood|battery|power|memory|bottle|piggy|west|cylinder|fuse|relay|light|lamp|switch|seat|capacitor|coil|gauge|sand|snow|left|right|front|rear) banks?\b|\bfree parking\b|\bbank (?:1|2|one|two)\b
lender: \b(?:finance|loan|mortgage|lending|financing) (?:company|companies|co|people|office wants|source|institution|arm)\b|\b(?:in|out for|pending|waiting (?:on|for)|held up in|stuck in|short|clear) funding\b|\bfunded (?:on |by |yesterday|today|\d)|\bfunding (?:dept|department|package|stip\w*|hold|conditions?)\b
  unless: \bgrant funding|school funding|funding approved for (?:lift|shop)
credit: \b[abcd]\+{{0,2}} ?-?(?:tier|paper|credit)\b|\b(?:tier|grade) ?[abcd]\+?\b.{{0,16}}\b(?:captive|bank|approv\w*|credit|lender|rate|buyer)\b
credit: \b(?:\d{{1,2}}|one|two|three|four|several|few|multiple|prior|no|any|some|recent) ?(?:x ?)?(?:30|60|90|120) ?-?(?:day)?s? ?-?(?:lates?|slows?)\b|\bslow[- ]?pay\w*\b|\b(?:auto|mortgage|prior|rent|payment|no|recent) lates?\b|\blates on\b|\b\d ?x ?(?:30|60|90)\b
  unless: \b(?:slow pay(?:ing)? warranty|arriv\w*|too late|no later|lates?t)\b
credit: \binquir(?:y|ies)\b.{{0,30}}\b(?:bank|credit|bureau|last|hard|soft|too many|report|lender|\d+ ?(?:mo|days?))\b|\b(?:too many|hard|soft|recent|several|multiple) inquir
  unless: \b(?:web|internet|email|online|phone|lead|service) inquir
credit: \b(?:excessive|too many|insufficient|limited|short|lack of|no|zero|little|length of|weak|not enough|unsatisfactory|serious) (?:obligations?|credit|history of credit|trade ?lines?|trades|bureau|file|debt|cred hist\w*|credit history|delinq\w*)\b
  unless: \b(?:no credit (?:card|due|issued|for core|on)|parts credit|core credit|no trades? (?:in|this))\b
credit: \b(?:score|scores|fico|beacon|bureau|puntaje|pointage|cote)\b ?(?:is |are |was |in |of |around |about |like |came |back |at |pulled |shows? |under |over |just |only |es |de |:|a ){{0,4}}(?:the |low |mid |high |upper ){{0,2}}(?:[3-8]\d\d\b|[5-8]00s|(?:4|5|6|7|8) ?hundreds?|(?:four|five|six|seven|eight) ?-?(?:hundreds?|\w+ty|o))
  unless: \b(?:csi|nps|survey|test|sat|game|credit union)\b
credit: \b(?:[3-8]\d\d) (?:score|fico|beacon|credit|bureau)\b|\b(?:tu|eq|ex|efx|exp|xpn|eqx|transunion|equifax|experian) ?[:=]? ?[4-8]\d\d\b|\b(?:pull|pulled|run|ran|running|pulling|freeze|froze|frozen|thaw\w*|lock\w*|unlock\w*) .{{0,16}}\b(?:equifax|experian|transunion|bureaus?|credit|beacon)\b
  unless: \b(?:tu (?:llave|carro)|ex ?[4-8]00 ?h|credit card|core credit|store credit|credit memo|parts credit)\b
credit: \b(?:kick(?:ed|s)|bounced?|came|sent|threw|spit) (?:it |the deal |us |him |her )?back\b.{{0,24}}\b(?:bank|lender|credit|deal|app|stip\w*)\b|\b(?:bank|lender|cu)\b.{{0,24}}\b(?:kicked|bounced|sent|threw) (?:it |the deal |him |her )?(?:back|out)\b
credit: \b(?:no|zero|0) hits?\b.{{0,10}}\b(?:bureau|credit|report|score|file)\b|\b(?:no|zero|0) score\b|\bcredit (?:ghost|invisible)\b|\bghost (?:credit|file|score)\b
credit: \b(?:he|she|mother|mom|dad|father|wife|husband|son|daughter|spouse|sister|brother|they|cosigner|co-?buyer) (?:has|have|had|got|with|w/) (?:the |a |her own |his own |really |very |such )?(?:better|good|bad|strong\w*|clean\w*|no|great|poor|rough|perfect|decent|excellent|weak\w*|thin|bruised|damaged|shaky) (?:file|credit|score|history|bureau|report|cr)\b
credit: \bneeds? (?:a )?(?:co ?-?(?:buyer|signer)|second buyer)\b|\bco ?-?buyer to (?:get|qualif\w*)|\b(?:hurt|hurting|ruin\w*|wreck\w*|tank\w*|trash\w*|destroy\w*|rebuild\w*|build\w*|fix\w*|establish\w*) (?:his |her |their |my |the |our )?credit\b|\bdebt (?:ratio|load|service)\b|\b(?:1st|first) ?-?time (?:auto )?buyer|\bcredit roach
  unless: \bcredit (?:card|for|memo|slip)\b
credit: \b(?:go|going|come|put|be|get|sign|add|adding|signing|help\w*|went) (?:her |him |mom |dad )?on (?:it|the (?:loan|deal|note|contract|app|paper\w*|bank)|there|this) (?:with|w/|for|as)\b|\b(?:off|on) the (?:loan|note|contract) (?:as|with|w/)|\b(?:second|2nd|additional|joint) (?:signer|signature|applicant|app)\b
  unless: \b(?:recall|work on it|bring|coupon|tech|lift)\b
credit: \b(?:credit|cr) ?(?:challenged|issues?|problems?|history|repair|frozen|freeze|rebuild\w*|score|app|check|report|denial|denied|is bad|is rough|is good|is shot|trouble|criminal|rating|profile|decision|dept|mgr|rebuilt|pull\w*|bureau|line|limit|approval|terms|tier)\b|\b(?:bad|rough|good|poor|great|no|bruised|damaged|excellent|decent|weak|rebuilding|her|his|their|run|ran|pull\w*|check|check\w*|dinged|horrible|perfect|building|mala?|buen|sin|su|mauvais|bon) (?:cr(?:e|ei)d(?:it|ito|ti)|credito)\b
  unless: \b(?:credit card|store credit|core credit|parts credit|credit memo|extra credit|credit (?:for|back|issued|due|to)|no credit (?:card|due|issued|on|for|yet)|his credit card|her credit card|credit (?:core|return|invoice))\b
credit: \bunderwrit\w*|\brehash\w*|\bcond(?:itional(?:ly)?|itioned|\.)? ?appr(?:oval|oved|'d|vd)?\b|\bappr(?:oved|'d)? (?:w/|with|for|up to|at) .{{0,14}}(?:stips?|\d{{2}}k|\d{{4,5}}|{_TERMS}|conditions?|no stip)|\bfpd\b|\bfirst (?:payment|pymt|pmt) default|\brecourse\b|\bprime (?:buyer|credit|cust\w*|paper)|\bdeep ?(?:sub)?prime
  unless: \b(?:estimate|line [a-d])\b
bankruptcy: \bvol(?:untary|untarily|\.)? (?:surrender\w*|repo\w*|turn ?-?in)\b|\bsurrender\w* (?:the |his |her |it|that )?(?:car|truck|vehicle|suv|unit|to (?:the )?bank)|\bdeficienc(?:y|ies)\b.{{0,12}}(?:bal\w*|judg\w*|\$? ?\d)|\b(?:starter interrupt|gps (?:starter|disable|shut ?off)|kill switch)\b.{{0,30}}\b(?:behind|pmts?|payments?|late|triggered|repo)\b|\b(?:came and |they |bank )(?:took|got|towed|repo\w*|picked up) (?:back )?(?:her|his|my|their|the) (?:\w+ )?(?:car|truck|vehicle|suv|van)\b
bankruptcy: \b(?:bankrupc\w*|bankrut\w*|bankruptcy|repossed\w*|reposess\w*|repoed|repo'd|garnis(?:m|ee|hm|hed|hing)\w*|debt (?:settlement|consolidation|relief)|chapter (?:seven|thirteen)|341 meeting|reaffirm\w*|insolven\w*)\b
income_employment: \brents?\b[,:;]? ?(?:is |of |for |at |: ?)?\$? ?\d{{3,4}}\b|\b(?:rent|own|buy)\w* ?/ ?(?:rent|own|buy)\w*\b|\bmtg (?:pmt|payment)\b|\b(?:house|mortgage|hse) (?:pmt|payment|note)\b
  unless: \b(?:rent(?:al|s)? (?:a )?(?:car|van|truck)|loaner|rental)\b
income_employment: \b(?:makes?|making|makin|bring\w*|earn\w*|gross\w*|nets?|clears?|clearing|takes?|taking|pulls?|pulling|gets?|getting|draws?|drawing|receives?|gana|cobra|recibe|gagne|fait)\b.{{0,16}}\$? ?\d{{1,3}}(?:,\d{{3}}|\d|\.\d\d|k| ?grand| ?thousand| ?mil)? ?(?:/|an?|per|every|por|la|al|el|de l'|par|cada) ?(?:hr|hour|wk|week|mo|month|yr|year|paycheck|check|semana|mes|ano|hora|heure|semaine|mois|an|annee|biwk|pay period|day|dia)\b
  unless: {_SHOP}|\b(?:noise|mpg|vibrat\w*)\b
income_employment: \b(?:time|tiempo|years|yrs) (?:on|at|in) (?:the )?(?:job|work|employer|trabajo)\b|\b\d+(?:\.5)? ?(?:yrs?|years?|y|mos?|months?|anos|ans|m) (?:at|on|with|in|en|a la) (?:the |his |her |current |same |present |this )?(?:job|address|addr|residence|res|employer|work|company|prior job|current|trabajo)\b
  unless: \b(?:serv\w*|tech (?:has|with))\b
income_employment: \b(?:pension|retir\w*|social security|soc sec|ss|disability|va (?:benefits?|disab\w*|comp)|unemployment|child support|ssi|ssdi|alimony|workers? comp|pension alimenticia|retraite)\b.{{0,30}}\$? ?\d{{1,2}},?\d{{3}}\b|\b(?:gets?|receives?|has|on|\$? ?\d{{3,4}}) (?:in )?(?:\$? ?\d{{3,4}} )?(?:child support|disability|food stamps|alimony|ssi|ssdi|unemployment|va disability|workers? comp)\b
  unless: \b(?:ss (?:exhaust|trim|camaro|badge)|plate)\b
income_employment: \b(?:offer letter|pay ?-?stubs?|check ?stubs?|paystub|proof of (?:income|res\w*|employment|job)|direct deposit (?:stmt|statement)|bank (?:stmts?|statements?)|award letter|tax (?:return|transcript)s?|recibos? de (?:nomina|pago)|talon\w*)\b|\b(?:self[- ]?emp\w*|cash job|paid (?:under the table|in cash weekly)|gig work|seasonal (?:job|work)|job (?:gap|letter|change|verif\w*|hop\w*))\b
income_employment: \bemploy(?:er|ed|ment|s)?\b ?(?::|is|at|by|with|since|=|-).{{0,40}}|\bworks? (?:full|part) ?-?time\b|\b(?:started|starts?|starting|switched|changed|lost|quit) (?:a |his |her |their |the |new |at a )?(?:new )?jobs?\b|\b(?:steady|second|2nd|two|multiple) (?:job|income)s?\b|\bjob (?:time )?\d{{1,2}} ?(?:yrs?|years?)\b|\bjob (?:at|w/|with) [a-z].{{2,24}}\b\d
  unless: \b(?:employee (?:discount|pricing|parking|lot)|employer (?:discount|program|fleet)|new job (?:line|card|number)|job (?:line|card|number)|tech)\b
lease_residual: \b(?:10|12|15|7\.5|18|20)(?:,[05]00|k) ?(?:mi|miles?)? ?(?:/|per|a) ?(?:yr|year) (?:allow\w*|lease)|\b(?:allow\w*|lease)\b.{{0,10}}\.\d\d over\b|\bend of (?:term|lease) (?:options?|letter|date|inspection)\b|\bres ?[:=]? ?[2-7]\d ?%|\blev ?[:=]? ?\$? ?\d{{1,2}},?\d{{3}}\b|\bresids?\b\.? ?(?:is |of |at |: ?|= ?)?\$? ?\d{{2}}|\bresidual\b|\b(?:\d{{2}}k?|over|under|miles?) (?:over |under )?on (?:a |the |his |her )?\d{{1,2}}(?:\.5)?k (?:lease|allowance)\b|\b\d{{1,2}}(?:\.5)?k (?:mile )?lease\b
  unless: \bresidual (?:magnet\w*|atf|fuel|coolant|trans\w*|film|glue|adhesive|paint|grease|oil|odor|water|noise|dust|fluid|moisture|pressure|codes?)
finance_type: \bosf\b|\boutside (?:finance|financing|fin|lender|bank)\b|\bretail (?:fin|finance|loan|contract)\b|\b(?:sold|buying|bought|delivered|structured|written) (?:as|for|on|it as) (?:a )?(?:cash|finance|lease|retail)\b(?: deal)?|\b(?:no|without) (?:finance|financing|loan|bank)\b|\bno bank\b|\bwir(?:ed?|ing) (?:the )?(?:whole|full|entire|money for|balance|total)|\b(?:cashier'?s|certified|personal|bank) (?:check|ck) for (?:the )?(?:whole|full|car|truck|total|purchase|amount|\$? ?\d{{2}},\d{{3}})|\b(?:buy\w*|bought|purchas\w*|paid|pay\w*|own\w*) (?:for )?(?:it |the \w+ |this \w+ |his \w+ |her \w+ )?(?:outright|free and clear)\b|\b[crlf]/[crlf]/[crlf] ?[:=] ?[crlf]\b|\bfree (?:and|&) clear\b|\bpaper ?(?:it|the deal) (?:as|at)\b
down_payment: \b(?:half|all|rest|some|more|part|balance|bal|remainder|most|amount|percent|%) (?:of )?(?:the |her |his |their |my |a )?(?:down|dn)\b(?: ?(?:on|is|in|was|due|w/|with|at|by|,|\.|$|money|now|later))|\bhow much (?:money |cash )?(?:down|dn|do (?:i|you|u) need down)\b|\b(?:w/?|with|no|little|\d k?) (?:how much |any |money |much |0 |zero )?down\?|\b(?:the|her|his|their) (?:down|dn) (?:on|is|in|was|will|due|w/|with|by|came|came from|money|pmt|of)\b
  unless: \b(?:pipe|window|price|volume|pressure|tech|lift|line is|system|server|phones?|shut|broke|breaking|machine|wind|cool\w*|oil|level|temp\w*|battery|mileage|mpg|rpm)\b
down_payment: \b(?:put|puts|putting|puttin|come up with|bring\w*|has|have|had|got|needs?|wants?|with|w/|only|min|minimum|max|requires?|offer\w*|gave|drop\w*|da|dio|dar|mettre|met)\b.{{0,14}}{_AMOUNT} ?(?:dollars? |bucks |cash |more |extra )?(?:to put )?(?:down|dn|dwn|de enganche|de pronto|d'acompte|comptant)\b
  unless: {_SHOP}|\b(?:price|volume|pressure|windows?|pedal|hill)\b
down_payment: \b(?:dwn|dow|donw|dn|dowm|down) ?-?(?:paymnt|pymnt|paymnet|payemnt|pymt|pmt|pay|pmnt|paymet|paymen|money)\b|\b(?:hold|postdat\w*|post-dat\w*) (?:a |the |his |her )?(?:check|ck|chk)\b|\b(?:pick ?-?up|deferred) (?:pmt|payment|note|pymt)s?\b|\b(?:trade|rebate|tax (?:refund|return)|income tax|refund) (?:as|for|is|covers?|to cover|will be) (?:the |her |his |my )?down\b|\bdrive ?-?offs? ?\$? ?\d|\bdue at (?:signing|delivery|inception)\b|\b(?:cap cost|ccr|cap red\w*)\b ?\$? ?\d
  unless: \b(?:pick ?-?up payment for (?:ro|repair)|down ?pipe|(?:radiator|gas|fuel|hub|wheel|center|valve|oil|bottle|filler|lug|bed|dust) cap cost)\b
bank_card: \bmicr\b|\bclabe\b[^\d]{{0,12}}\d{{6}}|\b(?:tarjeta|carte(?: de (?:credit|debit))?|card|visa|amex|mastercard|cuenta|compte|checking|savings)\b.{{0,12}}\b(?:termina(?:da|do)?|terminant|finissant|ending|ends) (?:en|con|par|in|with)? ?\d{{4}}\b|\b(?:cuenta|compte|acct|account|loan) (?:#|no\.? |num\w* )?(?:de |en |at |with |chez )?{_ALL_LENDERS} #?\d{{6,}}\b|\b(?:visa|mc|amex|discover|mastercard|card|acct|account|a/c|checking|savings)[\x20#:.]{{0,3}}(?:x{{1,4}}|\*{{1,12}}|\.{{3}})-?\d{{4}}\b|\b(?:numero de )?ruta\b[^\d]{{0,6}}\d{{6,9}}|\bcuenta (?:de )?(?:cheques|ahorros?|banco|bancaria|corriente)\b|\bcompte (?:bancaire|cheques?|epargne)\b|\b(?:account|acct|routing|checking|savings)\b.{{0,16}}\b\d(?:[\x20-]?\d){{5,14}}\b.{{0,24}}\b(?:bank|credit union|cu|routing|checking|savings)\b
bank_card: \b(?:debit|card|cc|visa|mc|amex|discover|tarjeta|carte)\b.{{0,14}}\d{{4}}[\x20-]?\d{{4}}\b.{{0,16}}\d{{4}}[\x20-]?\d{{4}}\b
bank_card: \b(?:card|cc|visa|mc|m/c|amex|debit|tarjeta)\b.{{0,40}}\b(?:exp\w*|vence|good thru|valid)\b ?:? ?\d{{1,2}} ?/ ?\d{{2,4}}.{{0,12}}\b(?:cvv|sec|code|zip|cvc)\b
driver_licence: \b(?:texas|florida|georgia|alabama|tennessee|carolina|california|ohio|michigan|new york|[a-z]{{4,12}}) (?:driver'?s? )?licen[cs]e (?:no|num|number|#)\.?:? ?[a-z]?\d{{5,12}}\b
  unless: \b(?:plate|tag|dealer|business)\b
driver_licence: \b(?:licencia|permis|dl|d\.l\.|lic)\b.{{0,20}}\b[a-z]?\d{{7,13}}\b
  unless: \b(?:plate|tag|placas?|dealer|version|bcm|phone|cell)\b
receivable_balance: \b(?:promis\w*|ptp|agreed|says? (?:he|she)'?l?l?|will) (?:to )?(?:pay|bring|send) (?:\w+ )?\$? ?\d{{2,4}}\b.{{0,20}}\b(?:on|by|fri\w*|mon\w*|\d{{1,2}}/\d{{1,2}}|collections?|payday|note|account|loan)\b
  unless: {_SHOP}
receivable_balance: \b\d{{1,3}} ?(?:days?|d) ?(?:dlq|delinq\w*|late|past due|pd|behind|down)\b|\b(?:30|60|90|120) ?(?:day)?s? (?:past|late|dlq|dq)\b|\b(?:in|on) (?:the )?in-?house (?:note|loan|acct|account|paper)\b|\bcut ?off .{{0,14}}(?:past due|charge acct)|\b(?:house|charge|open) (?:charge|account|acct)s? .{{0,14}}(?:past due|over|late|bal\w*|owes?)
  unless: \b(?:delivery|parts|arriv\w*|appt)\b
ssn_tin: (?:^|[^a-z])(?:ssn?|social(?: sec\w*| insurance)?|soc|s\.s\.?n?|nas|sin|itin|seguro(?: social)?)(?:[^a-z]|$)[^\da-z%]{{0,14}}(?:(?:is|no|num|number|#|on|file|sec\w*|insurance|por|es|est|card|cust|last|de|del|cliente|comprador)[^\da-z%]{{1,4}}){{0,4}}(\d(?:[^\da-z]{{0,4}}\d){{8}})(?:[^\d]|$)
  check: nine
ssn_tin: (?:^|[^\d])(\d\d\d[_:./*~|]\d\d[_:./*~|]\d\d\d\d)(?:[^\d]|$)
  check: ssn
bank_card: (?:^|[^\d-])(?:\d[-.\x20]){{3}}\d,? ?(?:then |and |, )?(?:\d[-.\x20]){{3}}\d,? ?(?:then |and |last four |last 4 |, )?(?:\d[-.\x20]){{3}}\d
bank_card: \b(?:security |cvv |sec |3 digit |three digit )?code (?:on|off|from) (?:the )?(?:back|front)\b|\b(?:cvv|cvc|cid|sec code|security code)\b.{{0,12}}\b\d{{3,4}}\b|\bsec(?:urity)? (?:code )?\d{{3}}\b
  unless: \b(?:key|radio|lock|door|paint|trouble|fault)\b
bank_card: :\d{{8,9}}:|\b(?:share )?(?:savings|share draft|draft|checking|svgs|chkg)\b ?(?:acct|account|no|#|suffix|x|ending|-|:)* ?[\x20#:]?[a-z]{{0,2}}\d[\da-z]{{2,}}-?[\da-z]*\b|\b(?:cheque|check|ck) face\b
  unless: \b(?:first draft|off msrp|savings of|in savings|\$ ?\d)\b
driver_licence: \b(?:n?dl|d/l|d\.l\.|dln|oln|drv'?r?|driver'?s?|operator'?s?|lic(?:ense|ence|encia)?|permis|licencia|4d number|4d)\b.{{0,22}}?\b((?:[a-z]{{1,3}}[-\x20]?)?\d(?:[-\x20]?[\da-z]){{5,18}})\b
  check: licence
  unless: \b(?:plate|tag|placas?|dealer|business|software|vin|ro|phone|cell|tel|call|p/n|part)\b|\d{{3}}[-. ]\d{{3}}[-. ]\d{{4}}
dob: \b(?:dob|birth|birthdate|born|bday|yob|nacim\w*|naiss\w*)[^a-z\d]{{1,4}}(?:19|20)\d\d
  unless: \btires?\b
down_payment: \b(?:cashier'?s?|certified|bank|personal)? ?(?:check|ck|chk|money order)\b.{{0,12}}\b(?:for|of)\b {_AMOUNT}.{{0,28}}\b(?:sign\w*|delivery|contract|deal|down|rest financed|remainder)\b
  unless: {_SHOP}
down_payment: \b(?:his|her|their|the|my|of|more|no|zero|min|total) d\.?p\b|\bdp ?[:=]? ?\$? ?\d[\d,]{{2,}}|\b(?:income )?tax (?:refund|return money|check|money)\b|\b(?:refund|bonus|settlement|stimulus) check (?:as|for|toward\w*|to put)\b
  unless: \b(?:sensor|clutch|switch|sales tax refund|refund of (?:sales )?tax|dp (?:switch|sensor))\b
down_payment: {_AMOUNT}.{{0,26}}\b(?:on top of|plus|and|with|w/|\+|besides|along with) (?:the |his |her |their |my )?(?:trade|trade-?in)\b|\btrade (?:plus|and|\+|w/|with) {_AMOUNT}
  unless: {_SHOP}
down_payment: {_AMOUNT} (?:cash )?(?:out of (?:pocket|hand)|to (?:the table|close|drive off)|up ?front)\b|\b(?:out of pocket|cash to close|up ?front|to the table) ?(?:of |is |: ?|= ?)?{_AMOUNT}|\bneeds? to be (?:at|under|below|around) \$? ?\d{{3}} (?:or (?:less|under|below)|tops|max)\b
  unless: {_SHOP}|\b(?:plate|insurance)\b
down_payment: \b(?:cdwn|cshdn|dnpmt|dwnpmt|dpmt|csh dn|cash dn|tot dn|ttl down)\b ?[:=]? ?\$? ?\d
lease_residual: \bbuy(?:ing)? (?:his|hers?|it|mine|theirs|the \w+|me) out\b|\bturn(?:ing|ed|s)? (?:it|the (?:car|truck|suv|vehicle|old one)|his|hers|mine|this one) (?:back )?in\b|\bearly term\b|\b(?:loue|louer|louee?|louait)\b|\bfacteur de location\b|\b\d{{1,2}}(?:\.\d)?k? (?:miles? |mi |km )?over\b.{{0,24}}\b(?:penalt\w*|charge\w*|cents?|\d{{2}} ?c|lease|allow\w*|at turn)\b|\bkilom?\w* (?:excedent\w*|en trop)
  unless: {_SHOP}|\b(?:keys?|paperwork|ticket|old parts|survey|homework)\b
rate: \bsub-?vent\w*|\bbuy (?:rate )?(?:plus|\+) ?\d|\b(?:buy|sell|call|bank|note) rate\b|\bsold at \d{{1,2}}\.\d|\b(?:quoted|offered|ours is|theirs is|theirs was|ours was|versus|vs\.?|not standard|std|standard|loyalty|special) (?:{_WHO} )?(?:at |a |is )?{_DEC}\b
  unless: {_SHOP}|\b(?:economy|spec\w*|mileage|rated|dispute|flag\w*|line [a-z]|measured|reading|city|highway|bar|mm|thick\w*)\b
rate: \bcash or (?:\d\.\d|fin\w*|lease|loan|0\b)|\b(?:0|0\.\d|1\.9|2\.9|3\.9|4\.9|5\.9) ?%? (?:or|vs\.?|versus|instead of|in lieu of) (?:the )?(?:rebate|cash|customer cash|bonus)|\brebate or (?:the )?(?:0|\d\.\d|rate|low)
payment: \b{_PAYM}\b.{{0,16}}\b\d{{3}}(?:\.\d\d)?\b
  unless: {_SHOP}|\b(?:receipt|ticket|declined|portal|room|visa|mastercard|amex|credit card|pick ?-?up)\b
payment: \b(?:a couple|couple|a few|few|one|two|three|\d) (?:months? |payments? |pmts? |notes? )?(?:behind|past due|in arrears)\b
  unless: {_SHOP}|\b(?:cars?|ros|jobs?|tickets?|appts?|bay|lift|techs?|line)\b
payment: \bcomfortable\b.{{0,28}}\b\d{{3}}\b|\btote\b.{{0,6}}\bnotes?\b|\b\d{{3}} ?(?:/|x) ?(?:{_TERMS})\b ?(?:w/|with|at|@|months?|mo)|\b{_TERMS} ?(?:/|x|@) ?\d{{3}}\b ?(?:w/|with|\d)
  unless: {_SHOP}
credit: \b(?:all|any|bad|no) credit\b|\brisk[- ]?based pricing\b|\bscores? (?:dropped|went|fell|drop\w*|tank\w*|jumped|is (?:up|down|low|high|good|bad))\b|\b(?:fico|vant\w*|beacon|bcn|cb score|crscr) ?\d{{0,2}} ?[:=#]? ?0{{0,2}}[3-8]\d\d\b|\b(?:take|work w/?|work with|accept|approve|do) (?:a )?[4-6]\d\d(?: score| credit|\?|$)
  unless: \b(?:credit card|core credit|store credit|parts credit|csi|survey|in store|no credit (?:due|issued))\b
credit: \b(?:old|paid|medical|open|unpaid|utility|phone|verizon|at&t|sprint|hospital|small|one|two|\d) collections?\b|\bcollections?\b.{{0,20}}\b(?:paid|letter|settled|owed|report|bureau|agency)\b
  unless: \b(?:trash|toll|data|art|coin|fluid|record)\b
income_employment: \bles (?:stmts?|statements?)\b|\b(?:make|makes?|clears?|nets?|gross\w*|bring\w* home|takes? home|earn\w*|paid|pays?|gets?|deposits?)\b.{{0,14}}\$? ?\d[\d,.]*k? (?:(?:once|twice) an? (?:month|week)|bi-?weekly|semi-?monthly|every (?:two|2|other) (?:weeks?|fridays?)|after taxes?|before taxes?|net|gross|hourly|salary|weekly|annually|per (?:year|annum|hour|week))\b
  unless: {_SHOP}|\bgets? off (?:work )?at \d{{1,2}}\b
income_employment: \b(?:travaille|trabaja\w*|labora)\b.{{0,44}}\b(?:depuis|ans|anos|mois|meses|desde|hace|gana|salaire)\b|\bschedule [cef]\b|\b(?:net|gross|profit|income|made|earned)\b.{{0,24}}(?:last|this|per|a) (?:year|yr)\b.{{0,14}}\$? ?\d{{2,3}}(?: ?k|,\d{{3}})|\b(?:annual|grs|gross|mthly|mo|net) ?_?(?:annl|annual|inc|income|mo|mnthly|pay)\b ?[:=]? ?\$? ?0*\d{{3,}}
  unless: \b(?:deal|gvw|weight|store|dept|department|front|back)\b
lender: \b(?:placed|put|bought|funded|contracted|went|landed|sent|shopped|deal|app|approved|declined|thru|through|with|by|via|at|draft|from) (?:it |deal |the deal |app )?(?:with |by |at |thru |through |to |on |from )?[a-z]{{3,14}} (?:auto )?(?:financial|finance|acceptance|fcu|federal credit union|credit union|lending|motor credit)\b
  unless: \b(?:financial (?:district|center|centre|plaza|pkwy|parkway|building|bldg|tower|park|office|lot|deck|garage|fleet|llc|inc)|fleet unit|bought finance|claim|insurance)\b
lender: \bcudl\b|\broute ?one\b|\bdealertrack\b|\b(?:indirect|direct) (?:lender|loan|auto|cu)\b|\b\w+ indirect\b|\b[a-z]{{3,14}} (?:fcu|acceptance(?: corp)?|auto finance|motor credit|federal credit union)\b
  unless: \bindirect (?:tpms|fire|injection|light)
amount_financed: \bprin(?:cipal|c)?\b(?: bal\w*| left| owed| remaining| due| paid| amt| is| of| reduction){{0,2}}[^\da-z]{{0,4}}\$? ?\d|\bprincipal (?:bal\w*|left|only|owed|reduction|remaining)\b
  unless: \b(?:school|dealer|vice) principal
term: \b(?:do|finance|spread|pay|stretch|run|put|go) (?:it|that|this|her|him|them)? ?(?:over|out|for|out to|on) (?:a )?\d(?:\.5)? ?(?:yrs?|years?)\b|\b\d(?:\.5)? (?:yrs?|years?) on (?:a|the|that|this) (?:used |new |cpo |\d{{4}} )?[a-z]{{3,}}|\b(?:three|four|five|six|seven|eight) (?:yrs?|years?) on (?:a|the|that|this)
  unless: \b(?:warr\w*|wty|coverage|service|job|left|battery|lease plan|maint\w*)\b
bankruptcy: \brecovery (?:agent|agency|co\w*|unit|order|driver|guy)\b|\b(?:bkcy|bkrpt\w*|bnkrpt\w*|rpo|repo) ?(?:7|13|act|stat\w*|flag|hold|order|agent)\b|\bstat(?:us)? ?[:=]? ?rpo\b
finance_type: \b(?:write|writing|wrote|cut|cutting|bring) (?:you |us )?a (?:personal |cashier'?s? )?(?:check|cheque) for (?:the )?(?:full|whole|entire|total|all|it|car|truck|price|amount)|\bpay(?:ing)? (?:for )?(?:all of it|the whole (?:thing|amount|car)|it all|full price|the full (?:price|amount))\b|\b(?:retail|lease|finance|cash),? not (?:a )?(?:cash|lease|retail|finance|loan)\b|\b(?:prefer|rather|want|plan\w*|going) (?:to )?(?:just )?(?:pay cash|finance|lease|buy outright)\b|\bundecided (?:on )?(?:cash|lease|finance|buy)|\b(?:n'achete pas|prefere (?:louer|financer|payer comptant)|va financer|quiere financiar|paga de contado)\b
insurance: \bgap (?:and|&|\+|,) ?(?:vsc|warr\w*|maint\w*|etch|tire)\b|\bgap ?(?:_?yn|amt|prem|cost|ins)? ?[:=] ?[\dy]
reserve_fi_income: \bpvr\b.{{0,14}}\d|\b(?:rsrv|rsv|resv|reserve|flat|part'?n|fi inc\w*|f&i) ?[:=]? ?\$? ?0*\d{{3,}}\b.{{0,16}}\b(?:flat|back|reserve|bank|split|deal)\b|\b(?:back|backend|back end) ?(?:gross |end )?(?:was|is|of|:|=) ?\$? ?\d
  unless: \b(?:came|come|call|go|went|tire|rate|fee)\b
bank_card: \bvoid(?:ed)? (?:check|chk|ck|cheque)\b|\b(?:recurring|auto|automatic|bank|monthly) (?:draft|debit|withdrawal)s?\b|\b(?:draft|debit)(?:ed)? (?:from|out of|off) (?:her |his |the |my )?(?:checking|savings|bank|account|acct)|\bprelevement (?:auto\w*|bancaire)|\b(?:domiciliacion|cargo automatico)\b|\b(?:rt|r/t|rtn|rtg|aba)\b[\x20:#]{{0,3}}\d{{9}}\b
rate: \brates? (?:came|come|is|was|went|back|at|of|around|in the|near|over|under|looks?|should be|will be|stays?)\b.{{0,14}}\b(?:[2-9]|1\d|2[0-9])(?:\.\d\d?)?(?:[^\d]|$)
  unless: {_SHOP}|\b(?:hourly|idle|flow|frame|leak|heart|baud|wear|spring) rates?\b|\brate.{{0,12}}\d/
rate: \b\d{{1,2}}(?:\.\d)? ?(?:percent|pct|%) (?:is|was|sounds|seems|feels) (?:just |way )?(?:too|robbery|crazy|high|ridiculous|a lot|insane|good|great|better|nuts|steep|a joke|fair)\b|\bmark(?:ed|ing|s)? (?:it |the rate |us |him |her )?up\b.{{0,10}}\b\d(?:\.\d\d?)?(?:[^\d,]|$)
  unless: {_SHOP}|\b(?:price|sticker|worn|life)\b
payment: \b(?:\d{{1,2}} hundred|\$? ?\d{{3}}) ?(?:bucks |dollars )?(?:monthly|mthly|mo|/ ?mo|a month|per month|/month)\b|\bmonthly\b.{{0,24}}\b\d{{3}}\b|\bpencil\w*\b.{{0,24}}\b\d{{3}}\b|\b\d{{3,4}} (?:for|x|@|over|a) {_TERMS}\b
  unless: {_SHOP}|\b(?:unlimited|visits?|newsletter)\b
payment: \b(?:skip|extend|defer|push|move)\w* (?:a |one |the |his |her |this |next |two )?(?:month'?s? )?(?:payment|pmt|pymt|note)s?\b|\b(?:loan|payment|pmt) (?:extension|deferment|deferral|holiday|assistance|arrangement|plan)\b|\bsame as cash\b|\bdeferred interest\b|\b(?:abona|abonos?|abonando|quincenas?|catorcenas?)\b
  unless: \bpayment plan for (?:ro|repair)
term: \b{_TERMS}s? (?:instead of|rather than|not|vs\.?|versus|or|down to|up to) {_TERMS}\b|\b(?:note|loan|lease|contract)\b.{{0,16}}\b(?:\d{{1,2}}|a few|couple) (?:more )?(?:years?|yrs?|months?|mos?|payments?|pmts?) (?:left|to go|remaining)\b
  unless: {_SHOP}|\b(?:service contract|warr\w*|mph|degrees?)\b
income_employment: \b\d{{3,4}} (?:in |for |a month |mo )?rent\b|\brent(?:s|ing)? (?:a |an |her |his )?(?:house|apt|apartment|home|room|place|trailer)\b|\blives? (?:with|w/) (?:parents|mom|his mother|her mother|family)\b|\bevict\w*|\bjob (?:time|history|stability)\b|\b(?:no|not enough|low|short|insufficient|unverif\w*|can'?t (?:prove|verify)) (?:income|job time|time on job|employment)\b
  unless: \bincome tax\b
reserve_fi_income: \bflats? (?:from|fee|of|w/|by|per)\b.{{0,14}}\d{{3}}|\bflat\b.{{0,6}}\b{_ALL_LENDERS}\b|\bfront (?:end )?\$? ?\d[\d,]{{2,}}.{{0,14}}\bback\b|\b(?:f&i|f & i|fi|finance) (?:made|gross|per copy|per unit|profit|penetration|income|avg)\b
  unless: \b(?:tire|rate)\b
credit: \b(?:can't|cant|cannot|couldn't|could not|doesn't|doesnt|does not|won't|not|to|would|does|did|might|may|will|he|she|they|didn't|didnt|never) qualif\w*\b|\b(?:no |si |para |que )?calific\w* (?:para|por|con|en|a)\b|\b(?:get|got|getting) (?:him|her|them|me|us) (?:approved|bought|financed|done|qualified|a loan)\b|\bstraw (?:purchase|buyer)|\bspot(?:ted|s)? (?:her|him|them|the deal|it)\b|\bfirst time buyer
  unless: \b(?:warr\w*|rebate|discount|goodwill|recall|coupon|loaner|promo\w*|military|college|spot(?:ted)? (?:it|the) (?:leak\w*|on)|free)\b|\btire
credit: \bcreditos?\b|\bdossier de credit\b|\bcote (?:de credit|\d{{3}})|\bendeud\w*|\bhistorial crediticio\b
  unless: \b(?:tarjeta de credito|credito por (?:core|parte))\b
amount_financed: \bemprunt\w*|\bpret (?:auto|avec|chez|personnel)\b|\bsolde (?:du|de son|de mon|de sa) pret\b|\bprestamos?\b|\bmise de fonds\b
bankruptcy: ^\W*(?:open|active|filed|dismissed|discharged) (?:7|13)\W*$|\brepose[iy]\w*|\brecogieron (?:el|su|la) (?:carro|troca|auto)|\bembarg\w*|\ble (?:quitaron|recogieron) (?:el|su|la) (?:carro|troca|auto)
bank_card: \b(?:swift|bic)\b ?(?:code|no|#|:|is ?)*[\x20:#]{{0,2}}[a-z]{{6}}[a-z\d]{{2}}(?:[a-z\d]{{3}})?\b|\b(?:acct?|account|a/c)\b.{{0,24}}\d{{6,}}.{{0,30}}\b(?:wire|swift|ach|routing|bank)\b
driver_licence: \b(?:al|ak|az|ar|ca|co|ct|de|fl|ga|ia|id|il|ks|ky|la|ma|md|mi|mn|mo|ms|mt|nc|nd|ne|nh|nj|nm|nv|ny|oh|ok|pa|ri|sc|sd|tn|tx|ut|va|vt|wa|wi|wv|wy) (?:id|dl|license|licence|lic)\b[\x20#:.]{{0,3}}(?:no |num |card |is ){{0,2}}([a-z]{{0,2}}\d(?:[-\x20]?\d){{5,13}})\b
  check: licence
  unless: \b(?:plate|tag|dealer|phone|cell|call|bay|ro)\b
driver_licence: \bodl\b.{{0,10}}\d{{5,}}
dob: \b(?:dobs|birth ?dates|birthdays|fechas de nacimiento)\b.{{0,16}}\d{{1,2}}[/.-]\d{{1,2}}
rate: \b(?:his|her|their|my|our|your|why|the|buy|sell|loan) rates?\b.{{0,28}}[^\d./](?:[2-9]|1\d|2\d)[.,]\d\d?(?:[^\d]|$)
  unless: {_SHOP}|\b(?:hourly|idle|flow|frame|leak|heart|baud|wear|spring|charg\w*|pulse|tax) rates?\b
rate: (?:^|[^\d./]){_DEC}\b.{{0,24}}\b(?:his|her|their|my|that|your) (?:score|credit|beacon|fico|bureau)\b|\b(?:score|credit|beacon|fico|bureau)\b.{{0,24}}\b(?:gets?|got|at|is|means|puts?|brings?) (?:{_WHO} )?(?:at |a |in |an? )?{_DEC}\b
  unless: {_SHOP}|\bcredit card
term: \b(?:longer|shorter|further|farther|less|more|higher|lower|out|past|beyond|only|max(?:imum)?|up) (?:than|to|at|out to)? ?{_TERMS}\b.{{0,28}}\b(?:{_PAYM}|notes?|afford|bank|loan|financ\w*|rate|monthly|budget|lower)\b|\b(?:number|num|no|nbr|#) of {_PAYM}\b
  unless: {_SHOP}|\b(?:mph|degrees?|f|c|mi)\b
down_payment: \b(?:toward|towards|against|applied to|go(?:es|ing)? (?:to|on)) (?:the |her |his |their |my |a )?(?:down|dn)\b(?:[^a-z-]|$| (?:{_PAYM}|money|on|and|for))|\b(?:put|puts|putting|pay|paid|paying|do|does|leave|leaving|drop\w*) (?:at least |only |about |like |maybe )?(?:half|a third|a quarter|some|more|most|extra|everything|a lot|a little|a bit|as much as .{{0,12}}|\d{{1,2}} ?%|(?:ten|twenty|5|10|20|25) percent|something|anything|any|much) (?:of it |money |cash )?(?:down|dn)\b
  unless: \b(?:pipe|windows?|pedal|price|volume|pressure|road|hill|hood|tailgate|lift|weight|tools?|phone|seats?|visor)\b
down_payment: {_AMOUNT} (?:cash |more |extra |of (?:his|her|their) own )?(?:that |she |he |they |can |will |is |wants? |to ){{0,3}}(?:put|putting|puts|apply|applying|goes?|going)? ?(?:toward|towards|against) (?:it|the|a|her|his|this|that|their|any|one|new|next|principal|purchase)\b
  unless: {_SHOP}
payment: \bmonthly\b.{{0,44}}[^\d.,/]\$? ?\d{{3}}(?:\.\d\d)?\b(?:[^\d./,-]|$)
  unless: {_SHOP}|\b(?:unlimited|visits?|newsletter|special|invoice|statement|parts|sales|report|unit)\b
payment: \$? ?\b\d{{2,4}}(?:\.\d\d)? ?(?:wkly|weekly|bi-?wkly|bi-?weekly|mthly|mnthly|semi-?monthly|every (?:two|2|other) (?:weeks?|wks?|fridays?))\b|\b{_TERMS} ?[x@] ?\$? ?\d{{3}}(?:\.\d\d)?(?:[^\d]|$)
  unless: {_SHOP}|\b(?:in|inch\w*|bolt|seal|bearing|tire|wheel|bar)\b
trade_payoff: \b(?:still |there'?s |has |have |had |got |carrying |is |with |another |one |only ){{1,3}}(?:a |another |the |one |an open )?(?:note|lien|loan|balance) (?:on|against|left on|over) (?:the|his|her|it|my|their|that|this)\b
  unless: \b(?:left|leave|put|stuck|taped|sticky|windshield|dash|mirror|steering|seat|ro|file|fridge|board|desk|door|saying|says|ride|account|invoice|parts?)\b
trade_payoff: {_AMOUNT} (?:\w+ )?(?:(?:in|of|on) (?:the |that |a )?(?:negative|neg|hole|red|rears?)|under ?water|upside|inverted|buried|backwards?|negative|short on)\b|\b(?:in|of) (?:the )?(?:hole|negative) (?:by |about |around |like |of )?{_AMOUNT}|\b(?:deep|way|bad|far) (?:in the hole|underwater|upside|negative)
  unless: {_SHOP}|\b(?:bolt|thread|drill\w*|camber)\b
trade_payoff: \b(?:il |lui |elle )?(?:reste|restent|restant) (?:encore |a payer |environ |un solde de ){{0,2}}\d{{1,3}}(?:[\x20.,]\d{{3}}|\d) ?\$?|\b(?:solde|reste) a payer\b
income_employment: \$? ?\b\d{{1,3}}(?:\.\d\d)? ?(?:/|an?|per|p/) ?(?:hr|hour|h)\b.{{0,34}}\b(?:full ?-?time|part ?-?time|stubs?|ot|overtime|job|hours a week|hrs a wk|x ?40|40 ?hrs?|plus tips|w/ tips|shift|employ\w*|start\w*)\b|\b(?:started|starts|hired|employed|works|worked|working|job)\b.{{0,24}}\d{{1,2}}(?:\.\d\d)? ?(?:/|an |per ) ?(?:hr|hour)\b|\b(?:no|two|2|three|3|recent|last|need\w*|bring\w*|has|have|get) (?:recent |more |pay |check )?stubs?\b
  unless: \b(?:labor|shop rate|door rate|flag\w*|axle|shaft|exhaust|pipe|wire|ticket)\b
income_employment: \b(?:brings?|bringing|makes?|making|clears?|clearing|earns?|grosses|nets?|pulls? in|takes? in|comes? out to|total\w*)\b.{{0,16}}{_AMOUNT} ?(?:dollars |bucks )?(?:/|an?|per|every|each) ?(?:mo|month|yr|year|wk|week|check|paycheck|payday)\b
  unless: {_SHOP}|\b(?:store|dept|department|team|shop|sales)\b
income_employment: \b(?:liv(?:es?|ed|ing)|surviv\w*|just|only|fixed|draws?|drawing|gets?|getting|collect\w*|receiv\w*|went|income|off) (?:on |off |of |from |by |just |only |is |out |her |his |their |a ){{0,3}}(?:social security|soc sec|disability|ssi|ssdi|pension|retirement|unemployment|welfare|food stamps|section 8|va benefits|child support)\b
  unless: \b(?:social security (?:number|no|card|office|#)|disab\w* (?:plate|placard|tag))\b
income_employment: \b(?:gana|ganan|cobra|cobran|recibe|le pagan|gagne|recoit|touche)\b.{{0,18}}(?:\d{{3,}}|\d[,.\x20]\d{{3}})
  unless: \b(?:km|millas|puntos|rpm|vibra\w*)\b
reserve_fi_income: \breserves? (?:on|from|for|earned|split|share|made|posted|booked)\b.{{0,24}}\$? ?\d{{1,2}},?\d{{2,3}}\b
  unless: \b(?:seat|table|loaner|rental|fuel|parts?|stock|tank|inventory|amp|ah)\b
lease_residual: \bmsds?\b(?: ?x? ?\d| to | on )|\b(?:lower|base|money|lease|buy|rate|the|his|her|better|high|marked) factors?\b(?: |$|[.,;])|\b(?:racheter|rachat|transf\w+|reprendre|reprise|prolonger|terminer|rendre|retour|fin|finir|sortir)\b.{{0,14}}\b(?:location|bail)\b|\b(?:sa|ma|son|leur|mon) (?:location|bail)\b
  unless: \b(?:load|power|common|safety|human|crest|deciding|risk) factor\b|\bbail(?:ed)? (?:out|on)\b
bankruptcy: \bfiled (?:back )?(?:in|on|around|last|two|three|a (?:few|couple)|\d) ?(?:of )?(?:(?:19|20)\d\d|years?|yrs?|months?|mos?)\b
  unless: \b(?:claims?|titles?|warr\w*|complaints?|lawsuit|tax\w*|police|insurance|report|paper\w*|forms?|patent|down|teeth|edges?|burrs?)\b
bankruptcy: \bright to cure\b|\bcure letter\b|\bnotice of (?:default|(?:intent|intention)|(?:private |public )?sale of|acceleration|repo\w*|right)\b|\b(?:default|acceleration|demand|deficiency|redemption|cure|repo\w*|intent to (?:sell|repossess)) (?:letter|notice|period|mailed|sent)\b|\bredeem(?:ed|s|ing)? (?:the |his |her |it|unit)\b|\bintent to sell\b
  unless: \b(?:coupon|reward\w*|points|voucher|gift|default (?:setting|screen|radio|mode))\b
lender: \b(?:gm|ford|toyota|honda|nissan|kia|hyundai|chrysler|chevy|lexus|acura|mazda|subaru|vw|volvo|bmw|mb|mercedes|audi|infiniti|mitsubishi|harley|polaris|kubota|stellantis|jlr|porsche|tesla|mini) (?:fin(?:ancial|ance|c|l)?|motor (?:credit|fin\w*|accept\w*)|cred(?:it)?|capital|fs|fcu|accept\w*)\b
  unless: \b(?:credit (?:for|memo|due|issued|core)|fin (?:antenna|comb))\b
credit: \bturn(?:ed|s|ing)? (?:him|her|them|cust\w*|buyer|the (?:deal|app|loan|buyer|cust\w*)|us|me|everyone|everybody) down\b|\b(?:turn(?:ed)? ?-?downs?)\b
  unless: \b(?:offer|estimate|coupon|volume|radio|rotor|bed|quote|appointment)\b
finance_type: \bpays? (?:cash|en efectivo|comptant)\b.{{0,10}}\b(?:always|usually|never financ\w*)|\b(?:always|usually) pays? cash\b
ssn_tin: (?:^|[^\d.$-])(\d{{3}}[-.\x20]?\d{{2}}[-.\x20]?\d{{4}})\b[^\d]{{0,36}}\b(?:ssn?|social(?: sec\w*)?|soc)\b
  check: ssn
  unless: \b(?:parts?|p/n|ro|phone|cell|call|social media)\b
rate: \bl?mf\b ?(?:is |of |at |: ?|= ?|was ){{0,2}}0?\.?\d{{2,5}}\b|\busur(?:y|ious)\b
term: \b(?:anything|nothing|something|go|going|loan|financ\w*|note|wants?|bank|no) ?(?:\w+ ){{0,2}}(?:longer|shorter|more|less|over|past|beyond|out) (?:than |to |past )?(?:[3-8]|three|four|five|six|seven|eight) ?-?(?:yrs?|years?)\b|\b(?:\d{{1,2}}|one|two|three|four|five|six|a) ?(?:more )?(?:years?|yrs?|months?|mos?) (?:left|more|remaining|to go) (?:to pay|of pay\w*|on (?:the|his|her|their|it|a|that|my))
  unless: {_SHOP}|\b(?:old|ago|plan|contract|coverage|tags?|registration|inspection|job|school)\b
down_payment: (?:{_AMOUNT}|\$? ?\b\d{{3}}\b)(?: \w+){{0,4}} (?:down|dn|dwn)\b(?:$|[.,;)]| (?:today|tonight|now|then|and|plus|on|by|at|before|w/|with|from|this|next|instead|but|payday|mon|tue|wed|thu|fri|sat|sun)\b)|\b(?:no|0|zero|with no|little) ?\$? ?(?:down|dn)\b|\bpromised down\b
  unless: {_SHOP}|\b(?:price|volume|pressure|windows?|pedal|hill|pipe|broke\w*|break\w*|shut\w*|slow\w*|cool\w*|go(?:es|ing)?|went|came|come|coming|mark\w*|knock\w*|drop\w*|roll\w*|wind|calm\w*|turn\w*|going|is|was|rpm|temp\w*|wrote|write|sit|lay|bring it|upside|hold|push\w*|pull\w*|let|stock|count|inventory)(?: \w+)? down\b|\b(?:rpm|mph|psi)\b
down_payment: {_AMOUNT} ?(?:dollars? |bucks )?(?:deposit|dep|depot)\b|\bdeposits? (?:on|for|toward\w*) (?:the|a|an|his|her|their|that|this)
  unless: \b(?:parts?|core|sop|spo|wheels?|tires?|repair|rental|body|engine|trans\w*|glass|key|fob|loaner|carbon|direct)\b
payment: \b\$? ?\d{{3}}(?:\.\d\d)? (?:is|was) (?:about |really |as high as )?(?:his|her|their|the|my|our) (?:absolute |hard )?(?:limit|max|cap|ceiling|top|budget|target|number|magic)|\b(?:his|her|their|my|absolute|monthly|hard) (?:limit|max|ceiling|cap|budget|target) (?:is |of |at |: ?|was )?\$? ?\d{{3}}\b|\bwhere (?:do|does|did|should|would|are|is) .{{0,14}}{_PAYM}\b|\bevery (?:two|2|other) (?:weeks?|wks?|fridays?|paychecks?)\b.{{0,12}}\$? ?\d{{2,4}}\b
  unless: {_SHOP}|\b(?:appt|visit\w*|speed|lb)\b
receivable_balance: \b(?:has ?n'?t|have ?n'?t|had ?n'?t|not|never|stopped|quit|refus\w* to) (?:paid|pay|paying|made|make|making|sent) (?:us |me |a |any |his |her |anything |in |a single ){{0,2}}(?:{_PAYM}|since|in \d|for \d|in (?:two|three|four|five|six|months)|note)\b|\b(?:letras?) (?:mensual\w*|de \d|del|vencid\w*|atrasad\w*)
  unless: \b(?:ro|invoice|repair|counter|cashier|deductible|warranty|claim)\b
lender: \bbank of (?:the )?[a-z]{{4,}}|\b(?:bank|credit union|{_LENDERS}|ally|chase|lender|finance co\w*) (?:still )?(?:has|holds|holding|have|had) (?:the |his |her |their )?(?:titles?|liens?|note|paper)\b
  unless: \bbank of (?:the )?(?:two|three|four|five|six|eight|ten|cylinders?|lights?|lamps?|switches|fuses|relays?|capacitors?|seats?|chargers?|batteries|elevators|lockers|windows|phones|river|coils?|injectors?|cells?|left|right|engine|sensors?|plugs?)\b
credit: \b(?:\d|two|three|four|five|six|eight|ten|personal|more|dos|tres|cinco) refer(?:ences|encias)\b|\b(?:references|referencias) (?:for|needed|on (?:the )?app|verified|listed|required|called)\b|\bcredit (?:took|got|went|dropped|suffered|isn'?t|wasn'?t|ain'?t|needs (?:work|help)|has been|has|is|was|situation|sucks|stinks)\b
  unless: \b(?:core|parts?|memo|store|tech|card|tire|return|goodwill|vendor|invoice|cross|cust(?:omer)? credit)\b|\bcredit (?:was |is |has been )?(?:issued|given|applied|posted|due|for)\b
income_employment: \b(?:gagne|gagnent|salaire|paie|gana|ganan|sueldo)\b.{{0,10}}\d{{2}}(?:[.,]\d\d)? ?\$? ?(?:/|de l'|par|la|por|a la|al|l') ?(?:heure|hre?|h|semaine|mois|an|hora|semana|mes|ano)\b
lease_residual: \b(?:over|above) (?:by |on miles? |mileage )?(?:about |around )?\d[\d,.]*k? ?(?:miles?|mi|km|kms)\b.{{0,24}}\b(?:penalt\w*|charg\w*|fee|cost|owe\w*|cents?|bill\w*|turn)\b|\b(?:mileage|miles|mi|km|overage) (?:penalt\w*|overage|charges? (?:at|of))\b
  unless: {_SHOP}
finance_type: \b(?:cashier'?s|certified|bank|teller'?s) (?:check|checks|ck|chk|cheque|draft|funds)\b|\bcertified funds\b|\b(?:pay(?:s|ing)?|will pay|to pay) in full\b|\brisc\b|\bretail instal\w*|\b(?:contract|sale|deal|purchase|purch|transaction|trans|customer pay) ?type ?(?:[:=]|is) ?\w|\boutside (?:cash|check|draft|money|loan)\b|\btype of (?:deal|sale|contract|purchase|financ\w*)\b|\b(?:l|c|f|r|p|b) ?= ?(?:lease|cash|finance|retail|balloon|purchase|bank)\b
  unless: \b(?:ro|counter|cashier window|invoice|deductible|oil|labor|repair\w*|service|estimate|risc processor|bank check (?:valve|engine))\b
trade_payoff: \b(?:still|left) (?:\w+ ){{0,2}}to pay (?:on|off)\b|\b(?:years?|yrs?)\b.{{0,24}}\bpaying (?:for|on) (?:a |the |his |her |that |this )?(?:car|truck|vehicle|suv|loan|note)\b
  unless: {_SHOP}
"""
