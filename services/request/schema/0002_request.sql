-- Requests and their numbers. Times are UTC microseconds since 1970.

CREATE TABLE IF NOT EXISTS request (
  organization_id VARBINARY(63) NOT NULL,
  request_id BINARY(16) NOT NULL COMMENT 'UUIDv7: ascending is oldest first',
  request_number VARBINARY(40) NOT NULL COMMENT 'REQ-2026-000001; ~ and the id until submitted',
  title VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  state TINYINT NOT NULL COMMENT 'number of Request.State',
  kind TINYINT NOT NULL COMMENT 'number of ChangeKind',
  source TINYINT NOT NULL COMMENT 'number of Request.Source',
  source_reference VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  need TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  problem TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  business_impact TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  urgency TINYINT NOT NULL COMMENT '1 low, 2 medium, 3 high, 4 critical; likewise impact and priority',
  impact TINYINT NOT NULL,
  priority TINYINT NOT NULL COMMENT 'by the organisation''s priority_matrix when last edited or submitted',
  necessity_ground TINYINT NOT NULL COMMENT 'number of Request.NecessityGround',
  necessity_rationale TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  documents MEDIUMBLOB NOT NULL COMMENT 'a serialised docket.request.v1.Request that holds documents only',
  requester VARBINARY(200) NOT NULL COMMENT 'full name of a person or service; likewise endorser and triager',
  department_id VARBINARY(63) NOT NULL COMMENT 'the author''s; empty: none',
  endorser VARBINARY(200) NOT NULL COMMENT 'empty: none yet',
  triager VARBINARY(200) NOT NULL COMMENT 'empty: none yet',
  state_reason VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  conclusion TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  defer_until_us BIGINT NULL,
  merged_into BINARY(16) NULL COMMENT 'request this one was folded into',
  result TINYINT NOT NULL COMMENT '0 not known, 1 implemented, 2 rolled back',
  create_time_us BIGINT NOT NULL,
  update_time_us BIGINT NOT NULL,
  submit_time_us BIGINT NOT NULL COMMENT 'first submission; 0: never, and then private to the requester',
  close_time_us BIGINT NULL,
  revision BIGINT NOT NULL COMMENT 'grows by 1 with every change; the etag',
  PRIMARY KEY (organization_id, request_id),
  UNIQUE KEY request_number (organization_id, request_number),
  KEY by_submission (organization_id, submit_time_us, request_id),
  KEY by_priority (organization_id, priority, request_id),
  KEY by_state (organization_id, state, request_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS request_target (
  organization_id VARBINARY(63) NOT NULL,
  request_id BINARY(16) NOT NULL,
  position SMALLINT NOT NULL COMMENT 'order in the form, from 0',
  system_id VARBINARY(63) NOT NULL,
  component_id VARBINARY(100) NOT NULL COMMENT 'empty: the system as a whole',
  from_version VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  to_version VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  PRIMARY KEY (organization_id, request_id, position),
  KEY by_system (organization_id, system_id, request_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS request_counter (
  organization_id VARBINARY(63) NOT NULL,
  year SMALLINT NOT NULL COMMENT 'in the time zone of the organisation',
  last_number BIGINT NOT NULL COMMENT 'given out last; counted up in the transaction that uses it, so there is no gap',
  PRIMARY KEY (organization_id, year)
) ENGINE = InnoDB;
