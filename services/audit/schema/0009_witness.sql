-- What witnesses say of the log's checkpoints. Insert-only for the service's user, like the checkpoints themselves.

CREATE TABLE IF NOT EXISTS cosignature (
  size BIGINT UNSIGNED NOT NULL COMMENT 'Of the checkpoint',
  witness VARBINARY(256) NOT NULL COMMENT 'Name of the witness''s key',
  key_id INT UNSIGNED NOT NULL COMMENT 'Id of the key',
  sign_time_s BIGINT NOT NULL COMMENT 'When, by the witness''s clock, in seconds since 1970',
  line VARBINARY(512) NOT NULL COMMENT 'C2SP signature line with its newline',
  receive_us BIGINT NOT NULL COMMENT 'When the log took it in',
  PRIMARY KEY (size, witness, key_id),
  KEY by_witness (witness, key_id, size)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC COMMENT='Cosignatures; a checkpoint has one of each witness';
