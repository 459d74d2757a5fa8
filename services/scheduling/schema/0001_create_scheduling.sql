-- The scheduling service's own tables. Keys begin with the organisation's identifier ({org} of organizations/{org});
-- times are microseconds since the Unix epoch in UTC; names of resources are whole (organizations/{org}/…).

CREATE TABLE IF NOT EXISTS plan (
  organization_id    VARBINARY(63)  NOT NULL,
  plan_id            VARBINARY(63)  NOT NULL COMMENT 'the identifier of its request',
  request_number     VARCHAR(64)    CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  title              VARCHAR(200)   CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  state              TINYINT        NOT NULL COMMENT '1 draft, 2 approved, 3 implementing, 4 implemented, 5 accepted, 6 rolled back',
  kind               TINYINT        NOT NULL COMMENT '1 normal, 2 standard, 3 emergency',
  requester          VARBINARY(200) NOT NULL COMMENT 'name of the person',
  department         VARBINARY(200) NOT NULL COMMENT 'name of the department; empty: none',
  slot_start_us      BIGINT         NULL COMMENT 'reserved time of execution [start, end)',
  slot_end_us        BIGINT         NULL,
  budget_currency    VARBINARY(3)   NULL COMMENT 'ISO 4217, of the approved budget',
  budget_minor_units BIGINT         NULL,
  evaluation_sha256  VARBINARY(32)  NOT NULL COMMENT 'what management voted on',
  content_sha256     BINARY(32)     NOT NULL COMMENT 'of targets, sections, slot and work orders',
  approver           VARBINARY(200) NOT NULL COMMENT 'empty: not approved',
  approved_sha256    VARBINARY(32)  NOT NULL COMMENT 'the content that was approved; empty: not approved',
  actual_start_us    BIGINT         NULL,
  actual_end_us      BIGINT         NULL,
  acceptor           VARBINARY(200) NOT NULL,
  acceptance_comment TEXT           CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  document           MEDIUMBLOB     NOT NULL COMMENT 'docket.scheduling.v1.Plan with targets, sections, implementers, rollback',
  work_orders        INT            NOT NULL COMMENT 'how many there are',
  evidence           INT            NOT NULL COMMENT 'how many there are',
  create_time_us     BIGINT         NOT NULL,
  update_time_us     BIGINT         NOT NULL,
  revision           BIGINT         NOT NULL COMMENT 'grows by 1 with each change',
  PRIMARY KEY (organization_id, plan_id),
  KEY plan_by_time (organization_id, create_time_us, plan_id),
  KEY plan_by_number (organization_id, request_number)
) ENGINE = InnoDB;

-- Which plans touch a system: an index over the targets in plan.document.
CREATE TABLE IF NOT EXISTS plan_system (
  organization_id VARBINARY(63) NOT NULL,
  plan_id         VARBINARY(63) NOT NULL,
  system_id       VARBINARY(63) NOT NULL COMMENT '{system} of organizations/{org}/systems/{system}',
  PRIMARY KEY (organization_id, plan_id, system_id),
  KEY plan_system_by_system (organization_id, system_id, plan_id)
) ENGINE = InnoDB;

-- One row for each system that was ever reserved. Whoever checks and reserves first writes the rows of all systems concerned, in the
-- order of their identifiers: others wait on this node, and on another node of a cluster fail certification and run again.
CREATE TABLE IF NOT EXISTS system_lock (
  organization_id VARBINARY(63) NOT NULL,
  system_id       VARBINARY(63) NOT NULL,
  turns           BIGINT        NOT NULL COMMENT 'how often the lock was taken',
  PRIMARY KEY (organization_id, system_id)
) ENGINE = InnoDB;

-- The reserved slots of plans that are neither accepted nor rolled back, one row for each system.
CREATE TABLE IF NOT EXISTS slot_reservation (
  organization_id VARBINARY(63) NOT NULL,
  system_id       VARBINARY(63) NOT NULL,
  start_us        BIGINT        NOT NULL,
  plan_id         VARBINARY(63) NOT NULL,
  end_us          BIGINT        NOT NULL COMMENT 'at most 14 days after start_us',
  PRIMARY KEY (organization_id, system_id, start_us, plan_id),
  KEY slot_reservation_by_plan (organization_id, plan_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS work_order (
  organization_id  VARBINARY(63)  NOT NULL,
  plan_id          VARBINARY(63)  NOT NULL,
  work_order_id    BINARY(16)     NOT NULL,
  sequence         INT            NOT NULL COMMENT 'position within the plan, from 1',
  title            VARCHAR(200)   CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  instructions     TEXT           CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  assignee         VARBINARY(200) NOT NULL COMMENT 'name of the person',
  dependencies     VARBINARY(800) NOT NULL COMMENT 'identifiers of work orders of the plan, 16 bytes each, at most 50',
  state            TINYINT        NOT NULL COMMENT '1 pending, 2 in progress, 3 done, 4 failed, 5 cancelled',
  planned_start_us BIGINT         NULL,
  planned_end_us   BIGINT         NULL,
  actual_start_us  BIGINT         NULL,
  actual_end_us    BIGINT         NULL,
  result           TEXT           CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  content_sha256   BINARY(32)     NOT NULL COMMENT 'of what the plan approval covers',
  create_time_us   BIGINT         NOT NULL,
  update_time_us   BIGINT         NOT NULL,
  revision         BIGINT         NOT NULL,
  PRIMARY KEY (organization_id, plan_id, work_order_id),
  UNIQUE KEY work_order_by_sequence (organization_id, plan_id, sequence)
) ENGINE = InnoDB;

-- Never changed once written.
CREATE TABLE IF NOT EXISTS evidence (
  organization_id VARBINARY(63)  NOT NULL,
  plan_id         VARBINARY(63)  NOT NULL,
  evidence_id     BINARY(16)     NOT NULL,
  sequence        INT            NOT NULL COMMENT 'position within the plan, from 1',
  kind            TINYINT        NOT NULL COMMENT '1 backup, 2 restore drill, 3 test run, 4 user acceptance',
  category        TINYINT        NULL COMMENT 'of a test run: 1 functional, 2 performance, 3 compatibility, 4 security',
  passed          TINYINT        NOT NULL COMMENT 'what the gate reads; 1 for every backup',
  author          VARBINARY(200) NOT NULL,
  record_time_us  BIGINT         NOT NULL,
  content         MEDIUMBLOB     NOT NULL COMMENT 'docket.scheduling.v1.Evidence with its kind alone',
  PRIMARY KEY (organization_id, plan_id, evidence_id),
  UNIQUE KEY evidence_by_sequence (organization_id, plan_id, sequence)
) ENGINE = InnoDB;
