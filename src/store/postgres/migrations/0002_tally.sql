-- works since 1
-- What is counted from the hosts' logs while nobody asks (store/tally.h): evidence by pool, of which there
-- are 32,000 rows at most, and the distinct machines of each product and month.
CREATE TABLE pool (
  id           bytea NOT NULL,
  evidence     integer NOT NULL,
  vendor       text NOT NULL,
  group_name   text NOT NULL,
  pattern      text NOT NULL,
  subnet       text NOT NULL,
  count        bigint NOT NULL,
  first        bigint NOT NULL,
  newest       bigint NOT NULL,
  newest_host  integer NOT NULL,
  newest_epoch bigint NOT NULL,
  newest_seq   bigint NOT NULL,
  days         bytea NOT NULL,  -- these two are laid out in tally_codec.cpp
  examples     bytea NOT NULL,
  marked_by    text NOT NULL,   -- who expects it; empty: nobody
  marked_since bigint NOT NULL,
  note         text NOT NULL,
  PRIMARY KEY (id, evidence)
);

CREATE TABLE usage (
  id       integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  vendor   text NOT NULL,
  product  text NOT NULL,
  month    integer NOT NULL,  -- since January 1970
  by_fact  boolean NOT NULL,
  machines bigint NOT NULL,
  UNIQUE (vendor, product, month, by_fact)
);
-- Who was counted; forgotten some time after the month has ended.
CREATE TABLE usage_member (
  usage_id integer NOT NULL,
  member   bytea NOT NULL,
  PRIMARY KEY (usage_id, member)
);

-- One row, locked by each unit that counts, so that hosts add up instead of overwriting.
CREATE TABLE tally (id integer PRIMARY KEY);
INSERT INTO tally VALUES (1);
