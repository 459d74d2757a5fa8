-- The audit log. Evidence tables (entry, payload, dedupe, tile, checkpoint) are insert-only for the service's user; tree_state is the only row
-- that it changes.

CREATE TABLE IF NOT EXISTS entry (
  log_index BIGINT UNSIGNED NOT NULL COMMENT 'Position in the log, from 0, without gaps',
  leaf_hash BINARY(32) NOT NULL COMMENT 'SHA-256(0x00 || entry)',
  entry MEDIUMBLOB NOT NULL COMMENT 'The exact bytes that the log commits to: docket.audit.v1.Entry',
  -- What follows repeats what the bytes say, for finding them.
  receive_us BIGINT NOT NULL COMMENT 'When the log took it in; never smaller than before',
  occur_us BIGINT NOT NULL COMMENT 'When it happened, by its source',
  organization_id VARBINARY(63) NOT NULL COMMENT '{org}; empty: none',
  change_name VARBINARY(200) NOT NULL COMMENT 'Name of the request it belongs to; empty: none',
  subject VARBINARY(200) NOT NULL,
  actor VARBINARY(200) NOT NULL,
  type VARBINARY(64) NOT NULL,
  source VARBINARY(64) NOT NULL,
  method VARBINARY(200) NOT NULL,
  outcome TINYINT NOT NULL COMMENT 'docket.event.v1.Outcome',
  trace_id VARBINARY(32) NOT NULL,
  PRIMARY KEY (log_index),
  KEY by_organization (organization_id, log_index),
  KEY by_change (organization_id, change_name, log_index),
  KEY by_actor (organization_id, actor, log_index),
  KEY by_type (organization_id, type, log_index)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC COMMENT='Entries of the log';

CREATE TABLE IF NOT EXISTS payload (
  log_index BIGINT UNSIGNED NOT NULL,
  salt BINARY(32) NOT NULL COMMENT 'Key of the commitment HMAC-SHA256(salt, payload) in the entry',
  payload MEDIUMBLOB NOT NULL COMMENT 'docket.audit.v1.EntryPayload',
  PRIMARY KEY (log_index)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC COMMENT='What entries commit to without containing it';

CREATE TABLE IF NOT EXISTS dedupe (
  source VARBINARY(64) NOT NULL,
  event_id BINARY(16) NOT NULL COMMENT 'UUIDv7',
  content_sha256 BINARY(32) NOT NULL COMMENT 'Of the event without its sequence number: tells a repeat from a conflict',
  log_index BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (source, event_id)
) ENGINE=InnoDB COMMENT='Which events are in the log already';

CREATE TABLE IF NOT EXISTS tile (
  level TINYINT UNSIGNED NOT NULL COMMENT 'Tile level: one step is eight tree levels',
  tile_index BIGINT UNSIGNED NOT NULL,
  root BINARY(32) NOT NULL COMMENT 'Root of the tile: one hash of the tile above',
  hashes VARBINARY(8192) NOT NULL COMMENT '256 node hashes',
  PRIMARY KEY (level, tile_index)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC COMMENT='Complete tiles of the tree; partial ones are derived from entries and roots';

CREATE TABLE IF NOT EXISTS checkpoint (
  size BIGINT UNSIGNED NOT NULL,
  root BINARY(32) NOT NULL,
  note VARBINARY(2048) NOT NULL COMMENT 'C2SP signed note',
  create_us BIGINT NOT NULL,
  PRIMARY KEY (size)
) ENGINE=InnoDB COMMENT='Signed checkpoints; one size has one';

CREATE TABLE IF NOT EXISTS tree_state (
  id TINYINT NOT NULL COMMENT 'Always 0',
  size BIGINT UNSIGNED NOT NULL COMMENT 'Number of entries',
  root BINARY(32) NOT NULL,
  edge VARBINARY(2048) NOT NULL COMMENT 'Right edge of the tree: size and roots of the perfect subtrees',
  last_receive_us BIGINT NOT NULL COMMENT 'receive_us of the last entry',
  PRIMARY KEY (id)
) ENGINE=InnoDB COMMENT='The tree as it stands; appending compares and swaps it';

-- The empty tree: SHA-256 of nothing, and a size of eight zero bytes.
INSERT IGNORE INTO tree_state (id, size, root, edge, last_receive_us)
VALUES (0, 0, UNHEX('E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855'), UNHEX('0000000000000000'), 0);
