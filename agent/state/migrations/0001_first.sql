-- Numbered, add-only. What is sealed under the at-rest key is marked (sealed): keys and positions of the DMS are data.

create table meta (
  name  text primary key,
  value text not null
) without rowid;
-- The oldest form whose programs may still open this file: a rollback needs no change of state as long as forms only add.
insert into meta (name, value) values ('opens_from_form', '1');

create table audit (
  n      integer primary key,
  event  text not null,                  -- the entry's own, so that the few that matter are found quickly
  at     text not null,
  entry  blob not null,
  sha256 text not null
);
create index audit_event on audit (event, n);

create table checkpoints (
  n   integer primary key,
  jws text not null
);

-- How the last try of each job ended, when it failed: our own sentences, names and codes; gone when the job succeeds.
create table failures (
  job    text primary key check (job in ('start', 'extract', 'deliver', 'pull')),
  kind   text not null,                  -- class of the error: who must act
  code   text not null,
  what   text not null,
  advice text not null,
  who    text not null,
  retry  text not null,
  since  text not null,                  -- the first time in a row
  at     text not null
) without rowid;

-- Permission ------------------------------------------------------------------------------------------------------
create table rolls (
  version integer primary key,
  sha256  text not null,
  data    blob not null                  -- the roll file: the whole history up to this version
);

create table policies (
  name       text not null,
  version    integer not null,
  sha256     text not null,
  data       blob not null,
  signatures text not null,              -- JSON list of JWS
  roll_version integer not null,
  replaces_version integer,               -- what was in force when it was imported
  replaces_sha256  text,
  imported_at text not null,
  ended_at   text,
  ended_why  text,
  primary key (name, version)
);

-- What the names of a policy version meant when it was imported; counts only while the audit record says the same.
create table pins (
  policy  text not null,
  version integer not null,
  sha256  text not null,
  data    blob not null,                 -- JSON: dataset, or choices:NAME, to the objects its query reaches
  primary key (policy, version)
) without rowid;

create table decisions (
  sha256      text primary key,
  kind        text not null,
  data        blob not null,
  roll_version integer not null,
  imported_at text not null
);

create table pauses (
  recipient text primary key,            -- '*' is every recipient
  paused_at text not null,
  paused_by text not null
);

create table inventories (
  source   text primary key,
  sha256   text not null,
  taken_at text not null,
  data     blob not null
);

create table access_records (
  id       integer primary key,
  source   text not null,
  status   text not null,
  sha256   text not null,
  asked_at text not null,
  data     blob not null,
  jws      text not null                 -- the same bytes, signed by this agent
);

-- The recipient's side --------------------------------------------------------------------------------------------
create table recipients (
  name        text primary key,
  enrolled_at text not null,
  jwks        text not null              -- the OEM's receipt keys, pinned at the first enrollment
);

create table enrollments (
  recipient   text not null references recipients (name),
  dealer_code text not null,
  enrolled_at text not null,
  primary key (recipient, dealer_code)
) without rowid;

create table streams (
  stream_id   text primary key,
  store       text not null,
  recipient   text not null,
  policy      text not null,
  epoch       integer not null default 1,
  next_seq    integer not null default 1,
  prev        text not null,             -- manifest digest of the last announced batch
  head_checked_at text,                  -- null: restored, nothing may leave until compared with the OEM's head
  opt_outs_through text not null default '',
  restored    integer not null default 0,  -- 1: this file is an older copy; nothing leaves until resync
  taken_over  integer not null default 0,  -- the seq a resync took over from the OEM
  trouble     text not null default '',  -- why the last step did not get through, in our words
  trouble_at  text,
  unique (store, recipient, policy)
);

-- What has been read ----------------------------------------------------------------------------------------------
create table pages (
  page_id integer primary key,
  scope   text not null,                 -- stream/dataset, or choices/policy/block
  ord     real not null,
  upper   blob not null,                 -- (sealed) the page's last source key; empty where loose
  loose   integer not null default 0,    -- 1: found by change, their place among the keys is not known yet
  reread  integer not null default 0,    -- 1: something of it must be judged anew
  entries blob not null,
  unique (scope, ord)
);

-- How far changes have been read, of datasets and choices whose policy names a change column.
create table positions (
  scope    text primary key,
  position blob not null,                -- (sealed) instants of the DMS server and source keys
  read_at  text not null default '',     -- our clock when a window of changes was last read to its end
  unserved text not null default ''      -- why changes cannot be asked for, in our words: everything is compared
) without rowid;

create table runs (
  scope        text primary key,
  policy_sha256 text not null,
  started_at   text not null,
  through_page integer,                  -- pages up to this one have been read in this run; null: none yet
  completed_at text,                     -- the last time the whole dataset was compared
  rows         integer not null default 0,
  sent         integer not null default 0,
  withheld     text not null default '{}'
);

-- The set of exported files that was taken last, of each `files` source.
create table exports (
  source   text primary key,
  name     text not null,
  taken_at text not null
) without rowid;

-- Each field's own baseline, to notice when its values become something else. Counts only.
create table field_rates (
  scope   text not null,                 -- stream/dataset
  field   text not null,
  meaning text not null,                 -- digest of the field's rules: another meaning begins another baseline
  rows    integer not null,
  nulls   integer not null,
  misfits integer not null,
  hits    integer not null,
  primary key (scope, field)
) without rowid;

-- What the DMS says of people's choices, whenever it says something else. Append-only: the newest of a person counts.
-- These rows, choice_facts and stops are committed to in the audit chain (choices_noted), so none goes or changes unseen.
create table choice_events (
  n        integer primary key,
  policy   text not null,
  person   blob not null,
  before   text not null,
  after    text not null,
  refused  text not null,                -- channels that `after` refuses by the policy's rules, sorted, blank separated
  said     text not null,                -- those of them the code itself refuses: an unknown says nothing of others
  source   text not null,
  noted_at text not null
);
create index choice_events_newest on choice_events (policy, person, n, refused, said);
create trigger choice_events_stay before update on choice_events begin select raise(abort, 'append-only'); end;
create trigger choice_events_remain before delete on choice_events begin select raise(abort, 'append-only'); end;

-- People who share an e-mail address or phone number, for opt-outs only. Keyed hashes; of a contact that too many share no
-- people are kept. `n` counts together with choice_events and choice_facts.
create table links (
  contact blob not null,
  person  blob not null,
  n       integer not null,
  primary key (contact, person)
) without rowid;
create index links_of on links (person);
create table link_faults (
  contact  blob primary key,
  noted_at text not null
) without rowid;

-- What people said elsewhere than in the DMS. Append-only; what is in force is worked out anew (core/facts.py). `n` counts
-- together with choice_events, so that "newer than this body" is one comparison.
create table choice_facts (
  n           integer primary key,
  subject     blob not null,             -- person hash; where a record has nobody, its record id
  what        text not null check (what in
    ('given', 'renewed', 'refused', 'withdrawn', 'expired', 'restricted', 'released', 'erased')),
  purpose     text not null,             -- one, or *
  channel     text not null check (channel in ('everything', 'mail', 'email', 'phone', 'sms')),
  scope       text not null,             -- group, store:S or brand:RECIPIENT
  happened_at text not null,             -- what decides
  source      text not null,             -- oem:RECIPIENT, dealer, import:DIGEST
  proof       text not null,             -- a reference only
  notice      text not null,             -- version of the notice the person saw
  noted_at    text not null              -- when we learned of it
);
create unique index choice_facts_once on choice_facts (subject, what, purpose, channel, scope, happened_at, source);
create trigger choice_facts_stay before update on choice_facts begin select raise(abort, 'append-only'); end;
create trigger choice_facts_remain before delete on choice_facts begin select raise(abort, 'append-only'); end;

-- Records the OEM holds a stop for which a restored state file may not know of: withheld until a newer yes.
create table stops (
  scope     text not null,               -- stream/dataset
  record_id blob not null,
  channels  text not null,               -- sorted, blank separated; or `everything`
  since_on  text not null,
  primary key (scope, record_id)
) without rowid;

-- A stop that must take effect: at the OEM until its receipt, in the DMS until a reading of choices shows it there.
create table honoring (
  house     text not null check (house in ('oem', 'dms')),
  person    blob not null,
  channel   text not null,
  said_at   text not null,
  purpose   text not null,               -- one, or *
  source    text not null,
  stream_id text not null,               -- oem: which stream tells it
  body_id   integer not null,            -- oem: the control body that does
  done_at   text,
  primary key (house, person, channel, said_at, stream_id, purpose)
) without rowid;
create index honoring_open on honoring (stream_id, body_id) where done_at is null;

-- Deletions asked of the OEMs, for a person or an incident, until each is acknowledged.
create table requests (
  request_id text primary key,
  kind       text not null check (kind in ('erase', 'incident')),
  opened_at  text not null,
  closed_at  text,
  subject    blob not null,              -- erase: the person hash
  facts      text not null               -- JSON: names, counts, days
) without rowid;
create table request_asks (
  request_id text not null references requests (request_id),
  stream_id  text not null,
  dataset    text not null,
  records    integer not null,
  body_id    integer not null,           -- the last control body that asks
  primary key (request_id, stream_id, dataset)
) without rowid;

-- Outbox ----------------------------------------------------------------------------------------------------------
create table bodies (
  body_id     integer primary key autoincrement,  -- never given twice: batches and requests name it
  stream_id   text not null references streams (stream_id),
  kind        text not null check (kind in ('control', 'data')),
  dataset     text not null,
  policy_sha256 text not null,
  page_id     integer not null default 0,
  lines       integer not null,
  size        integer not null,
  window_from text not null,
  window_to   text not null,
  choices_n   integer not null,
  body_key    blob not null,
  body        blob not null,             -- (sealed) lines, source keys, persons
  prepared_at text not null
);
create index bodies_next on bodies (stream_id, kind, body_id);

create table batches (
  batch_id    text primary key,
  stream_id   text not null references streams (stream_id),
  epoch       integer not null,
  seq         integer not null,
  kind        text not null,
  dataset     text not null,
  lines       integer not null,
  manifest    text not null,             -- compact JWS
  manifest_sha256 text not null,
  content_sha256  text not null,
  audit_head      text not null,         -- the head this batch carries; a receipt anchors it outside the machine
  leaves      blob not null,             -- leaf hashes, 32 bytes each
  body_key    blob,                      -- null once disposed of
  content     blob,                      -- (sealed); null once disposed of
  state       text not null check (state in ('announced', 'settled', 'quarantined', 'voided')),
  attempts    integer not null default 0,
  next_try_at text not null,
  problem     text not null default '',
  choices_n   integer not null,          -- the newest choice event when it was announced
  policy_sha256 text not null,
  announced_at text not null,
  settled_at  text,
  receipt     text,                      -- the OEM's JWS
  body_id     integer not null default 0 -- the body it was made from
);
-- Gapless and never twice; a voided batch has given its place to the void.
create unique index batches_seq on batches (stream_id, epoch, seq) where state <> 'voided';
-- One batch in flight per stream.
create unique index batches_in_flight on batches (stream_id) where state in ('announced', 'quarantined');

create table disclosures (
  batch_id text not null references batches (batch_id),
  dataset  text not null,
  fields   text not null,
  purpose  text not null,
  policy   text not null,
  policy_version integer not null,
  records  integer not null,
  ids      blob not null,                -- 16 bytes each
  people   integer not null,
  persons  blob not null,                -- people * 16 bytes each
  keys_key blob,
  keys     blob,                         -- (sealed) the source keys; destroyed by erase
  primary key (batch_id, dataset)
) without rowid;
