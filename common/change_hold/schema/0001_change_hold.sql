-- Changes that are or were on hold, as the request service reports it. See hold_store.h.
CREATE TABLE IF NOT EXISTS change_hold (
  organization_id VARBINARY(63) NOT NULL COMMENT 'the {org} of organizations/{org}',
  change_name VARBINARY(200) NOT NULL COMMENT 'name of the request',
  held TINYINT NOT NULL COMMENT '1: on hold; 0: resumed',
  holder VARBINARY(200) NOT NULL COMMENT 'who put it on hold',
  reason VARCHAR(2000) NOT NULL COMMENT 'why',
  hold_time_us BIGINT NOT NULL COMMENT 'since when',
  request_revision BIGINT NOT NULL COMMENT 'revision of the request that this was read from; an older one changes nothing',
  PRIMARY KEY (organization_id, change_name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='changes on hold';
