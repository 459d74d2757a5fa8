-- Statistics of the log: derived from the entries by a follower, never evidence. Emptying statistic, statistic_zone and change_fact and setting
-- the cursor to 0 has them made anew.

CREATE TABLE IF NOT EXISTS statistic (
  organization_id VARBINARY(63) NOT NULL,
  family TINYINT NOT NULL COMMENT 'Entries: 1 all, 2 by type, 3 by outcome, 4 by source, 5 by system, 6 by reason of denial. Changes: 11 all, 12 by system, 13 by department',
  grain TINYINT NOT NULL COMMENT '1 hour, 2 day, 3 month',
  bucket INT NOT NULL COMMENT 'Hours since 1970 in UTC; days or months since 1970-01-01 in the zone of the organisation',
  member VARBINARY(64) NOT NULL COMMENT 'Which of the family, e.g. the identifier of the system; empty: the whole',
  measure TINYINT NOT NULL COMMENT '0 for entries; what is counted or how long it took for changes',
  slot SMALLINT NOT NULL COMMENT 'Of a count: the kind of change. Of a duration: the slot of the histogram',
  amount BIGINT NOT NULL,
  total_us BIGINT NOT NULL COMMENT 'Sum of the durations, exact',
  PRIMARY KEY (organization_id, family, grain, bucket, member, measure, slot)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC COMMENT='Counters per period';

CREATE TABLE IF NOT EXISTS change_fact (
  organization_id VARBINARY(63) NOT NULL,
  change_name VARBINARY(200) NOT NULL COMMENT 'Name of the request',
  time_zone VARBINARY(64) NOT NULL COMMENT 'By which its days are reckoned: that of the organisation when the change first appeared',
  kind TINYINT NOT NULL COMMENT 'docket.common.v1.ChangeKind',
  department VARBINARY(64) NOT NULL COMMENT '{department}; empty: not known',
  systems BLOB NOT NULL COMMENT '{system}, one per line, sorted',
  slot_conflicts MEDIUMBLOB NOT NULL COMMENT 'day:count, comma-separated: refusals for an occupied slot',
  event_count BIGINT NOT NULL COMMENT 'Events that made it up',
  submitted_us BIGINT NULL COMMENT 'First submission. NULL here and below: not yet',
  triaged_us BIGINT NULL COMMENT 'Last acceptance by triage',
  evaluation_opened_us BIGINT NULL,
  approval_requested_us BIGINT NULL COMMENT 'First request',
  approved_us BIGINT NULL COMMENT 'Last approval or preauthorisation',
  plan_approved_us BIGINT NULL,
  filed_us BIGINT NULL,
  started_us BIGINT NULL COMMENT 'First start of the implementation',
  failed_us BIGINT NULL COMMENT 'First work order that failed',
  completed_us BIGINT NULL,
  accepted_us BIGINT NULL,
  rolled_back_us BIGINT NULL,
  restored_us BIGINT NULL COMMENT 'When a roll-back had brought the service back',
  registered_us BIGINT NULL,
  closed_us BIGINT NULL,
  PRIMARY KEY (organization_id, change_name)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC COMMENT='What the log says of each change';

CREATE TABLE IF NOT EXISTS statistic_zone (
  organization_id VARBINARY(63) NOT NULL,
  from_index BIGINT UNSIGNED NOT NULL COMMENT 'Entries from this one on are reckoned in it; before the first: UTC',
  time_zone VARBINARY(64) NOT NULL COMMENT 'IANA name',
  PRIMARY KEY (organization_id, from_index)
) ENGINE=InnoDB COMMENT='Time zones of organisations as the log tells them';

CREATE TABLE IF NOT EXISTS statistic_cursor (
  id TINYINT NOT NULL COMMENT 'Always 0',
  next_index BIGINT UNSIGNED NOT NULL COMMENT 'Entries below it are counted',
  update_us BIGINT NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB COMMENT='How far the statistics have come; advancing compares and swaps it';

INSERT IGNORE INTO statistic_cursor (id, next_index, update_us) VALUES (0, 0, 0);
