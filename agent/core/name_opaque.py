"""Rules over canonical words, the unknowable half: what people type, and what nobody outside the dealership knows.

Same language as `name_rules`. Both kinds are suspected: a name that says nothing proves nothing.
"""

from __future__ import annotations

from agent.core.name_rules import rules_of, words_of

# Typed by a person, so it can say anything.
FREE_TEXT = rules_of("""
free_text: comment|remark|memo|narrative|freetext|diary|transcript|transcription|correspondence|observations|
  observaciones|remarques - date time by id count flag type code sequence number user month rate
free_text: note - date time by id count flag type code sequence number user rate amount balance holder payment term
  maturity side promissory receivable payoff
free_text: story|instruction|instructions|complaint|concern|correction|diagnosis - sequence seq code date time id type
  number flag count charge cost price amount factor fee hour
free_text: email|sms|letter|html body|content|text|html - address type count date flag optin optout allow permission
  consent block phone
free_text: cause - code date id type number flag lost loss pattern
free_text: text body|line|free|story|long|note|comment|message|reply|content - date flag permission optout count
free_text: message|chat|conversation text|body|customer|content|transcript|log - error system id date type code
  count status
free_text: special|spec instruction|request|requests|handling - date
free_text: customer|client request|requests|application - date code id type number flag count status
free_text: customer|client states|statement|says|feedback|verbatim|request - date code id type number flag count
free_text: additional|other info|information|details|detail - date code flag id
free_text: alert - count flag date type code id status email sms traffic cross rear lane collision sent equity driver
free_text: work performed - date code id hour amount
free_text: ! message|diagnosis|diagnostic|details|detail|info|information|text|verbatim|feedback|observations|
  instruction
free_text: request text|body|detail|note - date code id
free_text: survey comment|verbatim|feedback|answer
free_text: long description - flag
free_text: talk|call notes|summary|disposition|recap - date code
""")

# Nobody outside the dealership knows what is in it.
OPAQUE = rules_of("""
opaque: miscellaneous - amount fee charge cost sale total tax paint trim
opaque: aux|auxiliary|udf|userdefined|dealerdefined|filler|spare|optfield|custom|adhoc|unused|placeholder|undefined
  - trim order wheel paint status tire tires key rim
opaque: dealer|user|store|customer|company|client defined|definable|def
opaque: user|custom|optional|option|option|generic|flex|flexible|extra|ext|extended|extension|additional|reserved|free|
  dealer field|attribute|column|data|value|val - database
opaque: xml|json|blob|payload|raw|binary|clob|hash|metadata - date time size version type capacity weight max maximum
  rating bed volume
opaque: customer field
opaque: extra|additional|generic flag|indicator|switch|text|txt|char|number
opaque: misc|miscellaneous|other|additional info|data|field
opaque: ext code - phone number area
opaque: free|reserved|supplement|person|passport field|zone|info
opaque: ! other|additional|generic|free
""")
# Only these words, and at least one digit: FIELD12, CHAR3, USR_VAL_07, ATTR1.
OPAQUE_WORDS = words_of(
    "field attribute attr column col value val data text char character string str user usr custom cust "
    "number num flag code  alpha numeric date option opt extra generic info reserved x y z c f n s t v u "
    "d udf fld item element slot var variable  dec decimal int integer bool bit key tag parameter param "
    "property prop free flex aux alphanumeric chr zone perso util switch indicator "
    "amount miscellaneous extension fill lookup list temp dummy test placeholder tmp "
)

# The whole name, as a JSON interface or an old file has it: a bag of whatever somebody put in.
OPAQUE_ALONE = words_of(
    "clave tags labels properties props extensions extra extras meta attributes attribs dynamicfields settings "
    "additionalproperties keyvalues keyvalue fields values items options flags misc other unknown filler reserved"
)
