-- Requests on hold, put off and related to each other; what they touch; how many there are. Times are UTC microseconds since
-- 1970. Columns are added only where they are missing, so that an interrupted migration can be run again.

SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
                  AND table_name = 'request' AND column_name = 'held') = 0,
  'ALTER TABLE request
  ADD COLUMN held TINYINT NOT NULL DEFAULT 0 COMMENT ''1: people cannot move it'',
  ADD COLUMN hold_reason VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '''',
  ADD COLUMN hold_time_us BIGINT NULL,
  ADD COLUMN holder VARBINARY(200) NOT NULL DEFAULT '''' COMMENT ''full name of who put it on hold; empty: not held'',
  ADD COLUMN relation_count SMALLINT NOT NULL DEFAULT 0 COMMENT ''rows in request_relation; 0 spares looking for them'',
  ADD KEY by_deferral (defer_until_us),
  ADD KEY by_requester (organization_id, requester, request_id),
  ADD KEY by_department (organization_id, department_id, request_id)', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;

CREATE TABLE IF NOT EXISTS request_relation (
  organization_id VARBINARY(63) NOT NULL,
  request_id BINARY(16) NOT NULL COMMENT 'each relation has a row for either end',
  kind TINYINT NOT NULL COMMENT 'number of RequestRelation.Kind, as request_id sees it',
  other_request_id BINARY(16) NOT NULL,
  by_merge TINYINT NOT NULL COMMENT '1: left by a merge, and stays',
  create_time_us BIGINT NOT NULL,
  PRIMARY KEY (organization_id, request_id, kind, other_request_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS request_family (
  organization_id VARBINARY(63) NOT NULL,
  change_count BIGINT NOT NULL COMMENT 'counted up by who changes a parent: one at a time, so that no two close a cycle',
  PRIMARY KEY (organization_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS priority_matrix_revision (
  organization_id VARBINARY(63) NOT NULL COMMENT 'no row: never changed, revision 1',
  revision BIGINT NOT NULL COMMENT 'grows by 1 with every change; the etag',
  update_time_us BIGINT NOT NULL,
  PRIMARY KEY (organization_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS request_impact (
  organization_id VARBINARY(63) NOT NULL,
  request_id BINARY(16) NOT NULL,
  snapshot MEDIUMBLOB NOT NULL COMMENT 'a serialised docket.request.v1.RequestImpact',
  PRIMARY KEY (organization_id, request_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS request_count (
  organization_id VARBINARY(63) NOT NULL,
  state TINYINT NOT NULL,
  priority TINYINT NOT NULL,
  department_id VARBINARY(63) NOT NULL COMMENT 'empty: none',
  shard TINYINT NOT NULL COMMENT 'last four bits of the request''s id, so that transitions wait for each other rarely',
  requests BIGINT NOT NULL COMMENT 'submitted ones; the sum over the shards is exact, a single shard may be anything',
  PRIMARY KEY (organization_id, state, priority, department_id, shard)
) ENGINE = InnoDB;

INSERT INTO request_count (organization_id, state, priority, department_id, shard, requests)
SELECT organization_id, state, priority, department_id, ORD(SUBSTRING(request_id, 16, 1)) & 15 AS shard_of, COUNT(*)
FROM request WHERE submit_time_us > 0
GROUP BY organization_id, state, priority, department_id, shard_of
ON DUPLICATE KEY UPDATE requests = VALUES(requests);
