-- The words of submitted requests, for full-text search.

CREATE TABLE IF NOT EXISTS request_search (
  organization_id VARBINARY(63) NOT NULL,
  request_id BINARY(16) NOT NULL,
  terms MEDIUMTEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL
    COMMENT 'encoded words (services/request/search/search_text.h): made of letters and digits, at least 7 of them, so that neither the server''s parser nor its stopwords nor its least word length matter',
  PRIMARY KEY (organization_id, request_id),
  FULLTEXT KEY terms (terms)
) ENGINE = InnoDB;
