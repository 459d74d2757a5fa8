-- Standard-change templates, their versions, and the requests that are instances of one. Times are UTC microseconds since 1970.

CREATE TABLE IF NOT EXISTS change_template (
  organization_id VARBINARY(63) NOT NULL,
  template_id VARBINARY(63) NOT NULL,
  title VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'of the approved version, else of the newest',
  state TINYINT NOT NULL COMMENT '1 active, 2 retired',
  approved_version INT NOT NULL COMMENT '0: none; one place for one number, so at most one version is approved',
  latest_version INT NOT NULL COMMENT 'versions count from 1',
  creator VARBINARY(200) NOT NULL COMMENT 'full name of a person',
  retire_reason VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  withdrawn_for_cause TINYINT NOT NULL COMMENT '1: what it preauthorised and was not carried out is void',
  create_time_us BIGINT NOT NULL,
  update_time_us BIGINT NOT NULL,
  revision BIGINT NOT NULL COMMENT 'grows by 1 with every change, of a version too; the etag',
  PRIMARY KEY (organization_id, template_id),
  KEY by_creation (organization_id, create_time_us, template_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS change_template_version (
  organization_id VARBINARY(63) NOT NULL,
  template_id VARBINARY(63) NOT NULL,
  version INT NOT NULL,
  title VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  content MEDIUMBLOB NOT NULL COMMENT 'a serialised docket.request.v1.ChangeTemplateVersion that holds the content only',
  content_sha256 BINARY(32) NOT NULL,
  expire_time_us BIGINT NOT NULL COMMENT 'last moment at which an instance can be submitted',
  state TINYINT NOT NULL COMMENT '1 proposed, 2 approved, 3 rejected, 4 retired',
  proposer VARBINARY(200) NOT NULL,
  decider VARBINARY(200) NOT NULL COMMENT 'empty: none yet',
  state_reason VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  create_time_us BIGINT NOT NULL,
  update_time_us BIGINT NOT NULL,
  decide_time_us BIGINT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (organization_id, template_id, version)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS change_template_target (
  organization_id VARBINARY(63) NOT NULL,
  template_id VARBINARY(63) NOT NULL,
  version INT NOT NULL,
  position SMALLINT NOT NULL COMMENT 'as in the content, of which this is a projection to search by',
  system_id VARBINARY(63) NOT NULL,
  PRIMARY KEY (organization_id, template_id, version, position),
  KEY by_system (organization_id, system_id, template_id, version)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS request_template (
  organization_id VARBINARY(63) NOT NULL,
  request_id BINARY(16) NOT NULL COMMENT 'a standard change; other kinds have no row',
  template VARBINARY(250) NOT NULL COMMENT 'full name of the template version',
  content_sha256 VARBINARY(32) NOT NULL COMMENT 'of its content, pinned at submission; empty until then',
  PRIMARY KEY (organization_id, request_id),
  KEY by_template (organization_id, template, request_id)
) ENGINE = InnoDB;
