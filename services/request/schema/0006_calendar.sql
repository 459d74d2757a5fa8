-- When organisations work. Days are local days of the organisation, as numbers: 20260214.

CREATE TABLE IF NOT EXISTS working_calendar (
  organization_id VARBINARY(63) NOT NULL COMMENT '- holds the week and hours that calendars begin with',
  weekdays TINYINT UNSIGNED NOT NULL COMMENT 'bit n: weekday n of the contract is worked, 1 being Monday',
  periods VARBINARY(100) NOT NULL COMMENT 'working hours in minutes from midnight: 540-720,810-1080',
  update_time_us BIGINT NOT NULL,
  revision BIGINT NOT NULL COMMENT 'grows by 1 with every change; the etag',
  PRIMARY KEY (organization_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS working_calendar_day (
  organization_id VARBINARY(63) NOT NULL COMMENT '- and a language holds the days that calendars of that language begin with',
  day INT NOT NULL COMMENT 'the ordinary week does not hold on it',
  working TINYINT NOT NULL COMMENT '0 holiday, 1 make-up workday',
  title VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  PRIMARY KEY (organization_id, day)
) ENGINE = InnoDB;

INSERT INTO working_calendar (organization_id, weekdays, periods, update_time_us, revision) VALUES
  ('-', 62, '540-720,810-1080', 0, 1)
ON DUPLICATE KEY UPDATE revision = working_calendar.revision;

-- As the State Council announced them.
INSERT INTO working_calendar_day (organization_id, day, working, title) VALUES
  ('-zh-CN', 20250101, 0, '元旦'), ('-zh-CN', 20250126, 1, '春节补班'), ('-zh-CN', 20250128, 0, '春节'),
  ('-zh-CN', 20250129, 0, '春节'), ('-zh-CN', 20250130, 0, '春节'), ('-zh-CN', 20250131, 0, '春节'),
  ('-zh-CN', 20250201, 0, '春节'), ('-zh-CN', 20250202, 0, '春节'), ('-zh-CN', 20250203, 0, '春节'),
  ('-zh-CN', 20250204, 0, '春节'), ('-zh-CN', 20250208, 1, '春节补班'), ('-zh-CN', 20250404, 0, '清明节'),
  ('-zh-CN', 20250405, 0, '清明节'), ('-zh-CN', 20250406, 0, '清明节'), ('-zh-CN', 20250427, 1, '劳动节补班'),
  ('-zh-CN', 20250501, 0, '劳动节'), ('-zh-CN', 20250502, 0, '劳动节'), ('-zh-CN', 20250503, 0, '劳动节'),
  ('-zh-CN', 20250504, 0, '劳动节'), ('-zh-CN', 20250505, 0, '劳动节'), ('-zh-CN', 20250531, 0, '端午节'),
  ('-zh-CN', 20250601, 0, '端午节'), ('-zh-CN', 20250602, 0, '端午节'), ('-zh-CN', 20250928, 1, '国庆节补班'),
  ('-zh-CN', 20251001, 0, '国庆节、中秋节'), ('-zh-CN', 20251002, 0, '国庆节、中秋节'), ('-zh-CN', 20251003, 0, '国庆节、中秋节'),
  ('-zh-CN', 20251004, 0, '国庆节、中秋节'), ('-zh-CN', 20251005, 0, '国庆节、中秋节'), ('-zh-CN', 20251006, 0, '国庆节、中秋节'),
  ('-zh-CN', 20251007, 0, '国庆节、中秋节'), ('-zh-CN', 20251008, 0, '国庆节、中秋节'), ('-zh-CN', 20251011, 1, '国庆节补班'),
  ('-zh-CN', 20260101, 0, '元旦'), ('-zh-CN', 20260102, 0, '元旦'), ('-zh-CN', 20260103, 0, '元旦'),
  ('-zh-CN', 20260104, 1, '元旦补班'), ('-zh-CN', 20260214, 1, '春节补班'), ('-zh-CN', 20260215, 0, '春节'),
  ('-zh-CN', 20260216, 0, '春节'), ('-zh-CN', 20260217, 0, '春节'), ('-zh-CN', 20260218, 0, '春节'),
  ('-zh-CN', 20260219, 0, '春节'), ('-zh-CN', 20260220, 0, '春节'), ('-zh-CN', 20260221, 0, '春节'),
  ('-zh-CN', 20260222, 0, '春节'), ('-zh-CN', 20260223, 0, '春节'), ('-zh-CN', 20260228, 1, '春节补班'),
  ('-zh-CN', 20260404, 0, '清明节'), ('-zh-CN', 20260405, 0, '清明节'), ('-zh-CN', 20260406, 0, '清明节'),
  ('-zh-CN', 20260501, 0, '劳动节'), ('-zh-CN', 20260502, 0, '劳动节'), ('-zh-CN', 20260503, 0, '劳动节'),
  ('-zh-CN', 20260504, 0, '劳动节'), ('-zh-CN', 20260505, 0, '劳动节'), ('-zh-CN', 20260509, 1, '劳动节补班'),
  ('-zh-CN', 20260619, 0, '端午节'), ('-zh-CN', 20260620, 0, '端午节'), ('-zh-CN', 20260621, 0, '端午节'),
  ('-zh-CN', 20260920, 1, '国庆节补班'), ('-zh-CN', 20260925, 0, '中秋节'), ('-zh-CN', 20260926, 0, '中秋节'),
  ('-zh-CN', 20260927, 0, '中秋节'), ('-zh-CN', 20261001, 0, '国庆节'), ('-zh-CN', 20261002, 0, '国庆节'),
  ('-zh-CN', 20261003, 0, '国庆节'), ('-zh-CN', 20261004, 0, '国庆节'), ('-zh-CN', 20261005, 0, '国庆节'),
  ('-zh-CN', 20261006, 0, '国庆节'), ('-zh-CN', 20261007, 0, '国庆节'), ('-zh-CN', 20261010, 1, '国庆节补班')
ON DUPLICATE KEY UPDATE day = working_calendar_day.day;
