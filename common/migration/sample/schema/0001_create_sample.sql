-- Two tables; what the embedding must not trip over: lists; brackets [ ], "quotes", ${braces} and 变更.
CREATE TABLE IF NOT EXISTS sample (
  id BINARY(16) NOT NULL COMMENT 'a; semicolon, and ''quotes''',
  title VARCHAR(100) COLLATE utf8mb4_bin NOT NULL COMMENT '标题 -- not a comment',
  PRIMARY KEY (id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS sample_kind (
  kind INT NOT NULL PRIMARY KEY,
  label VARCHAR(50) COLLATE utf8mb4_bin NOT NULL
) ENGINE = InnoDB;
