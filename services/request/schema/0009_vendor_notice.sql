-- What vendors let their customer know. Times are UTC microseconds since 1970.

CREATE TABLE IF NOT EXISTS vendor_notice (
  organization_id VARBINARY(63) NOT NULL,
  notice_id BINARY(16) NOT NULL COMMENT 'UUIDv7: ascending is oldest first',
  vendor_id VARBINARY(63) NOT NULL,
  kind TINYINT NOT NULL COMMENT 'number of VendorNotice.Kind',
  title VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  contents TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  notes TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  known_issues TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  obligations TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  planned_time_us BIGINT NULL,
  support_end_us BIGINT NOT NULL COMMENT 'end of after-sales support; 253402300800000000 (the year 10000): none, and last in order',
  documents MEDIUMBLOB NOT NULL COMMENT 'a serialised docket.request.v1.Request that holds documents only',
  state TINYINT NOT NULL COMMENT 'number of VendorNotice.State',
  state_reason VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  supersedes BINARY(16) NULL COMMENT 'the older notice whose place it took',
  superseded_by BINARY(16) NULL,
  publisher VARBINARY(200) NOT NULL COMMENT 'full name; likewise acknowledger',
  acknowledger VARBINARY(200) NOT NULL COMMENT 'empty: none yet',
  acknowledge_time_us BIGINT NULL,
  reminder_us BIGINT NULL COMMENT 'when the next VendorSupportEnding is due; NULL: none',
  reminder_days SMALLINT NOT NULL COMMENT 'which one that is: 90, 30 or 0 days before',
  linked_request_count BIGINT NOT NULL DEFAULT 0 COMMENT 'rows in vendor_notice_request',
  create_time_us BIGINT NOT NULL,
  update_time_us BIGINT NOT NULL,
  revision BIGINT NOT NULL COMMENT 'grows by 1 with every change but of the count; the etag',
  PRIMARY KEY (organization_id, notice_id),
  KEY by_vendor (organization_id, vendor_id, notice_id),
  KEY by_state (organization_id, state, notice_id),
  KEY by_support_end (organization_id, support_end_us, notice_id),
  KEY by_reminder (reminder_us)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS vendor_notice_system (
  organization_id VARBINARY(63) NOT NULL,
  notice_id BINARY(16) NOT NULL,
  position SMALLINT NOT NULL COMMENT 'order in the notice, from 0',
  system_id VARBINARY(63) NOT NULL,
  affected_versions BLOB NOT NULL COMMENT 'a serialised docket.request.v1.VendorNotice.AffectedSystem that holds these only',
  offered_version VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'empty: none',
  PRIMARY KEY (organization_id, notice_id, position),
  KEY by_system (organization_id, system_id, notice_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS vendor_notice_request (
  organization_id VARBINARY(63) NOT NULL,
  request_id BINARY(16) NOT NULL COMMENT 'submitted, with the notice as its source_reference',
  notice_id BINARY(16) NOT NULL,
  PRIMARY KEY (organization_id, request_id),
  KEY by_notice (organization_id, notice_id, request_id)
) ENGINE = InnoDB;
