-- Machines as people list them, by name and by the day of their last contact: filled while nobody asks
-- (listing.h), so that the hot tables carry no index for it.
CREATE TABLE listed (
  machine  INTEGER NOT NULL,  -- its id
  group_id INTEGER NOT NULL,
  day      INTEGER NOT NULL,  -- of the last contact, since 1970, UTC
  name     TEXT NOT NULL,     -- in lower case; empty: it has none
  -- As the rowid it could not be compared together with day or name in one step of an index.
  PRIMARY KEY (machine)
) STRICT, WITHOUT ROWID;
CREATE INDEX listed_day ON listed (group_id, day, machine);
CREATE INDEX listed_name ON listed (group_id, name, machine);
-- A row: the lists were whole when the store was closed, and no unit has been committed since.
CREATE TABLE listed_whole (one INTEGER PRIMARY KEY CHECK (one = 1)) STRICT;
