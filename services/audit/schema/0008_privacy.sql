-- Payloads that can be taken away: encrypted under secrets that are kept apart and can be destroyed, and who decided on that.

SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
                  AND table_name = 'payload' AND column_name = 'format') = 0,
  'ALTER TABLE payload
     MODIFY salt VARBINARY(32) NOT NULL COMMENT ''Format 0: key of the commitment HMAC-SHA256(salt, payload) in the entry; 1: empty, it is made of secrets'',
     MODIFY payload MEDIUMBLOB NOT NULL COMMENT ''docket.audit.v1.EntryPayload; format 1: nonce, AES-256-GCM ciphertext and tag of it'',
     ADD COLUMN format TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT ''0 as it is, 1 encrypted'',
     ADD COLUMN key_id BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT ''Format 1: subject_key of the person it tells of''', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;

SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
                  AND table_name = 'tree_state' AND column_name = 'secret_epoch') = 0,
  'ALTER TABLE tree_state ADD COLUMN secret_epoch BIGINT UNSIGNED NOT NULL DEFAULT 0
     COMMENT ''Grows whenever a subject key is destroyed: no append that still holds one gets in''', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;

-- Payloads from before encryption: the only ones whose rows the service may delete. The view's owner is who migrates.
CREATE OR REPLACE VIEW plain_payload AS SELECT log_index, salt, payload FROM payload WHERE format = 0;

CREATE TABLE IF NOT EXISTS payload_secret (
  block BIGINT UNSIGNED NOT NULL COMMENT 'Of the entries 256 * block and following',
  master_key_id VARBINARY(32) NOT NULL COMMENT 'Which master key wraps it',
  secret VARBINARY(8000) NOT NULL COMMENT 'Wrapped seeds of the entries that are not redacted',
  PRIMARY KEY (block),
  KEY by_master (master_key_id, block)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC COMMENT='Secrets by entry: a redacted one is taken out';

CREATE TABLE IF NOT EXISTS subject_key (
  key_id BIGINT UNSIGNED NOT NULL COMMENT 'Random, below 2^63',
  organization_id VARBINARY(63) NOT NULL COMMENT '{org}; empty: none',
  subject VARBINARY(200) NOT NULL COMMENT 'Name of the person; empty: what concerns no person, or must stay',
  live TINYINT NULL COMMENT '1; NULL once it is destroyed',
  master_key_id VARBINARY(32) NOT NULL COMMENT 'Which master key wraps it; empty: destroyed',
  secret VARBINARY(100) NOT NULL COMMENT 'Wrapped key; empty: destroyed',
  create_us BIGINT NOT NULL,
  destroy_us BIGINT NOT NULL DEFAULT 0,
  event_id BINARY(16) NULL COMMENT 'The RedactionApplied event that tells of its destruction',
  PRIMARY KEY (key_id),
  UNIQUE KEY live_key (organization_id, subject, live),
  KEY by_master (master_key_id, key_id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC COMMENT='One key per person: destroying it takes all payloads of that person away';

CREATE TABLE IF NOT EXISTS redaction_mark (
  block BIGINT UNSIGNED NOT NULL COMMENT 'Of the entries 256 * block and following',
  event_id BINARY(16) NOT NULL COMMENT 'The RedactionApplied or RetentionApplied event that tells of it',
  bitmap BINARY(32) NOT NULL COMMENT 'Bit i % 8 of byte i / 8: entry 256 * block + i was redacted',
  PRIMARY KEY (block, event_id)
) ENGINE=InnoDB COMMENT='Which entries were redacted and by what; added to only';

CREATE TABLE IF NOT EXISTS redaction (
  organization_id VARBINARY(63) NOT NULL,
  redaction_id BINARY(16) NOT NULL COMMENT 'UUIDv7',
  state TINYINT NOT NULL COMMENT '1 proposed, 2 approved, 3 rejected, 4 applied',
  data_subject VARBINARY(200) NOT NULL COMMENT 'Name of the person; empty: entries by index',
  legal_basis TINYINT NOT NULL COMMENT 'docket.audit.v1.Redaction.LegalBasis',
  proposer VARBINARY(200) NOT NULL,
  decider VARBINARY(200) NOT NULL DEFAULT '',
  propose_us BIGINT NOT NULL,
  document MEDIUMBLOB NOT NULL COMMENT 'docket.audit.v1.Redaction',
  revision BIGINT NOT NULL,
  PRIMARY KEY (organization_id, redaction_id),
  KEY by_state (state, organization_id, redaction_id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC COMMENT='What was proposed to be taken away';

CREATE TABLE IF NOT EXISTS legal_hold (
  organization_id VARBINARY(63) NOT NULL,
  hold_id BINARY(16) NOT NULL COMMENT 'UUIDv7',
  state TINYINT NOT NULL COMMENT '1 active, 2 released',
  change_name VARBINARY(200) NOT NULL COMMENT 'Covers this change; empty: not by change',
  person VARBINARY(200) NOT NULL COMMENT 'Covers this actor; empty: not by person',
  matter VARCHAR(200) NOT NULL,
  begin_us BIGINT NULL COMMENT 'Covers what was taken in from here on; NULL: not by time, or from the beginning',
  end_us BIGINT NULL COMMENT 'Covers what was taken in before; NULL: open',
  placer VARBINARY(200) NOT NULL,
  place_us BIGINT NOT NULL,
  document MEDIUMBLOB NOT NULL COMMENT 'docket.audit.v1.LegalHold',
  revision BIGINT NOT NULL,
  PRIMARY KEY (organization_id, hold_id),
  KEY by_state (organization_id, state, hold_id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='What must stay readable';

CREATE TABLE IF NOT EXISTS retention_policy (
  organization_id VARBINARY(63) NOT NULL,
  document MEDIUMBLOB NOT NULL COMMENT 'docket.audit.v1.RetentionPolicy',
  revision BIGINT NOT NULL,
  PRIMARY KEY (organization_id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC COMMENT='How long payloads are kept';

CREATE TABLE IF NOT EXISTS retention_progress (
  organization_id VARBINARY(63) NOT NULL,
  event_type VARBINARY(64) NOT NULL COMMENT 'Empty: types without a rule of their own',
  next_index BIGINT UNSIGNED NOT NULL COMMENT 'Everything before was looked at',
  PRIMARY KEY (organization_id, event_type)
) ENGINE=InnoDB COMMENT='How far retention has come';

CREATE TABLE IF NOT EXISTS privacy_lock (
  organization_id VARBINARY(63) NOT NULL,
  turn BIGINT UNSIGNED NOT NULL COMMENT 'How often it was taken',
  PRIMARY KEY (organization_id)
) ENGINE=InnoDB COMMENT='Taken by whoever redacts or holds, so that neither overlooks the other';
