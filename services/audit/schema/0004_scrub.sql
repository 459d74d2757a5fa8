-- What verifying the log last came to. Not evidence: a hint for whoever starts anew and has not looked yet.

CREATE TABLE IF NOT EXISTS scrub_lap (
  id TINYINT NOT NULL COMMENT 'Always 0: the last lap that any process finished',
  number BIGINT NOT NULL COMMENT 'Laps are counted on over restarts',
  size BIGINT UNSIGNED NOT NULL COMMENT 'Entries that it covered',
  root BINARY(32) NOT NULL COMMENT 'Of these entries, as derived from their bytes',
  start_us BIGINT NOT NULL,
  end_us BIGINT NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB COMMENT='The last time that the whole log was verified';
