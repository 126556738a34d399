-- Rows of machines in the order in which they were changed, until they are brought to their place in
-- the table machine: see fresh_rows.h. Of several of one machine the last holds.
CREATE TABLE fresh_machine (
  seq     INTEGER PRIMARY KEY,
  machine INTEGER NOT NULL,  -- its id
  data    BLOB NOT NULL      -- as in the table machine
) STRICT;
