-- Who belongs to an organisation, and which software it runs. Times are UTC microseconds since 1970; identifiers are the last
-- parts of resource names; every row belongs to one organisation.

CREATE TABLE IF NOT EXISTS organization (
  organization_id VARBINARY(63) NOT NULL COMMENT 'acme of organizations/acme',
  title VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  time_zone VARBINARY(64) NOT NULL COMMENT 'IANA name; years of numbers follow it',
  language_code VARBINARY(16) NOT NULL COMMENT 'zh-CN or en',
  create_time_us BIGINT NOT NULL,
  update_time_us BIGINT NOT NULL,
  revision BIGINT NOT NULL COMMENT 'grows by 1 with every change; the etag',
  PRIMARY KEY (organization_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS department (
  organization_id VARBINARY(63) NOT NULL,
  department_id VARBINARY(63) NOT NULL,
  title VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  create_time_us BIGINT NOT NULL,
  update_time_us BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (organization_id, department_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS vendor (
  organization_id VARBINARY(63) NOT NULL,
  vendor_id VARBINARY(63) NOT NULL,
  title VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  contract_reference VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  support_end_us BIGINT NULL COMMENT 'end of after-sales support; NULL: not known',
  create_time_us BIGINT NOT NULL,
  update_time_us BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (organization_id, vendor_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS person (
  organization_id VARBINARY(63) NOT NULL,
  person_id VARBINARY(63) NOT NULL,
  display_name VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  department_id VARBINARY(63) NOT NULL COMMENT 'empty: none',
  vendor_id VARBINARY(63) NOT NULL COMMENT 'empty: not of a vendor',
  roles BIGINT UNSIGNED NOT NULL COMMENT 'bit n: role number n of the contract; for display, not for access',
  email VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  create_time_us BIGINT NOT NULL,
  update_time_us BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (organization_id, person_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS priority_matrix (
  organization_id VARBINARY(63) NOT NULL COMMENT '- holds the matrix that new organisations begin with',
  impact TINYINT NOT NULL COMMENT '1 low, 2 medium, 3 high, 4 critical; likewise below',
  urgency TINYINT NOT NULL,
  priority TINYINT NOT NULL,
  PRIMARY KEY (organization_id, impact, urgency)
) ENGINE = InnoDB;

INSERT INTO priority_matrix (organization_id, impact, urgency, priority) VALUES
  ('-', 1, 1, 1), ('-', 1, 2, 1), ('-', 1, 3, 2), ('-', 1, 4, 2),
  ('-', 2, 1, 1), ('-', 2, 2, 2), ('-', 2, 3, 2), ('-', 2, 4, 3),
  ('-', 3, 1, 2), ('-', 3, 2, 2), ('-', 3, 3, 3), ('-', 3, 4, 4),
  ('-', 4, 1, 2), ('-', 4, 2, 3), ('-', 4, 3, 4), ('-', 4, 4, 4)
ON DUPLICATE KEY UPDATE priority = priority_matrix.priority;

CREATE TABLE IF NOT EXISTS catalog_system (
  organization_id VARBINARY(63) NOT NULL,
  system_id VARBINARY(63) NOT NULL,
  title VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  description TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  owner_department_id VARBINARY(63) NOT NULL,
  vendor_id VARBINARY(63) NOT NULL COMMENT 'empty: none',
  criticality TINYINT NOT NULL COMMENT '1 low, 2 medium, 3 high, 4 critical',
  category VARBINARY(63) NOT NULL COMMENT 'free grouping; empty: none',
  hardware VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  operating_system VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  database_software VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  runtime VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  installed_version VARBINARY(64) NOT NULL COMMENT 'of the system as a whole; follows accepted changes only',
  state TINYINT NOT NULL COMMENT '1 active, 2 retired',
  create_time_us BIGINT NOT NULL,
  update_time_us BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (organization_id, system_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS catalog_component (
  organization_id VARBINARY(63) NOT NULL,
  system_id VARBINARY(63) NOT NULL,
  component_id VARBINARY(100) NOT NULL,
  position SMALLINT NOT NULL COMMENT 'order in which it was entered, from 0',
  title VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  installed_version VARBINARY(64) NOT NULL COMMENT 'follows accepted changes only',
  PRIMARY KEY (organization_id, system_id, component_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS catalog_dependency (
  organization_id VARBINARY(63) NOT NULL,
  system_id VARBINARY(63) NOT NULL COMMENT 'the system that needs the other',
  needs_system_id VARBINARY(63) NOT NULL,
  position SMALLINT NOT NULL COMMENT 'order in which it was entered, from 0',
  purpose VARCHAR(500) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  PRIMARY KEY (organization_id, system_id, needs_system_id),
  KEY needed (organization_id, needs_system_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS installed_version (
  organization_id VARBINARY(63) NOT NULL,
  system_id VARBINARY(63) NOT NULL,
  revision BIGINT NOT NULL COMMENT 'of the system, since which the version shows',
  component_id VARBINARY(100) NOT NULL COMMENT 'empty: the system as a whole',
  version VARBINARY(64) NOT NULL,
  install_time_us BIGINT NOT NULL,
  change_id BINARY(16) NULL COMMENT 'request that installed it; NULL: entered with the system',
  PRIMARY KEY (organization_id, system_id, revision, component_id)
) ENGINE = InnoDB;
