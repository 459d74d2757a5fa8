-- What entries are asked by: their systems, and more ways to find them. Each index serves a field of the filter together with the order of the log;
-- fields without one are looked for within the organisation's entries, a bounded stretch at a time.

CREATE TABLE IF NOT EXISTS entry_system (
  organization_id VARBINARY(63) NOT NULL COMMENT 'Of the entry',
  system VARBINARY(200) NOT NULL COMMENT 'organizations/{org}/systems/{system}',
  log_index BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (organization_id, system, log_index),
  KEY by_entry (log_index)
) ENGINE=InnoDB COMMENT='Which systems an entry concerns; repeats what its bytes say';

SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()
                  AND table_name = 'entry' AND index_name = 'by_occur') = 0,
  'ALTER TABLE entry ADD KEY by_occur (organization_id, occur_us, log_index),
                     ADD KEY by_subject (organization_id, subject, log_index),
                     ADD KEY by_outcome (organization_id, outcome, log_index),
                     ADD KEY by_trace (organization_id, trace_id, log_index)', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;
