-- End users' feedback. Times are UTC microseconds since 1970.

CREATE TABLE IF NOT EXISTS feedback (
  organization_id VARBINARY(63) NOT NULL,
  feedback_id BINARY(16) NOT NULL COMMENT 'UUIDv7: ascending is oldest first',
  system_id VARBINARY(63) NOT NULL,
  text TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  channel TINYINT NOT NULL COMMENT 'number of Feedback.Channel',
  reporter VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'personal data; empty: not known',
  received_time_us BIGINT NOT NULL,
  state TINYINT NOT NULL COMMENT 'number of Feedback.State',
  request_id BINARY(16) NULL COMMENT 'the request it is part of, while FOLDED; follows merges',
  dismiss_reason VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  creator VARBINARY(200) NOT NULL COMMENT 'full name of a person or service',
  create_time_us BIGINT NOT NULL,
  update_time_us BIGINT NOT NULL,
  revision BIGINT NOT NULL COMMENT 'grows by 1 with every change; the etag',
  PRIMARY KEY (organization_id, feedback_id),
  KEY by_request (organization_id, request_id, feedback_id),
  KEY by_system (organization_id, system_id, feedback_id),
  KEY by_state (organization_id, state, feedback_id),
  KEY by_receipt (organization_id, received_time_us, feedback_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS feedback_count (
  organization_id VARBINARY(63) NOT NULL,
  request_id BINARY(16) NOT NULL,
  feedback_count BIGINT NOT NULL COMMENT 'rows of feedback with this request_id; changed in the transactions that change those',
  PRIMARY KEY (organization_id, request_id)
) ENGINE = InnoDB;
