-- Collection of needs: schedules, rounds, answers. Times are UTC microseconds since 1970.

CREATE TABLE IF NOT EXISTS collection_schedule (
  organization_id VARBINARY(63) NOT NULL,
  schedule_id VARBINARY(63) NOT NULL,
  title VARCHAR(150) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  instructions TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  rule VARBINARY(500) NOT NULL COMMENT 'RFC 5545',
  start_local VARBINARY(16) NOT NULL COMMENT '2026-01-05T09:00, local time of the organisation',
  departments BLOB NOT NULL COMMENT 'identifiers separated by commas; empty: every department',
  reminders VARBINARY(40) NOT NULL COMMENT 'working days before the due day, separated by commas',
  answer_days SMALLINT NOT NULL COMMENT 'working days to answer',
  state TINYINT NOT NULL COMMENT '1 active, 2 paused, 3 retired',
  state_reason VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  next_occurrence_us BIGINT NULL COMMENT 'the time for which the next round opens; NULL: none',
  create_time_us BIGINT NOT NULL,
  update_time_us BIGINT NOT NULL,
  revision BIGINT NOT NULL COMMENT 'grows by 1 with every edit; the etag. Opening a round is no edit',
  PRIMARY KEY (organization_id, schedule_id),
  KEY due (state, next_occurrence_us, organization_id, schedule_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS collection_round (
  organization_id VARBINARY(63) NOT NULL,
  round_id BINARY(16) NOT NULL COMMENT 'UUIDv7: ascending is oldest first',
  schedule_id VARBINARY(63) NULL COMMENT 'NULL: opened by hand',
  occurrence_us BIGINT NULL COMMENT 'time of the schedule that it stands for',
  title VARCHAR(250) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  instructions TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  state TINYINT NOT NULL COMMENT '1 open, 2 closed',
  open_us BIGINT NOT NULL,
  due_us BIGINT NOT NULL,
  close_us BIGINT NULL,
  opener VARBINARY(200) NOT NULL COMMENT 'empty: its schedule',
  closer VARBINARY(200) NOT NULL COMMENT 'empty: its due time, or still open',
  close_reason VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  missed_occurrences INT NOT NULL COMMENT 'earlier times of the schedule that this round stands for as well',
  update_time_us BIGINT NOT NULL,
  revision BIGINT NOT NULL COMMENT 'grows by 1 with every change; the etag',
  PRIMARY KEY (organization_id, round_id),
  UNIQUE KEY occurrence (organization_id, schedule_id, occurrence_us),
  KEY by_due (organization_id, due_us, round_id),
  KEY by_state (organization_id, state, round_id),
  KEY to_close (state, due_us, organization_id, round_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS collection_answer (
  organization_id VARBINARY(63) NOT NULL,
  round_id BINARY(16) NOT NULL,
  department_id VARBINARY(63) NOT NULL COMMENT 'a department that was asked',
  answer_us BIGINT NULL COMMENT 'NULL: has not answered',
  nil_return TINYINT NOT NULL COMMENT '1: needs nothing',
  late TINYINT NOT NULL COMMENT '1: after the due time',
  answerer VARBINARY(200) NOT NULL,
  comment TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  PRIMARY KEY (organization_id, round_id, department_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS collection_reminder (
  organization_id VARBINARY(63) NOT NULL,
  round_id BINARY(16) NOT NULL,
  days_before SMALLINT NOT NULL COMMENT 'working days before the due day',
  remind_us BIGINT NOT NULL,
  state TINYINT NOT NULL COMMENT '1 waiting, 2 reported, 3 needless',
  PRIMARY KEY (organization_id, round_id, days_before),
  KEY due (state, remind_us, organization_id, round_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS collection_request (
  organization_id VARBINARY(63) NOT NULL,
  round_id BINARY(16) NOT NULL,
  request_id BINARY(16) NOT NULL COMMENT 'was submitted with this round as its source while the round was open',
  PRIMARY KEY (organization_id, round_id, request_id)
) ENGINE = InnoDB;
