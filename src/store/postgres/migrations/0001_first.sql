-- Muster's database, shared by its hosts. Times are whole seconds since 1970, UTC. Hot are machine and
-- event, about one row of each for every activation: they carry no index but those that decisions need.

-- Each host, and the head of its chain. Its row is locked by each of its units, which read the head.
CREATE TABLE host (
  id                integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  thumbprint        text NOT NULL UNIQUE,
  epoch             bigint NOT NULL DEFAULT 1,
  seq               bigint NOT NULL DEFAULT 0,
  time              bigint NOT NULL DEFAULT 0,
  hash              bytea NOT NULL,
  checkpoint_seq    bigint NOT NULL DEFAULT 0,
  checkpoint_digest bytea NOT NULL,
  units             bigint NOT NULL DEFAULT 0  -- committed ones
);

CREATE TABLE count_group (
  id                integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  vendor            text NOT NULL,
  name              text NOT NULL,
  version           bigint NOT NULL DEFAULT 0,  -- one more with each unit
  newest            bigint NOT NULL DEFAULT 0,  -- of the times at which units decided
  made              bigint NOT NULL DEFAULT 0,  -- machines so far
  highest_threshold bigint NOT NULL DEFAULT 0,
  retention         bigint NOT NULL DEFAULT 0,  -- minutes; 0: not known yet
  requests          bigint NOT NULL DEFAULT 0,
  failed            bigint NOT NULL DEFAULT 0,
  -- requests by the client's licence state before them
  unlicensed        bigint NOT NULL DEFAULT 0,
  licensed          bigint NOT NULL DEFAULT 0,
  initial_grace     bigint NOT NULL DEFAULT 0,
  additional_grace  bigint NOT NULL DEFAULT 0,
  non_genuine_grace bigint NOT NULL DEFAULT 0,
  notification      bigint NOT NULL DEFAULT 0,
  extended_grace    bigint NOT NULL DEFAULT 0,
  UNIQUE (vendor, name)
);

-- What a version of a group has moved (moves.h), for the other hosts; the newest some thousand of each.
CREATE TABLE group_change (
  group_id integer NOT NULL,
  version  bigint NOT NULL,
  moves    bytea NOT NULL,
  PRIMARY KEY (group_id, version)
);

CREATE TABLE roll (
  group_id  integer NOT NULL,
  key       bytea NOT NULL,
  last_seen bigint NOT NULL,
  put       bigint NOT NULL,  -- of two entries of one second, which came first
  PRIMARY KEY (group_id, key)
);

-- data is laid out in machine_codec.cpp. It is all that a renewal changes, and no index holds it: with
-- room on its page a row's next version needs no index entries.
CREATE TABLE machine (
  group_id     integer NOT NULL,
  cmid         uuid NOT NULL,
  made         bigint NOT NULL,  -- the how manieth machine of its group
  primary_fact bytea,
  data         bytea NOT NULL,
  PRIMARY KEY (group_id, cmid)
) WITH (fillfactor = 80);
CREATE INDEX machine_fact ON machine (group_id, primary_fact, made) WHERE primary_fact IS NOT NULL;

-- Machines as people list them, by name and by the day of their last contact.
CREATE TABLE listed (
  group_id integer NOT NULL,
  made     bigint NOT NULL,
  cmid     uuid NOT NULL,
  day      bigint NOT NULL,  -- of the last contact, since 1970, UTC
  name     bytea NOT NULL,   -- in lower case; empty: it has none
  PRIMARY KEY (group_id, made)
);
CREATE INDEX listed_day ON listed (group_id, day, made);
CREATE INDEX listed_name ON listed (group_id, name, made);

-- One partition a month, of UTC. (host_id, epoch, seq) is unique because the host's row is locked.
CREATE TABLE event (
  host_id    integer NOT NULL,
  epoch      bigint NOT NULL,
  seq        bigint NOT NULL,
  time       bigint NOT NULL,
  group_id   integer,
  cmid       uuid,
  -- the machine's event before this one
  prev_host  integer NOT NULL,
  prev_epoch bigint NOT NULL,
  prev_seq   bigint NOT NULL,
  hash       bytea NOT NULL,
  line       bytea NOT NULL,  -- byte for byte what was hashed and is exported
  PRIMARY KEY (host_id, epoch, seq, time)
) PARTITION BY RANGE (time);

CREATE TABLE checkpoint (
  host_id integer NOT NULL,
  epoch   bigint NOT NULL,
  seq     bigint NOT NULL,
  jws     text NOT NULL,
  PRIMARY KEY (host_id, epoch, seq)
);

-- What salted hashes in events and machines stand for; listed as lists are put in order by.
CREATE TABLE name (
  hash   bytea PRIMARY KEY,
  value  bytea NOT NULL,
  listed bytea NOT NULL
);

CREATE TABLE setting (
  host_id integer NOT NULL,  -- 0: one for all hosts
  name    text NOT NULL,
  value   bytea NOT NULL,
  PRIMARY KEY (host_id, name)
);

-- The ledger: multiple activation keys, and the places of their limits that were sold.
CREATE TABLE mak (
  id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  vendor     text NOT NULL,
  name       text NOT NULL,  -- the key's id
  kept       boolean NOT NULL DEFAULT false,  -- false: a row to lock, before the key is there
  newest     bigint NOT NULL DEFAULT 0,
  sold       bigint NOT NULL DEFAULT 0,
  released   bigint NOT NULL DEFAULT 0,
  behind     boolean NOT NULL DEFAULT false,
  blocked    boolean NOT NULL DEFAULT false,
  reconciled bigint NOT NULL DEFAULT 0,  -- 0: never
  UNIQUE (vendor, name)
);

CREATE TABLE place (
  mak_id     integer NOT NULL,
  number     bigint NOT NULL,
  turn       bigint NOT NULL,
  cmid       uuid NOT NULL,
  facts      bytea NOT NULL,  -- laid out in machine_codec.cpp
  sold       bigint NOT NULL,
  asked      bigint NOT NULL,
  released   bigint NOT NULL,  -- 0: it is held
  name_hash  bytea NOT NULL,
  last_host  integer NOT NULL,
  last_epoch bigint NOT NULL,
  last_seq   bigint NOT NULL,
  PRIMARY KEY (mak_id, number)
);
CREATE INDEX place_cmid ON place (mak_id, cmid, number) WHERE released = 0;
CREATE INDEX place_released ON place (mak_id, released, number) WHERE released <> 0;

-- Which places are held for a fact of this value.
CREATE TABLE place_fact (
  mak_id integer NOT NULL,
  value  bytea NOT NULL,
  number bigint NOT NULL,
  PRIMARY KEY (mak_id, value, number)
);
CREATE INDEX place_fact_number ON place_fact (mak_id, number);

-- What is counted from the log while nobody asks (store/tally.h): evidence by pool, and the distinct
-- machines of each product and month.
CREATE TABLE pool (
  id       bytea NOT NULL,
  evidence bigint NOT NULL,
  data     bytea NOT NULL,  -- laid out in tally_rows.cpp
  PRIMARY KEY (id, evidence)
);

CREATE TABLE usage (
  id       integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  vendor   text NOT NULL,
  product  text NOT NULL,
  month    bigint NOT NULL,  -- since January 1970
  by_fact  boolean NOT NULL,
  machines bigint NOT NULL DEFAULT 0,
  UNIQUE (vendor, product, month, by_fact)
);
-- Who was counted; forgotten some time after the month has ended.
CREATE TABLE usage_member (
  usage_id integer NOT NULL,
  member   bytea NOT NULL,
  PRIMARY KEY (usage_id, member)
);
