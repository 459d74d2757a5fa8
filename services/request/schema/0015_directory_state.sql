-- Departments, vendors and people go out of use and come back; organizations are listed. An index or column is added only where it is
-- missing, so that an interrupted migration can be run again.

SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
                  AND table_name = 'department' AND column_name = 'state') = 0,
  'ALTER TABLE department
    ADD COLUMN state TINYINT NOT NULL DEFAULT 1 COMMENT ''1 active, 2 retired'',
    ADD COLUMN state_reason VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '''',
    ADD COLUMN joins BIGINT NOT NULL DEFAULT 0
      COMMENT ''written by whatever comes to belong to it: that and its retirement wait for each other, on every node''', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;

SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
                  AND table_name = 'vendor' AND column_name = 'state') = 0,
  'ALTER TABLE vendor
    ADD COLUMN state TINYINT NOT NULL DEFAULT 1 COMMENT ''1 active, 2 retired'',
    ADD COLUMN state_reason VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '''',
    ADD COLUMN joins BIGINT NOT NULL DEFAULT 0
      COMMENT ''written by whatever comes to belong to it: that and its retirement wait for each other, on every node''', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;

SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
                  AND table_name = 'person' AND column_name = 'state') = 0,
  'ALTER TABLE person
    ADD COLUMN state TINYINT NOT NULL DEFAULT 1 COMMENT ''1 active, 2 retired'',
    ADD COLUMN state_reason VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT ''''', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;

SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()
                  AND table_name = 'catalog_system' AND index_name = 'by_vendor') = 0,
  'ALTER TABLE catalog_system ADD KEY by_vendor (organization_id, vendor_id, system_id)', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;

SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()
                  AND table_name = 'person' AND index_name = 'by_vendor') = 0,
  'ALTER TABLE person ADD KEY by_vendor (organization_id, vendor_id, person_id)', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;

SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()
                  AND table_name = 'organization' AND index_name = 'by_title') = 0,
  'ALTER TABLE organization ADD KEY by_title (title, organization_id)', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;
