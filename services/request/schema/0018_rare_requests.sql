-- What is rare among requests, found without looking at the others: those on hold, and those that were opened afterwards. An index is added
-- only where it is missing, so that an interrupted migration can be run again. What a program from before changes of holds afterwards is put
-- right by the daily comparison.

CREATE TABLE IF NOT EXISTS request_hold (
  organization_id VARBINARY(63) NOT NULL,
  request_id BINARY(16) NOT NULL COMMENT 'submitted and on hold; follows request.held in the transactions that change it',
  PRIMARY KEY (organization_id, request_id)
) ENGINE = InnoDB;

DELETE request_hold FROM request_hold JOIN request USING (organization_id, request_id) WHERE request.held = 0;

INSERT IGNORE INTO request_hold (organization_id, request_id)
  SELECT organization_id, request_id FROM request WHERE held = 1 AND submit_time_us > 0;

SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()
                  AND table_name = 'version_drift' AND index_name = 'by_request') = 0,
  'ALTER TABLE version_drift ADD KEY by_request (organization_id, request_id)', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;
