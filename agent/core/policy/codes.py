"""The stable list of problem codes: a title and a story for each, so that an officer can ask what P011 means.

A code is never reused for something else and never disappears. P00x: the file itself. P01x: its keys and values.
P02x: nonpublic information. P03x: the database. P04x: people, dates and purposes. P05x: other papers.
"""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    title: str
    story: str


CODES: dict[str, Code] = {
    "P001": Code(
        "the file is too large, or one of its lines is",
        "A field policy is a few hundred lines that two people read before they sign.\n"
        "fieldgate reads at most 64 KiB, 2,000 lines and 2,000 characters a line, so\n"
        "that a broken or hostile file is refused at once.",
    ),
    "P002": Code(
        "the file is not clean text",
        "Policies are UTF-8 text. Control characters, invisible characters and\n"
        "characters that reverse the direction of a line are refused: two people sign\n"
        "what they see, so nothing in the file may be invisible. Save the file as\n"
        "UTF-8; retype the place that is named.",
    ),
    "P003": Code(
        "the same key is listed twice",
        "Most YAML readers silently keep the last of two equal keys. fieldgate refuses\nto guess which one you meant.",
    ),
    "P004": Code(
        "an anchor (&) or alias (*)",
        "Anchors and aliases make one line mean something written elsewhere. A policy\n"
        "says each thing where it is read. If a text really begins with & or *, put it\n"
        "in quotes.",
    ),
    "P005": Code(
        "a tag (!)",
        "Tags ask a YAML reader to build other things than text. Policies contain text,\n"
        "lists and keys only. If a text really begins with !, put it in quotes.",
    ),
    "P006": Code(
        "several documents in one file",
        "One file holds one policy, and one signature covers one file. Remove the line\n"
        "`---` (or `%...`) or split the file.",
    ),
    "P007": Code(
        "a tab character",
        "Editors show tabs with different widths, so what is indented under what\ndepends on who looks. Use spaces.",
    ),
    "P008": Code(
        "nested too deeply",
        "Nothing in a policy needs more than a dozen levels. Deeper files are broken or\nmeant to break the reader.",
    ),
    "P009": Code(
        "this is not YAML",
        "The reader could not make sense of the text. The usual causes: a missing blank\n"
        "after a colon, a bracket or quote that is not closed, or a line that is not\n"
        "indented like its neighbors. The mistake is often one line higher.",
    ),
    "P010": Code(
        "something required is missing",
        "fieldgate denies by default: what is not said is not assumed. Each required\n"
        "key is a decision that an approver wants to see in writing.\n"
        "docs/policy-reference.md lists all keys.",
    ),
    "P011": Code(
        "a key that fieldgate does not know",
        "An unknown key is usually a spelling mistake, and a misspelled restriction\n"
        "would restrict nothing. So unknown keys are refused everywhere; the nearest\n"
        "known one is shown.",
    ),
    "P012": Code(
        "the wrong kind of value",
        "A text stands where a list or a group of keys belongs, or the other way round.\n"
        "Lists are written [a, b]; groups of keys are written {key: value} or indented\n"
        "under the key.",
    ),
    "P013": Code(
        "a word that is not one of the allowed words",
        "The value must be one of a short list, so that it means the same to everyone.\n"
        "The list stands in the message.",
    ),
    "P014": Code(
        "a number, date or name that cannot be read",
        "Dates are written 2027-06-30, whole numbers with digits only. Output names are\n"
        "lower case letters, digits and _. Everything else in a policy is text exactly\n"
        "as written: NO, 012 and yes are never turned into something else.",
    ),
    "P015": Code(
        "nothing is written here",
        "Empty never means 'everything' and never means 'no restriction'. Write the\n"
        "value, or remove the key if it is optional.",
    ),
    "P016": Code(
        "a field type that cannot be read",
        "Types are: text 60 | integer | decimal 10.2 | date | timestamp | boolean |\n"
        "list of text 40 (with split:). `text` and `list of text` name the most\n"
        "characters, `decimal` all digits and those after the point. customer_id and\n"
        "record_id leave as pseudonyms and need no type.",
    ),
    "P017": Code(
        "a transform that cannot be read, or does not fit the field",
        "Transforms are: pass | suppress | mask | {keep_first: 3} | pseudonymize. mask\nand keep_first work on text.",
    ),
    "P018": Code(
        "these keys do not go together",
        "Of some keys exactly one must be chosen, for example `given` or `not_refused`,\n"
        "`column` or `by`, one comparison in each line of `only_where`.",
    ),
    "P019": Code(
        "a name that is not declared in this file",
        "`choices:` must name a group declared under `choices:`, `person:` someone\n"
        "declared under `people:`, and the part before the point of a column such as\n"
        "VEHICLE.YEAR is the `as:` name of a join.",
    ),
    "P020": Code(
        "a nonpublic field",
        "The column is nonpublic personal information (GLBA; 16 CFR 313): loan terms,\n"
        "payments, amounts financed, credit, account and identity numbers, how a deal\n"
        "was paid. No policy, approval, transform or decision can allow it. Remove the\n"
        "line; if the car maker asked for it, its answer is 'never'.",
    ),
    "P021": Code(
        "a finance table",
        "Merely being in a finance table is nonpublic: it says that this person has a\n"
        "loan or lease, or asked for one. So such a table cannot be read, joined, or\n"
        "used in a condition, whatever columns are named.",
    ),
    "P022": Code(
        "an output name that says something nonpublic",
        "Names that leave are read as well: a field called apr_rate or a dataset called\n"
        "lease_customers tells or promises something nonpublic, whatever column stands\n"
        "behind it.",
    ),
    "P023": Code(
        "this column needs a decision first",
        "The column is opaque, defined by the dealer, free text, or looks nonpublic. It\n"
        "may be sent only after officers signed a reasoned, expiring reclassification\n"
        "of exactly this column: fieldgate decide reclassify.",
    ),
    "P024": Code(
        "a selection that would tell something nonpublic",
        "Selection is disclosure (16 CFR 313.3): a list picked by finance type, lease\n"
        "end or payment is nonpublic even if it holds nothing but names. A condition\n"
        "may use only columns that could themselves be sent.",
    ),
    "P025": Code(
        "an amount of money needs a decision",
        "Amounts are where financing shows through: what was paid, minus what was owed.\n"
        "The category `money` always needs a signed decision for exactly this column:\n"
        "fieldgate decide reclassify.",
    ),
    "P026": Code(
        "free text without its safeguards",
        "In free text people type anything, account numbers included. It needs three\n"
        "keys in sight of the approvers: category: free_text, screen: withhold | mask |\n"
        "withhold_record, and why: with your reason; and a signed decision.",
    ),
    "P027": Code(
        "a nonpublic column in a supporting role",
        "Keys, joins, store and change columns and choice columns are read from the\n"
        "database too, and what is read for one purpose is access all the same. They\n"
        "must be columns that could themselves be sent.",
    ),
    "P028": Code(
        "a condition on contact data",
        "Conditions choose groups, such as vehicles of a make. A condition on a name,\n"
        "address, phone or e-mail column, or on gender, age or the like, picks people by\n"
        "who they are. Send the field if you may; the car maker can leave out what is\n"
        "empty.",
    ),
    "P029": Code(
        "a condition that singles out few people",
        "A condition on a customer number, record number, plate or VIN picks single\n"
        "people, and so does an exact odometer reading or day. A policy grants a kind of\n"
        "data for a purpose; a single person's data is a matter for the dealer's staff,\n"
        "not for a feed.",
    ),
    "P030": Code(
        "this table is not in the database",
        "The inventory lists the tables and columns that the database really has (names\n"
        "only, never a value). The table is not among them. Names are compared exactly,\n"
        "capitals included. Take a new inventory: fieldgate discover.",
    ),
    "P031": Code(
        "this column is not in the database",
        "The inventory lists the tables and columns that the database really has (names\n"
        "only, never a value). The column is not among those of its table. Names are\n"
        "compared exactly, capitals included. Take a new one: fieldgate discover.",
    ),
    "P032": Code(
        "a table name that cannot be read",
        "Tables are written schema.table, for example dbo.CUSTOMER, or as the bare name\n"
        "where the database has no schemas. Tables of another database or server (two\n"
        "points or more) cannot be named.",
    ),
    "P034": Code(
        "what stands behind a view or a generated column",
        "The inventory says what this view selects, or how this column is made. Behind the\n"
        "name stands nonpublic data, or something that cannot be followed to its origin.\n"
        "A new name makes nothing public, so it is refused as what it comes from is.",
    ),
    "P033": Code(
        "a category that does not fit the column",
        "The category decides which choice a field obeys, whether it leaves as a\n"
        "pseudonym and whether it needs a decision. An e-mail column that is called\n"
        "something else would be sent to people who stopped e-mail. Write the category\n"
        "that the column has.",
    ),
    "P040": Code(
        "the contract has ended",
        "Sending stops on the day the contract ends, by itself. Write the new contract\n"
        "and its date, and have the policy approved again.",
    ),
    "P041": Code(
        "the contract ends soon",
        "Sending will stop by itself on that day. fieldgate says so 60, 30 and 7 days\n"
        "ahead so that nobody is surprised.",
    ),
    "P042": Code(
        "the review is overdue",
        "review_on is the day on which the dealer promised to look at this policy\n"
        "again. Look at it, set the next date, and have it approved again.",
    ),
    "P043": Code(
        "more than a recall needs",
        "Warranty and recall sharing survives a customer's opt-out (CCPA 1798.145(g)\n"
        "and laws like it), but only with VIN, make, model, year, odometer, and the\n"
        "owner's name and contact. Anything else belongs into a policy with another\n"
        "purpose, which honors the opt-out.",
    ),
    "P044": Code(
        "a person without choices",
        "Everyone whose data leaves must be able to say stop. `people:` names the table\n"
        "in which the DMS keeps what they said. Only warranty_recall may send without\n"
        "asking.",
    ),
    "P045": Code(
        "nobody is named in a dataset about people",
        "Without `people:` fieldgate cannot know whose choice to honor. Name the person\nand the key columns.",
    ),
    "P046": Code(
        "no choice is declared for a channel",
        "An e-mail address obeys the choice for e-mail, a phone number those for phone\n"
        "and sms, an address the one for mail. Where the DMS has no column for a\n"
        "channel, `everything:` must exist; phone and sms must each be declared.",
    ),
    "P047": Code(
        "a choice that contradicts the regime",
        "Under regime opt_in data leaves only on a recorded yes: `given:` lists the\n"
        "codes that mean yes, and unknown must be withhold. Under any regime a code\n"
        "cannot mean two things.",
    ),
    "P048": Code(
        "a number that identifies leaves as it is",
        "customer_id and record_id leave as pseudonyms. `transform: pass` needs `why:`,\n"
        "which both approvers are shown.",
    ),
    "P049": Code(
        "lawful_basis",
        "In the European Union and the United Kingdom the policy must name its lawful\nbasis (GDPR article 6).",
    ),
    "P050": Code(
        "sent and declined at once",
        "A field that some dataset sends cannot be listed under `declined:`. Remove one\nof the two.",
    ),
    "P051": Code(
        "the answer does not fit the request",
        "A policy that names a request in `answers:` answers each of its fields: sent,\n"
        "declined with a reason, or never because it is nonpublic; and it sends nothing\n"
        "that was not asked for.",
    ),
    "P052": Code(
        "two policies contradict each other",
        "Two policies read the same choice column differently, or carry the same name,\n"
        "or one declines what another sends to the same recipient. Both would be\n"
        "signed, and only one can be meant.",
    ),
    "P053": Code(
        "something is still to be filled in",
        "A draft says FILL_IN where only people know the answer: a name in the database,\n"
        "a contract's number, what a record is in plain words. Write each of them; IT\n"
        "knows the tables, keys and codes.",
    ),
    "P060": Code(
        "an example does not fit",
        "An example in tests/ speaks of a dataset, table, column or field that its policy\n"
        "does not have, is like an example that does not stand above it, or does not say\n"
        "what it expects. Write the record that leaves, or `withheld:` and the reason.",
    ),
}
