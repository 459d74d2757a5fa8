-- Editing the catalogue and the directory, listing them in several orders, and versions that no change explains. Times are UTC
-- microseconds since 1970. An index or column is added only where it is missing, so that an interrupted migration can be run again.

CREATE TABLE IF NOT EXISTS catalog_size (
  organization_id VARBINARY(63) NOT NULL,
  systems BIGINT NOT NULL COMMENT 'how many there are, retired ones included',
  edits BIGINT NOT NULL COMMENT 'written by every edit of dependencies or states, which makes them one after another',
  PRIMARY KEY (organization_id)
) ENGINE = InnoDB;

INSERT INTO catalog_size (organization_id, systems, edits)
  SELECT organization_id, COUNT(*), 0 FROM catalog_system GROUP BY organization_id
ON DUPLICATE KEY UPDATE edits = catalog_size.edits;

CREATE TABLE IF NOT EXISTS version_drift (
  organization_id VARBINARY(63) NOT NULL,
  drift_id BINARY(16) NOT NULL COMMENT 'UUIDv7: ascending is oldest first',
  system_id VARBINARY(63) NOT NULL,
  component_id VARBINARY(100) NOT NULL COMMENT 'empty: the system as a whole',
  installed_version VARBINARY(64) NOT NULL COMMENT 'what the catalogue showed at the first observation',
  observed_version VARBINARY(64) NOT NULL COMMENT 'as the first observation spelled it',
  version_key VARBINARY(300) NOT NULL COMMENT 'the same for all spellings of the observed version',
  direction TINYINT NOT NULL COMMENT 'number of VersionDrift.Direction',
  state TINYINT NOT NULL COMMENT '1 open, 2 resolved',
  resolved_as VARBINARY(16) NOT NULL COMMENT 'empty while open, then the drift_id: one open drift of a version at a time',
  request_id BINARY(16) NOT NULL COMMENT 'the retrospective request',
  source VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'who observed it first',
  first_observe_us BIGINT NOT NULL,
  last_observe_us BIGINT NOT NULL,
  observations BIGINT NOT NULL,
  create_time_us BIGINT NOT NULL,
  resolve_time_us BIGINT NULL,
  PRIMARY KEY (organization_id, drift_id),
  UNIQUE KEY one_open (organization_id, system_id, component_id, version_key, resolved_as),
  KEY by_state (organization_id, state, drift_id),
  KEY by_system (organization_id, system_id, drift_id)
) ENGINE = InnoDB;

SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()
                  AND table_name = 'catalog_system' AND index_name = 'by_title') = 0,
  'ALTER TABLE catalog_system ADD KEY by_title (organization_id, title, system_id)', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;

SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()
                  AND table_name = 'catalog_system' AND index_name = 'by_criticality') = 0,
  'ALTER TABLE catalog_system ADD KEY by_criticality (organization_id, criticality, system_id)', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;

SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()
                  AND table_name = 'catalog_system' AND index_name = 'by_update') = 0,
  'ALTER TABLE catalog_system ADD KEY by_update (organization_id, update_time_us, system_id)', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;

SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()
                  AND table_name = 'catalog_system' AND index_name = 'by_owner') = 0,
  'ALTER TABLE catalog_system ADD KEY by_owner (organization_id, owner_department_id, system_id)', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;

SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()
                  AND table_name = 'department' AND index_name = 'by_title') = 0,
  'ALTER TABLE department ADD KEY by_title (organization_id, title, department_id)', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;

SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()
                  AND table_name = 'vendor' AND index_name = 'by_title') = 0,
  'ALTER TABLE vendor ADD KEY by_title (organization_id, title, vendor_id)', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;

SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()
                  AND table_name = 'person' AND index_name = 'by_display_name') = 0,
  'ALTER TABLE person ADD KEY by_display_name (organization_id, display_name, person_id)', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;

SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()
                  AND table_name = 'person' AND index_name = 'by_department') = 0,
  'ALTER TABLE person ADD KEY by_department (organization_id, department_id, person_id)', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;

SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
                  AND table_name = 'request' AND column_name = 'retrospective') = 0,
  'ALTER TABLE request ADD COLUMN retrospective TINYINT NOT NULL DEFAULT 0 COMMENT ''1: opened for a change that had happened already''', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;
