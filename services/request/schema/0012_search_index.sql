-- The index of words becomes tables of our own, and request_search the requests that wait to be indexed: all there are, at first.
-- A program from before goes on submitting; its rows are indexed like any other, and its searches fail until it is replaced.

CREATE TABLE IF NOT EXISTS search_posting (
  organization_id VARBINARY(63) NOT NULL,
  term VARBINARY(32) NOT NULL COMMENT 'UTF-8 after one letter: w word, b beginning of a word, c one or two Chinese characters (services/request/search/terms.h)',
  block BIGINT NOT NULL COMMENT 'year << 22 | sequence >> 10 of the requests'' numbers',
  members VARBINARY(128) NOT NULL COMMENT 'which of the block''s 1024 requests: below 128 bytes two for each, else a bit for each',
  PRIMARY KEY (organization_id, term, block)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS search_writer (
  organization_id VARBINARY(63) NOT NULL,
  batches BIGINT NOT NULL COMMENT 'counted up by who adds to search_posting: one at a time, so that none undoes another''s',
  PRIMARY KEY (organization_id)
) ENGINE = InnoDB;

SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()
                  AND table_name = 'request_search' AND index_name = 'terms') > 0,
  'ALTER TABLE request_search DROP KEY terms', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;

SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()
                  AND table_name = 'request_relation' AND index_name = 'by_kind') = 0,
  'ALTER TABLE request_relation ADD KEY by_kind (organization_id, kind, request_id)', 'DO 0');
PREPARE change_if_missing FROM @change;
EXECUTE change_if_missing;
DEALLOCATE PREPARE change_if_missing;
