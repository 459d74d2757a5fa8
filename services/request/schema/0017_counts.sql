-- Requests are counted by kind, source, whether they are held and whether they were opened afterwards, too; and feedback, vendors'
-- notices and version drifts are counted.
--
-- The requests are counted anew into a table beside the old one, which then takes its name: whoever reads sees the one or the other,
-- whole. Interrupted anywhere, all begins again. A program from before finds the columns that it knows and leaves the new ones 0, so that
-- what it shows is right. What it writes from the counting on is put where it belongs by the comparison with the tables, which runs within
-- an hour of a replica's start and once a day. A comparison by a program from before, should one fall into those minutes, counts requests
-- twice until then.

DROP TABLE IF EXISTS request_count_anew, request_count_before;

CREATE TABLE request_count_anew (
  organization_id VARBINARY(63) NOT NULL,
  state TINYINT NOT NULL,
  priority TINYINT NOT NULL,
  department_id VARBINARY(63) NOT NULL COMMENT 'empty: none',
  kind TINYINT NOT NULL DEFAULT 0 COMMENT 'number of ChangeKind',
  source TINYINT NOT NULL DEFAULT 0 COMMENT 'number of Request.Source',
  held TINYINT NOT NULL DEFAULT 0,
  retrospective TINYINT NOT NULL DEFAULT 0,
  shard TINYINT NOT NULL COMMENT 'last two bits of the request''s id, so that transitions wait for each other rarely',
  requests BIGINT NOT NULL COMMENT 'submitted ones; the sum over the shards is exact, a single shard may be anything',
  PRIMARY KEY (organization_id, state, priority, department_id, kind, source, held, retrospective, shard)
) ENGINE = InnoDB;

INSERT INTO request_count_anew
  (organization_id, state, priority, department_id, kind, source, held, retrospective, shard, requests)
SELECT organization_id, state, priority, department_id, kind, source, held, retrospective,
  ORD(SUBSTRING(request_id, 16, 1)) & 3 AS shard_of, COUNT(*)
FROM request WHERE submit_time_us > 0
GROUP BY organization_id, state, priority, department_id, kind, source, held, retrospective, shard_of;

RENAME TABLE request_count TO request_count_before, request_count_anew TO request_count;

DROP TABLE IF EXISTS request_count_before;

DROP TABLE IF EXISTS tally;

CREATE TABLE tally (
  organization_id VARBINARY(63) NOT NULL,
  resource TINYINT NOT NULL COMMENT '1 feedback, 2 vendor_notice, 3 version_drift',
  state TINYINT NOT NULL COMMENT 'as in the counted table',
  kind TINYINT NOT NULL COMMENT 'a feedback''s channel, a notice''s kind, a drift''s direction',
  owner VARBINARY(63) NOT NULL COMMENT 'the system; of a notice the vendor',
  shard TINYINT NOT NULL COMMENT 'last four bits of an id of the transaction''s, so that transactions wait for each other rarely',
  amount BIGINT NOT NULL COMMENT 'the sum over the shards is exact, a single shard may be anything',
  PRIMARY KEY (organization_id, resource, state, kind, owner, shard)
) ENGINE = InnoDB;

INSERT INTO tally (organization_id, resource, state, kind, owner, shard, amount)
SELECT organization_id, 1, state, channel, system_id, 0, COUNT(*) FROM feedback
GROUP BY organization_id, state, channel, system_id;

INSERT INTO tally (organization_id, resource, state, kind, owner, shard, amount)
SELECT organization_id, 2, state, kind, vendor_id, 0, COUNT(*) FROM vendor_notice
GROUP BY organization_id, state, kind, vendor_id;

INSERT INTO tally (organization_id, resource, state, kind, owner, shard, amount)
SELECT organization_id, 3, state, direction, system_id, 0, COUNT(*) FROM version_drift
GROUP BY organization_id, state, direction, system_id;
