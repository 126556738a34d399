-- Muster's database. Hot are machine and event: about one row of each for every activation, so they
-- carry no index but the CMID's and the primary fact's.
-- Times are whole seconds since 1970, UTC. Places of events are epoch * 2^40 + seq; 0 is none.

PRAGMA application_id = 0x4d757374;  -- "Must"

CREATE TABLE count_group (
  id                INTEGER PRIMARY KEY,
  vendor            TEXT NOT NULL,
  name              TEXT NOT NULL,
  highest_threshold INTEGER NOT NULL,
  requests          INTEGER NOT NULL,
  failed            INTEGER NOT NULL,
  -- requests by the client's licence state before them
  unlicensed        INTEGER NOT NULL,
  licensed          INTEGER NOT NULL,
  initial_grace     INTEGER NOT NULL,
  additional_grace  INTEGER NOT NULL,
  non_genuine_grace INTEGER NOT NULL,
  notification      INTEGER NOT NULL,
  extended_grace    INTEGER NOT NULL,
  UNIQUE (vendor, name)
) STRICT;

CREATE TABLE roll (
  group_id  INTEGER NOT NULL,
  key       BLOB NOT NULL,
  last_seen INTEGER NOT NULL,
  put       INTEGER NOT NULL,  -- of two entries of one second, which came first
  PRIMARY KEY (group_id, key)
) STRICT, WITHOUT ROWID;

-- The id grows with every machine that is new, so that machines which came together, and renew
-- together, lie on one page. data is laid out in machine_codec.cpp.
CREATE TABLE machine (
  id           INTEGER PRIMARY KEY,
  group_id     INTEGER NOT NULL,
  cmid         BLOB NOT NULL,
  primary_fact BLOB,
  data         BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX machine_cmid ON machine (group_id, cmid);
CREATE INDEX machine_fact ON machine (group_id, primary_fact) WHERE primary_fact IS NOT NULL;

CREATE TABLE event (
  place        INTEGER PRIMARY KEY,
  time         INTEGER NOT NULL,
  group_id     INTEGER,
  cmid         BLOB,
  machine_prev INTEGER NOT NULL,
  hash         BLOB NOT NULL,
  line         TEXT NOT NULL  -- byte for byte what was hashed and is exported
) STRICT;

CREATE TABLE checkpoint (
  place INTEGER PRIMARY KEY,
  jws   TEXT NOT NULL
) STRICT;

-- What salted hashes in events and machines stand for.
CREATE TABLE name (
  hash  BLOB PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
