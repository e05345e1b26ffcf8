"""What customers write and say themselves, and what software dumps and prints. The last part of the pattern list.

The same language and promises as `screen_patterns`. A customer asks ("how much a month?") where a clerk states; a dump
has a key where a note has a word; a voicemail spells. Keys and spoken numbers come here through the second reading.
"""

# ruff: noqa: E501  one pattern a line, or nobody can read them
from __future__ import annotations

from agent.core.screen_indirect import _ABOUT, _FOLK
from agent.core.screen_patterns import _DATE, _DEC, _TERMS
from agent.core.screen_talk import _MONTH_NAMES, _PAYM, _SHOP

_VEHICLE = r"(?:car|truck|suv|van|vehicle|jeep|auto|coche|carro|troca|camioneta|mueble|voiture|char|camion|vehicule)s?"
_NO_LOAN = rf"{_SHOP}|\b(?:wash\w*|club|membership|phone|insurance|storage|parking|visits?|plan|detail\w*|wifi|hotspot|special|service)\b"
_SPELLED = r"[\x20.,/-]*(?:(?:dash|then|and|guion|tiret)[\x20.,/-]*)?"
_STATES = r"(?:al|ak|az|ar|ca|co|ct|de|fl|ga|ia|id|il|ks|ky|la|ma|md|mi|mn|mo|ms|mt|nc|nd|ne|nh|nj|nm|nv|ny|oh|ok|on|pa|qc|ri|sc|sd|tn|tx|ut|va|vt|wa|wi|wv|wy)"
_BIRTH_YEAR = r"(?:19[2-9]\d|200\d)"

MESSAGES = rf"""
receivable_balance: \b(?:over|past|mas de|plus de)[\x20_-]?(?:30|60|90|120)\b(?: ?(?:days?|dias|jours))?[\x20:=]{{1,3}}\$? ?\d[\d,]*\.\d\d
ssn_tin: (?:^|[^\d.-])(\d(?:{_SPELLED}\d){{8}})\b[^\d]{{0,30}}\b(?:ssn?|social|soc sec|itin|seguro social)\b
  check: nine
  unless: \b(?:social media|parts?|p/n)\b
ssn_tin: \b(?:s[. ]{{1,2}}s[. ]{{1,2}}n|s[. ]{{1,2}}i[. ]{{1,2}}n|n[. ]{{1,2}}a[. ]{{1,2}}s|i[. ]{{1,2}}t[. ]{{1,2}}i[. ]{{1,2}}n)\b[^\da-z]{{0,6}}(\d(?:[\x20.-]{{0,3}}\d){{8}})\b
  check: nine
ssn_tin: \b(?:nas|sin|seguro|itin|assurance sociale)\b[^\d%]{{0,24}}(\d(?:{_SPELLED}\d){{8}})\b
  check: nine
ssn_tin: \b(?:ssn?|social|soc)\b[^\d%]{{0,24}}(\d(?:{_SPELLED}\d){{8}})\b
  check: nine
ssn_tin: \b(?:ssn?|social|soc)\b.{{0,20}}\b(?:ends?|ending|finishes|last (?:four|4|\d))\b[^\d]{{0,14}}\d(?:[\x20,-]{{0,2}}\d){{3}}\b
  unless: \bsocial media\b
bank_card: \b(?:card|cc|visa|mc|amex|debit|mastercard|tarjeta|carte)\b.{{0,12}}\b(?:end(?:ing|s)|terminada|termina|finissant)\b[^\d]{{0,6}}\d(?:[\x20,-]{{0,2}}\d){{3}}\b|\b(?:cvv2?|cvc2?|cid|code (?:on|from) the back)\b[^\d]{{0,10}}\d(?:[\x20,-]{{0,2}}\d){{2,3}}\b|\b(?:routing|aba|transit)\b[^\d]{{0,16}}\d(?:[\x20,-]{{0,2}}\d){{8}}\b
ssn_tin: \brfc\b[^\d]{{0,24}}\b[a-z&]{{3,4}} ?-?\d{{6}} ?-?[a-z\d]{{3}}\b|\b[a-z]{{4}}\d{{6}}[hm][a-z]{{5}}[a-z\d]\d\b
dob: \b(?:bd|b/d|bdy|bdate|birth|b-?day)\b[\x20:#.=]{{0,6}}\d{{1,2}} ?[\x20/.-] ?\d{{1,2}} ?[\x20/.-] ?(?:{_BIRTH_YEAR}|\d\d)\b
  unless: \b(?:rpr|rfn|panel|board|amps?|fuse)\b
dob: \b(?:dob|birth|born|birthday|bday|naci|nacio|nacid[oa]|nacimiento|cumple\w*|naissance|nee?)\b.{{0,20}}\b(?:{_MONTH_NAMES} (?:the |le |de )?(?:\d|first|second|third|[a-z]{{2,8}}[ -]?(?:first|second|third)|[a-z]{{2,8}}[ -]?[a-z]{{2,8}}th|[a-z]{{2,9}}th)\b|(?:the |le |el |on )?(?:\d{{1,2}}|first|second|third|[a-z]{{2,9}}th|premier|primero|trois|cinq|huit) ?(?:st|nd|rd|th|er)? ?(?:of |de |du )?{_MONTH_NAMES}\b)
  unless: \b(?:coupon|club|offer|discount|born (?:free|to)|sale|appt|appointment|closed)\b
dob: \b(?:applicant|applic|app|buyer|co-?buyer|co-?app\w*|owner|driver|insured|{_FOLK}|spouse) (?:is |was |= ?|: ?|\(|bd ){{0,2}}\d{{1,2}} ?-?{_MONTH_NAMES} ?-?{_BIRTH_YEAR}\b|{_DATE}[^\da-z]{{0,4}}(?:is |= ?)?(?:that'?s )?(?:my|his|her|our|mi|su|ma|sa) (?:birthday|bday|b-day|dob|birth ?date|date of birth|cumple\w*|naissance|fete)\b
  unless: \b(?:coupon|offer|discount|party)\b
dob: \bme llamo\b.{{0,30}}\bnaci\b|\bnaci(?:o|mos)? (?:el |en |un )?(?:\d|(?:el )?(?:19|20)\d\d)
driver_licence: \bol ?(?:#|no\.?) ?:? ?([a-z]{{0,3}}\d{{6,13}})\b
  check: licence
driver_licence: \b(?:driver'?s? permit|learner'?s? permit|permit ?(?:#|no|num\w*)|operator'?s? lic\w*|ol ?(?:#|no\b|num\w*)|dl|licen[sc]e|licencia|permis)\b.{{0,48}}\b((?:{_STATES})\b[\x20#:.-]{{0,3}}[a-z]{{0,3}}\d(?:[\x20-]?\d){{5,12}}|[a-z]{{1,3}}\d{{6,13}})\b
  check: licence
  unless: \b(?:plate|tag|dealer|phone|cell|call|bay|ro|vin)\b
payment: \bhow much\b.{{0,36}}\b(?:a|per|each|every) mo(?:nth)?\b|\bhow much\b.{{0,24}}\bmonthly\b|\b(?:cuanto|cuanta)\b.{{0,28}}\b(?:al|por|cada) mes\b|\bcombien\b.{{0,24}}\b(?:par|chaque) mois\b|\bcombien par semaine\b
  unless: {_NO_LOAN}|\b(?:entretien|cambio|lavado|lavage)\b
payment: \b(?:i|we|she|he|they) (?:already |only |currently |still |was |were |am |are |is |just |now ){{0,2}}pay(?:ing|s)? {_ABOUT}\$? ?\d{{3}}(?:\.\d\d)?\b (?:on |for |with )?(?:(?:my|her|his|our|the|a) [a-z]|right now|now|currently|at the moment)
  unless: {_NO_LOAN}|\b(?:rent|total|bill|quote)\b
payment: \b(?:what|than) (?:i|we|he|she|they)(?:'m|'re|'s| am| are| is)? (?:pay|pays|paying) (?:now|right now|today|currently|already|per|a month)\b
  unless: {_NO_LOAN}
payment: \b(?:we are|we're|i'm|im|i am|she's|he's|currently) at \$? ?\d{{3}}\b.{{0,12}}\b(?:now|a month)?\b.{{0,10}}\b(?:can'?t|cannot|wont|won't|don'?t want to|dont wanna) (?:go|do|afford)\b|\b(?:my|his|her|their|our|car|truck) (?:car |truck )?note (?:is|was|went|runs) (?:now |up to |about |like |around )?\$? ?\d{{3}}\b|\b\d bills (?:a|per|each|every|monthly|mensual\w*|al|/)
  unless: {_NO_LOAN}|\b(?:mph|rpm)\b
payment: \b"?(?:mo|mth|mnth|monthly|mo_?pmt|pmt|mens|mensualite|mensualidad)"? ?[:=] ?"?\$? ?\d{{2,4}}(?:\.\d\d)?\b
  unless: \b(?:mo ?[:=] ?(?:19|20)\d\d|warr\w*|cov\w*|mi|miles?|km|plan)\b
payment: \bpay(?:ing|s)? (?:a|per|each|every) (?:month|mo)\b|\b(?:wh?at|whats|what's|how much|lower|get|keep)\b.{{0,20}}\b{_PAYM}\b.{{0,20}}\b(?:be|go|goes|gonna|going|lower|look like|lowered|come to|run me)\b|\bpagos? (?:me |le |nos |mensual |del? |se |sale |queda |muy |esta ){{0,4}}(?:alto|caro|bajo|bajar\w*|atrasad\w*|vencid\w*)|\bno\.? of {_PAYM}\b
  unless: {_NO_LOAN}
credit: \b(?:i|we|he|she|they|cust|customer|buyer) (?:just |got |was |were |been |finally |are |is |get |have |has |'re |'m |am ){{1,3}}(?:pre ?-?)?approved\b
  unless: {_SHOP}|\b(?:consigne|cheque|goodwill|estimat\w*|work|job|part|adjuster|piece|pto|time off|vacation)\b
credit: \b(?:mon|son|ton|leur|votre) (?:dossier de )?credit\b|\bendosser\b|\bva endoss\w+
  unless: \b(?:consigne|cheque|pieces?|note de)\b
credit: \b(?:how (?:bad|low|high|good)|lowest|minimum|min|what|whats|what's|which|highest|worst)\b.{{0,20}}\bscores?\b.{{0,30}}\b(?:take|accept|need\w*|have to|has to|be|approv\w*|require\w*|say no|work with|finance)\b
  unless: \b(?:survey|csi|nps|rotors?|drums?|cylinder|game|test|inspection|multi|safety|depth)\b
credit: \b(?:score|credit|beacon|fico|karma|experian|equifax|transunion)\b.{{0,60}}\b[4-8](?:\d\d)?(?: |-)something\b|\b[4-8]\d\d(?: |-)something\b
  unless: {_SHOP}|\b(?:pm|am|dollars|bucks)\b
credit: \bcredit(?:'s|s| is| isn'?t| ain'?t| aint| was)? (?:(?:is |really |kinda |pretty |so |a little |just |not ){{0,3}})(?:great|good|perfect|the best|bad|poor|trash|shot|horrible|terrible|rough|ruined|messed|jacked|low|iffy|so so|decent|awful|weak)\b|\b(?:bad|poor|no|terrible|horrible|awful|mal|sin|mauvais|pas de) (?:credit|credito)\b
  unless: \b(?:card|core|parts?|memo|store|tech)\b
bankruptcy: \b(?:had|have|got) (?:a|my|one|the|another|his|her|our|two) (?:\w+ )?{_VEHICLE} (?:taken|took|repo\w*|picked up|towed) (?:back|away|by the (?:bank|finance))\b|\b(?:took|taken|came and (?:got|took)|come get|came for) (?:my|his|her|our|their) (?:last |old |first |other |\w+ )?{_VEHICLE} (?:back |away )?(?:in (?:19|20)\d\d|last year|(?:a |\d )?(?:few |couple )?years|cause|because|for non)
  unless: {_SHOP}
bankruptcy: \bvoluntar(?:y|ily) (?:surrender\w*|repo\w*|gave|give|giving|turn\w*|return\w*|let)\b|\b(?:bank|lender|finance co\w*|repo (?:man|guy)) (?:came|come|took|got|picked|sent)\b.{{0,20}}\b{_VEHICLE}\b|\b(?:gave|turned|handed|sent|let) (?:a|the|my|his|her|one|our) (?:\w+ )?{_VEHICLE} (?:back|go back)(?: in (?:19|20)\d\d| to the (?:bank|lender|finance)|,? (?:voluntar|does|will|is))
bankruptcy: \b(?:me|le|les|nos) (?:quitaron|recogieron|embargaron|levantaron) (?:el |su |la |mi |un |una |otr[oa] |primer |ultim[oa] |unic[oa] ){{1,3}}{_VEHICLE}\b|\bsaisi\w*\b.{{0,16}}\b(?:auto|char|voiture|camion|vehicule|salaire)\b|\b(?:auto|voiture|camion|char|vehicule) (?:a ete |ete )?(?:saisi\w*|repris\w* par)\b
  unless: \b(?:etrier|freins?|moteur|pistons?|roulement)\b
income_employment: \b(?:back ?-?end|front ?-?end|debt|payment)(?:[ -]to[ -]income)? ratio\b|\b(?:dti|pti)\b|\b(?:fiche|talon|bulletin|releve)s? de paie\b|\btalon(?:es)? de (?:pago|cheque|nomina)\b|\bcheques? de \d{{3,4}}\b.{{0,20}}\b(?:semana|quincena|mes|catorcena)|\bje fais \d{{2,3}}(?:[\x20.,]?\d{{3}}| ?k)\b
  unless: \bgear\b|\bpti tires?\b
income_employment: \b(?:hr|human resources|employer|payroll|boss|voe|verif\w*)\b.{{0,40}}\b(?:has ?n'?t|not|no longer|never|doesn'?t|does not) (?:worked?|works|employed|working|been) ?(?:there|here|at|since|for)?\b|\b(?:hr|human resources|employer|payroll|voe)\b.{{0,30}}\b(?:quit|let go|fired|laid off|terminat\w*|resigned|job not verified)\b|\b(?:job|employment|income) (?:not|un|can'?t be|never|could not be) ?(?:verified|confirmed)\b
income_employment: \b(?:annual|monthly|gross|net|yearly|household|other|total|hourly) ?(?:income|wages?|salary|pay)"? ?[:=] ?"?\$? ?\d{{2,}}
income_employment: \b(?:gano|ganamos|gana|ganan|cobro|cobra|me pagan|le pagan|nos pagan)\b.{{0,18}}(?:\d{{3,}}|\d{{1,2}} ?(?:mil|k)\b|\d[,.]\d{{3}})
  unless: \b(?:km|millas|puntos|rpm|vibra\w*|velocidad|garantia|mano de obra)\b
finance_type: \bcompr\w+ (?:de |al |en |todo |puro )?(?:cash|contado|efectivo)\b|\bpag\w+ (?:de |al )contado\b|\b(?:carry|carries|carried|carrying|hold|holds|holding) (?:the |our |their |his |her |own ){{0,2}}(?:notes?|paper) (?:ourselves|in ?-?house|here|on)\b|\bin ?-?house (?:note|financ\w*|loan|paper)\b
  unless: \b(?:aceite|llantas|repar\w*|servicio|wheels?|towels?)\b
term: \b(?:paying|pay|payments?|note|loan|financ\w*|contract|owe|owing)\b.{{0,30}}\b(?:until|til|till|through|thru|into|hasta|jusqu'en)(?: el)? 20[2-5]\d\b
  unless: {_SHOP}|\b(?:plan|coverage|maint\w*|tags|insurance|lease on the building)\b
term: \b(?:[3-9]|three|four|five|six|seven|eight) ?-?(?:yrs?|years?|anos|ans) (?:inst?e?a?d|rather|vs\.?|versus|en vez|en lugar|au lieu)\b|\b(?:can|could|go|do|make it|get|for) (?:u |you |we |i |it |to |go |do |out |make it |get ){{1,4}}(?:[4-8]|four|five|six|seven|eight) (?:yrs?|years?)\b
  unless: {_SHOP}|\b(?:old|ago|plan|coverage|tags)\b
term: \b(?:longest|shortest|longer|shorter) (?:\w+ )?(?:note|loan|paper|financing|payback|deal)\b|\bstretch\w* (?:it |this |that |her |him |them )?(?:all the way|as (?:far|long|much)|out as|way out|to the max)|\bhow many (?:more )?(?:years|months|yrs|mos) (?:\w+ ){{1,4}}(?:pay\w*|financ\w*|loan|note)\b
  unless: {_SHOP}|\b(?:belts?|chain|wrap|cable)\b
term: \bterms? (?:on|of|for) (?:the|that|this|a|my|your|his|her|their) (?:\w+ )?(?:deal|loan|car|truck|contract|note|lease|financ\w*|quote)\b
  unless: {_SHOP}
lender: \b(?:americredit|cetelem|lendmark|one ?main financial|carmax auto fin\w*|united auto credit|foursight|tricolor auto|carfinco|rifco|eden park|bancomer|banorte|mariner finance|world acceptance|world finance|bridgecrest|driveway finance|autopay direct|consumers? credit union|pentagon federal|rbfcu|vystar|schoolsfirst|iA auto finance|sofinco|cofidis)\b
down_payment: \b(?:come up with|put|do|bring|afford|scrape|give|pay|throw|have|got|need)\b (?:\w+ ){{0,5}}(?:up ?front|out of pocket|at signing)\b|\b(?:a little|a bit|some|any|no|zero|nothing|less|extra) (?:more )?(?:up ?front|out of pocket)\b|\bsign ?(?:-|&|and|n|'n'?|y){{1,3}} ?(?:-|')? ?drive\b|\bdrive ?-?offs?(?: fees?| costs?| amount| money| total)? ?(?:of |is |was |: ?|= ?)?(?:waived|\$? ?\d|due|covered|paid)|\b(?:due|cash|money|\d) at signing\b|\bmanager override.{{0,14}}drive-?off
  unless: {_SHOP}|\b(?:noise|heard|lift|axle|ramps?|guards?|alignment)\b
down_payment: \b(?:tengo|junte|juntamos|consegui|traigo|doy|daria|dar|poner|pongo|juntar|ahorre|j'ai|mettre)\b.{{0,20}}(?:\d{{3,5}}|\d{{1,2}}[,.]\d{{3}}|\d{{1,2}} mil|mil)\b.{{0,16}}\b(?:(?:pa|para|por|a) (?:dar|el down|el enganche|la entrada)|down|enganche|entrada|inicial|ahorita|comptant|mise)\b
  unless: \b(?:km|millas|llantas?|ruido|cita|puerta)\b
receivable_balance: \bnote (?:dept|department|desk|payments?)\b|\bbal(?:ance)? (?:remaining|owing|owed|outstanding|past due)\b[^\d]{{0,4}}\d|\b(?:skip\w*|behind|delinquent|past due|no (?:pmt|payment)|nothing (?:paid|in)) since {_MONTH_NAMES}
  unless: {_SHOP}
rate: \bwh?at(?:'s|s| is| kind ?(?:a|of)| would| sort of|cha)?\b.{{0,20}}\b(?:inte?re?st|apr|finance rate)\b.{{0,30}}\b(?:pay|get|be|with|w|have|right now|today|on (?:that|this|a|the))\b|\bque interes(?:es)?\b|\b(?:quel|c'est quoi le) (?:taux|interet)\b
  unless: \b(?:horaire|points? of|what interests|labor)\b
rate: \b(?:run|running|runs|have|has|had|offer\w*|advertis\w*|still|yall|get|that|the) (?:a |the |that |got )?{_DEC} (?:for|on|x|over) (?:a |the )?{_TERMS}\b
  unless: {_SHOP}|\b(?:psi|nm|volts?|amps?|min\w*|seconds|sec|system)\b
lease_residual: \bresid(?:ual)?s?\b[^\d]{{0,8}}(?:0?\.\d\d|\d{{2}} ?%|\d{{1,2}},\d{{3}})|\brv\b[\x20:=]{{0,3}}0?\.\d\d\b
  unless: \b(?:oil|filter|coolant|fluid|qts?|park|camper|trailer|hookup)\b
trade_payoff: \b(?:debo|debe|deben|debemos|dois|doit)\b.{{0,16}}(?:\d{{1,2}} ?(?:mil|k)\b|\d{{4,5}}|\d{{1,2}}[,.\x20]\d{{3}})
  unless: \b(?:km|kms|millas|cambi\w+|llantas?|aceite|miles)\b
trade_payoff: \bpay(?:ing)? (?:it|this|that|her|mine|everything|the rest|all of it) off\b
  unless: {_SHOP}
"""
