-- A request is linked to any number of vendors' notices: to the one that it names as its source, and to those that people link it to.
-- Each change is made only where it is missing, so that an interrupted migration can be run again. A program from before writes the
-- links of sources only, which is what the column says of them by itself; where it moves a request to another source, it lets go of all links
-- of that request, so link by hand only when all replicas are new.

SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
                  AND table_name = 'vendor_notice_request' AND column_name = 'is_source') = 0,
  'ALTER TABLE vendor_notice_request ADD COLUMN is_source TINYINT NOT NULL DEFAULT 1 COMMENT ''1: the request names it as its source; 0: linked by hand''', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;

-- One statement, so that the table is never without its key.
SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()
                  AND table_name = 'vendor_notice_request' AND index_name = 'PRIMARY' AND column_name = 'notice_id') = 0,
  'ALTER TABLE vendor_notice_request MODIFY COLUMN request_id BINARY(16) NOT NULL COMMENT ''submitted'', DROP PRIMARY KEY, ADD PRIMARY KEY (organization_id, request_id, notice_id)', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;
