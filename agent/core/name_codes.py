"""Short forms: what the letters of a squeezed name stand for (AMTF, DRLC, RSDL, EMPLR, BNKNM). Data and one search.

Asked last, for pieces no vocabulary knows. Listed forms first, then what people do to words when space is short: they
keep the beginning, or drop the vowels. Says what a name is made of, never what it means.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

from agent.core import name_opaque, name_plain, name_rules
from agent.core.name_foreign import foreign
from agent.core.name_rules import Rule
from agent.core.name_words import CUTTING, SHORT, SPELLINGS, VOCABULARY

# word(s): short forms. `x-` only at the start of a name, `-x` only at its end.
_CODES = """
fein: fedtid fedid ftin ftid
salesperson: sm- smn smnbr slmn
used: nwus nwuscd
year: yer
residual percent: respct rspct
aba routing: abartn abartg
payoff: pof pyof
account: ac acct act acno
account number: acctn actno
address: ad adr adrs addr
advisor: adv advs
agent: agt
allowance: alw alwn allw -al
amount: am amt
amount finance: amtf af amfn amtfn fnamt amtfin
application: appl apl -ap
approval: apv aprv
april: april
apr: apr aprt
balance: bl bal blc
balloon: baln bln ball
bank: bnk bn bk
birth: brth bth brt bir birt
buyer: byr buyr
buy rate: byrt byr- buyrt brate br-
cap cost: cpcs cpcst capcst
cap cost reduction: ccr ccrd cpcrd ccred
cash: csh cas
cash down: cdwn csdn cshdn cdn cshd
cause: cau caus
charge: chg chrg chr
city: cty city
class: -cl cls
credit life: cl- crlf clf
closer: clsr cls-
cobuyer: cob coby cobr cobyr cb
code: cd cde -c
x: -a -b -x -t
firstname: fnam fnm fname
lastname: lnam lnm lname
middlename: mnam mnm
model description: mdsc mddsc
description: dsc dscr ds
collection: coll clct
comment: cmt cmnt cmts
commission: com cms cmsn cmm
promise: prms promis
document: dcmnt dcmntn docm
sale date: sldt
maturity date: matdt matdat mtdt
close date: cldt clsdt clsd
open date: opdt opndt
receive date: rcdt rcvdt recdt
create date: crtdt cretd
last visit: lvst lvis
exterior color: eclr exclr extclr
interior color: iclr inclr intclr
color: clr colr
key tag: keyt kytg
advisor number: advn advno
mileage in: mlin miin mlgin
mileage out: mlot miot mlgot milout
promise time: prtm prmtm prmtim
promise date: prdt prmdt prmdat
sublet amount: sbam sblam
sublet: sbl sblt
customer pay total: cpto cptot
internal pay total: ipto iptot
warranty pay total: wpto wptot
donot call flag: dncf dncfl
donot mail flag: nmfl dnmf
comment: comm-
alternate phone: aphn altph
part amount: ptam
labor amount: lbam
part charge: corchg crchg
core deposit: crdpst
complaint: cmp cmpl
correction: cor corr
cost: cst cs cost
county: cnty cnt-
credit: cr crd cred
customer: cus cust
date: dt dat dte -d
decision: dcn decn dcsn dcs
deductible: ded
deferred: df def dfr
delinquent: dlq delq dlnq
delivery: dlv dlvd del
department: dep dpt dept
deposit: dp dpst dps
disposition fee: dspf dispf
dln: drlc drl dlc dln dlno drlic drln dl- dlic drvl drvlc
do not: dn-
down: dn dwn dow
due: du due
email: eml em
employer: emp empr emplr empl emr
employment: emplt
equity: eq eqt eqty
equifax: eqfx
estimate: est
experian: expn
expiration: ex exp xp
extension: ext -xt
factor: fct fac
fee: fe fee -f
fi: fi
finance: fin fn
finance charge: fchg finch fnch fc- fchr
financed: fnd fncd
first: fst frs 1st
first payment: fpm fpmt
first payment date: pdt- fpd fpdt fpmtd
flag: fg flg
frequency: frq freq frqy
from: frm
front: fr frnt
gap: gap
gross: gr grs
health: hl hlth
accident health: ah- anh
holdback: hldb hb hldbk
holder: hld hldr
change date: chdt chgdt
privacy optout: prvoo
donot mail: noml
donot call date: dncdt
tax rate: txr txrt
trade year: tyr tryr
internal: intl inl
operation description: ods opds
part type: pty
failure code: fcd flcd
customer labor: cpl
warranty labor: wtl
warranty mile: wtml
odometer in: odi odin
promise date: pmd prmd
service month: vscm vscmo
home: hm h-
work: wrk w-
suffix: sufx sfx
wheelbase: whlb whlbs
tag: tg
spiff: spif spf
floorplan: flpl flrpl
condition: cnd cond
open: opn
hour: hr hrs
income: inc incm icm inco
inservice: insv isv isd
insurance: ins- insr
interest: int intr
invoice: inv invc
job: jb job j-
keycode: keycd kycd keyc kcd kycod
kilometer: km
labor: lab lbr lb
landlord: lndl llrd
last: lst l-
lease: ls- lse leas
lender: lnd lndr len
length: lgth
license: lic lc
lienholder: lh lnhl lhld lienh lienhl lnhd
lien: ln lien
limit: lm lmt lim
line: lin ln-
loan: lon
make: mak mk
manager: mgr mg
markup: mkp mku mrk
maturity: mat mtr matu matr
memo: mem memo mmo
method: mth- mthd
mile: mi mil
mileage: mlg mile
mileage allowance: mila mlal milal
model: mdl md mod
money factor: mf mnyf mnyfc mfct monf
month: mo mnth mos
mortgage: mtg mrtg mort
name: nm nam -nme
number: no nbr num -n nr
occupation: ocp occ
odometer: odo odm odom
operation: op opc
original: org orig
other: oth ot
other income: oinc oin
owner: ownr own
paid: pd paid
past due: pastd
payee: pye
payment: pm pmt pym py- pymt pay
payoff: po pof pyf pyof pyo poff
percent: pc pct
phone: ph phn hp wp
plan: pln
policy: pol plcy plc
premium: prm prem
previous: prv prev pv
price: pr prc pric -p
price class: prcl
net: n- nt net
receivable account: ar
prime: prim
principal: prn prin pri princ
profit: prf
quantity: qty qoh
radio: rad
rate: rt rat rte rte -r
rebate: rb reb rebt
reduction: rd red rdc
reference: ref
remark: rem rmk rmrk
rent: rnt
reserve: rsv resv rsrv
residence: rsdn rsd-
residual: rsid resd rsdl rs resid rsdu
salary: salr slry
sale: sls sal
sell: sl
sell rate: slrt selrt slr- srate
score: sc scr scor
security deposit: secd secdp sdp scdp
service: svc sv
settlement: sttl
signing: sgn
single: sngl
source: src
spouse: sps sp
ssn: ssn ss sson soc ssno socs scsn
state: st
status: sts stat
store: str stor
supplier: sup supr
tax: tx tax
tax id: txid
technician: tec tech
term: tm trm term
payment date: pdt pmdt pmtdt
posted: post postd pstd
tier: tir tier
title: titl ttl- tit
to: to
total: tot tl tt ttl
total payment: topm totpm totp tpmt topmt
trade: tr trd t-
type: ty typ tp
user: usr us
vehicle: veh vh
vin: vin vn
wage: wg wag
warranty: wty warr wr war
year: yr yrs
zip: zp zip
"""
_LONGEST = 24
_COST = {1: 1.5, 2: 1.3, 3: 1.1}
_MADE_COST = {3: 1.7, 4: 1.4, 5: 1.2}  # a form nobody listed
# The smallest words every vocabulary has are chance in here.
_CHANCE = name_rules.words_of("a an and as at be by do for has if in is it me my of on or so the to up us we")


def _codes() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in _CODES.strip().splitlines():
        words, _, forms = line.partition(":")
        for form in forms.split():
            found.setdefault(form, tuple(words.split()))
    return found


CODES = _codes()
FOREIGN = foreign()


@functools.lru_cache(maxsize=16384)
def decode(piece: str, *, squeezed: bool = False) -> tuple[str, ...]:
    """The words a lower-case piece stands for; nothing when part of it stands for nothing known.

    `squeezed`: the table squeezes all its names, so that single letters at the edges are words too."""
    if not 2 <= len(piece) <= _LONGEST or piece in _asked():
        return ()
    best: list[tuple[float, tuple[str, ...]] | None] = [(0.0, ()), *[None] * len(piece)]
    least = _least(piece, squeezed=squeezed)
    for end in range(1, len(piece) + 1):
        for start in range(max(0, end - 16), end - least + 1):
            before, here = best[start], _part(piece, start, end, squeezed)
            if before is None or here is None:
                continue
            total = before[0] + here[0]
            known = best[end]
            if known is None or total < known[0]:
                best[end] = (total, (*before[1], *here[1]))
    found = best[len(piece)]
    return found[1] if found and found[0] <= 1.0 + len(piece) / 2 else ()


def _least(piece: str, *, squeezed: bool) -> int:
    """The shortest part allowed. What has the vowels of a word people say, EMPTY or TERMITE, is no row of scraps."""
    if squeezed or sum(ch in "aeiouy" for ch in piece) * 4 <= len(piece):
        return 1
    return 4 if 4 < len(piece) < 10 else 3


def _part(piece: str, start: int, end: int, squeezed: bool) -> tuple[float, tuple[str, ...]] | None:
    """What one part may stand for, and how far-fetched that is."""
    part = piece[start:end]
    cost = _COST.get(len(part), 1.0) + (0.0 if squeezed or len(part) > 2 else 0.7)
    edge = f"{part}-" if start == 0 else f"-{part}" if end == len(piece) else ""
    if squeezed and len(part) < len(piece) and edge in CODES:
        return cost, CODES[edge]
    if part in CODES:
        return cost, CODES[part]
    if part in CUTTING and part not in _CHANCE and (len(part) > 2 or part in SHORT):
        return cost, (SPELLINGS.get(part, part),)
    if len(part) > 2 and part in FOREIGN:
        return cost + 0.1, FOREIGN[part]
    made = _made().get(part)
    return (_MADE_COST.get(len(part), 1.1), made) if made else None


@functools.cache
def _made() -> dict[str, tuple[str, ...]]:
    """Beginnings and skeletons of the words that rules ask for; of several words the shortest, then the first."""
    asked = _asked()
    words = [w for w in asked | set(SPELLINGS) if len(w) > 3 and SPELLINGS.get(w, w) in asked]
    found: dict[str, tuple[str, ...]] = {}
    for word in sorted(words, key=lambda w: (w in SPELLINGS, len(w), w)):
        for form in _forms(word):
            if form not in VOCABULARY:
                found.setdefault(form, (SPELLINGS.get(word, word),))
    for word in sorted(FOREIGN, key=lambda w: (len(w), w)):
        for form in _forms(word) if len(word) > 5 else ():
            if form not in VOCABULARY and len(form) > 3:
                found.setdefault(form, FOREIGN[word])
    return found


@functools.cache
def _asked() -> frozenset[str]:
    return frozenset(word for rule in _rules() for group in rule.needs for word in group)


def understood(words: Iterable[str]) -> bool:
    """Whether any of these words means something to us."""
    return not _known().isdisjoint(words)


@functools.cache
def _known() -> frozenset[str]:
    spoken = (word for words in (*CODES.values(), *FOREIGN.values()) for word in words)
    return frozenset([*VOCABULARY, *spoken, *_asked(), *CODES, *FOREIGN])


def _rules() -> tuple[Rule, ...]:
    return (
        *name_rules.NONPUBLIC,
        *name_opaque.FREE_TEXT,
        *name_opaque.OPAQUE,
        *name_rules.SECRETS,
        *name_plain.HARMLESS,
        *name_plain.CHOICE,
        *name_plain.PLAIN,
    )


def _forms(word: str) -> list[str]:
    skeleton = word[0] + "".join(ch for ch in word[1:] if ch not in "aeiou")
    whole = [skeleton] if len(skeleton) > 2 and skeleton != word else []
    return [*whole, *(form[:n] for form in (word, skeleton) for n in range(3, 9) if len(form) > n)]
