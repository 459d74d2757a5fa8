-- What the register is searched by: the versions that filings and registrations are about.

CREATE TABLE IF NOT EXISTS register_version (
  organization_id VARBINARY(63) NOT NULL,
  number VARBINARY(32) NOT NULL COMMENT 'Of the filing (BB-) or registration (DJ-)',
  position SMALLINT NOT NULL COMMENT 'Within the document, from 0',
  system_id VARBINARY(63) NOT NULL,
  component VARBINARY(400) NOT NULL COMMENT 'Empty: the system as a whole',
  from_version VARBINARY(256) NOT NULL,
  to_version VARBINARY(256) NOT NULL,
  PRIMARY KEY (organization_id, number, position)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC COMMENT='Repeats what the documents of filing and registration say, for finding them; never changed';
