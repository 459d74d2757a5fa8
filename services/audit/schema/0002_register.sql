-- The filing register: filings (报备) and registrations (登记).

CREATE TABLE IF NOT EXISTS filing (
  organization_id VARBINARY(63) NOT NULL,
  number VARBINARY(32) NOT NULL COMMENT 'BB-2026-000001: gap-free per organisation and year',
  state TINYINT NOT NULL COMMENT '1 filed, 2 acknowledged',
  plan_id VARBINARY(63) NOT NULL,
  plan_sha256 BINARY(32) NOT NULL COMMENT 'The content that was filed',
  title VARCHAR(200) NOT NULL,
  filer VARBINARY(200) NOT NULL,
  file_us BIGINT NOT NULL,
  acknowledger VARBINARY(200) NOT NULL DEFAULT '',
  acknowledge_us BIGINT NOT NULL DEFAULT 0,
  document MEDIUMBLOB NOT NULL COMMENT 'docket.audit.v1.Filing as it was filed, without what the columns hold of the acknowledgement',
  revision BIGINT NOT NULL,
  PRIMARY KEY (organization_id, number),
  UNIQUE KEY filing_content (organization_id, plan_id, plan_sha256)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='Changes reported before they are carried out';

CREATE TABLE IF NOT EXISTS registration (
  organization_id VARBINARY(63) NOT NULL,
  number VARBINARY(32) NOT NULL COMMENT 'DJ-2026-000001: gap-free per organisation and year',
  plan_id VARBINARY(63) NOT NULL,
  corrects VARBINARY(32) NOT NULL DEFAULT '' COMMENT 'Number of the registration that this one corrects; empty: none',
  title VARCHAR(200) NOT NULL,
  result TINYINT NOT NULL COMMENT '1 implemented, 2 rolled back',
  registrar VARBINARY(200) NOT NULL,
  register_us BIGINT NOT NULL,
  document MEDIUMBLOB NOT NULL COMMENT 'docket.audit.v1.Registration',
  PRIMARY KEY (organization_id, number),
  UNIQUE KEY registration_once (organization_id, plan_id, corrects)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='Finished changes in the ledger; never changed';

CREATE TABLE IF NOT EXISTS register_number (
  organization_id VARBINARY(63) NOT NULL,
  series VARBINARY(8) NOT NULL COMMENT 'BB or DJ',
  year SMALLINT NOT NULL COMMENT 'In the time zone of the organisation',
  last BIGINT NOT NULL COMMENT 'The last number given',
  PRIMARY KEY (organization_id, series, year)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='Counters, locked by the transaction that uses the number';
