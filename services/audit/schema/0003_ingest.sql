-- Who reports to the log and how far each has come, and which process leads. Nothing of this is evidence: what is noticed by it stands in the
-- log as an entry.

CREATE TABLE IF NOT EXISTS ingest_source (
  source VARBINARY(64) NOT NULL COMMENT 'services/{service}',
  last_sequence BIGINT NOT NULL COMMENT 'Highest number seen; 0: none',
  missing BIGINT NOT NULL COMMENT 'Numbers up to there that were not seen',
  untracked_missing BIGINT NOT NULL COMMENT 'Of them, those in no row of ingest_gap',
  accepted BIGINT NOT NULL COMMENT 'Events that became entries',
  rejected BIGINT NOT NULL COMMENT 'Events that never can',
  unrecorded_rejected BIGINT NOT NULL COMMENT 'Of them, those without an entry that says so',
  conflicts BIGINT NOT NULL COMMENT 'Events with the id of another one',
  rejected_minute BIGINT NOT NULL COMMENT 'The minute since 1970 in which a rejection was last recorded',
  rejected_in_minute INT NOT NULL COMMENT 'How many were recorded in that minute',
  last_receive_us BIGINT NOT NULL COMMENT 'When something new came',
  revision BIGINT NOT NULL COMMENT 'Grows with each write, which names the one it was made from',
  PRIMARY KEY (source)
) ENGINE=InnoDB COMMENT='Where the log stands with each source';

CREATE TABLE IF NOT EXISTS ingest_gap (
  source VARBINARY(64) NOT NULL COMMENT 'services/{service}',
  first_missing BIGINT NOT NULL,
  last_missing BIGINT NOT NULL,
  detect_us BIGINT NOT NULL COMMENT 'When the log noticed it',
  PRIMARY KEY (source, first_missing)
) ENGINE=InnoDB COMMENT='Numbers that were skipped and have not arrived';

CREATE TABLE IF NOT EXISTS leader (
  id TINYINT NOT NULL COMMENT 'Always 0',
  epoch BIGINT NOT NULL COMMENT 'Grows with each new holder and fences its predecessors',
  holder VARBINARY(200) NOT NULL COMMENT 'The process that leads, for people',
  expires_us BIGINT NOT NULL COMMENT 'When another process may take over',
  renewals BIGINT NOT NULL COMMENT 'Grows with each write, so that a cluster sees every conflict',
  PRIMARY KEY (id)
) ENGINE=InnoDB COMMENT='Which process does what one is enough for';

INSERT IGNORE INTO leader (id, epoch, holder, expires_us, renewals) VALUES (0, 0, '', 0, 0);

-- Taking over raises the epoch here too, so that whoever grows the tree from what it read before has to read it again.
SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'tree_state' AND column_name = 'epoch') = 0,
  'ALTER TABLE tree_state ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0 COMMENT ''That of the table leader when somebody last took over''', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;
