-- Answers of calls that changed something, so that a repeated call gets the answer of the first. See mutation.h.
CREATE TABLE IF NOT EXISTS idempotency (
  organization_id VARBINARY(63) NOT NULL COMMENT 'the {org} of organizations/{org} that the call was about; - for none',
  principal VARBINARY(200) NOT NULL COMMENT 'name of the caller',
  request_id BINARY(16) NOT NULL COMMENT 'UUID that the caller chose',
  method VARBINARY(200) NOT NULL COMMENT 'full name of the method, package.Service/Method',
  fingerprint BINARY(32) NOT NULL COMMENT 'SHA-256 of the request, serialised canonically',
  reply MEDIUMBLOB NOT NULL COMMENT 'the answer, serialised; at most 1 MiB',
  created_us BIGINT NOT NULL COMMENT 'when the call was answered; kept for 7 days',
  PRIMARY KEY (organization_id, principal, request_id),
  KEY idempotency_created (created_us)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='answers of calls that changed something';
