-- The ledger: multiple activation keys, and the places of their limits that were sold.
CREATE TABLE mak (
  id         INTEGER PRIMARY KEY,
  vendor     TEXT NOT NULL,
  name       TEXT NOT NULL,  -- the key's id
  sold       INTEGER NOT NULL,
  released   INTEGER NOT NULL,
  behind     INTEGER NOT NULL,
  blocked    INTEGER NOT NULL,
  reconciled INTEGER NOT NULL,  -- 0: never
  UNIQUE (vendor, name)
) STRICT;

CREATE TABLE place (
  mak_id     INTEGER NOT NULL,
  number     INTEGER NOT NULL,
  turn       INTEGER NOT NULL,
  cmid       BLOB NOT NULL,
  facts      BLOB NOT NULL,  -- laid out in machine_codec.cpp
  sold       INTEGER NOT NULL,
  asked      INTEGER NOT NULL,
  released   INTEGER NOT NULL,  -- 0: it is held
  name_hash  BLOB NOT NULL,
  last_event INTEGER NOT NULL,
  PRIMARY KEY (mak_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX place_cmid ON place (mak_id, cmid);
CREATE INDEX place_released ON place (mak_id, released) WHERE released <> 0;

-- Which places are held for a fact of this value.
CREATE TABLE place_fact (
  mak_id INTEGER NOT NULL,
  value  BLOB NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (mak_id, value, number)
) STRICT, WITHOUT ROWID;
