-- What is counted from the log while nobody asks (store/tally.h): evidence by pool, of which there are
-- 32,000 rows at most, and the distinct machines of each product and month.
CREATE TABLE pool (
  id           BLOB NOT NULL,
  evidence     INTEGER NOT NULL,
  vendor       TEXT NOT NULL,
  group_name   TEXT NOT NULL,
  pattern      TEXT NOT NULL,
  subnet       TEXT NOT NULL,
  count        INTEGER NOT NULL,
  first        INTEGER NOT NULL,
  newest       INTEGER NOT NULL,
  newest_event INTEGER NOT NULL,
  days         BLOB NOT NULL,  -- of the last 30 days, 4 bytes each, big-endian
  examples     BLOB NOT NULL,  -- CMID 16, name's hash 16, time 8, event 8, big-endian, each
  marked_by    TEXT,           -- who expects it; null: nobody
  marked_since INTEGER NOT NULL,
  note         TEXT NOT NULL,
  PRIMARY KEY (id, evidence)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage (
  id       INTEGER PRIMARY KEY,
  vendor   TEXT NOT NULL,
  product  TEXT NOT NULL,
  month    INTEGER NOT NULL,  -- since January 1970
  by_fact  INTEGER NOT NULL,
  machines INTEGER NOT NULL,
  UNIQUE (vendor, product, month, by_fact)
) STRICT;
-- Who was counted; forgotten some time after the month has ended.
CREATE TABLE usage_member (
  usage  INTEGER NOT NULL,
  member BLOB NOT NULL,
  PRIMARY KEY (usage, member)
) STRICT, WITHOUT ROWID;
