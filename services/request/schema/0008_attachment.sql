-- Files of requests, with their content. Times are UTC microseconds since 1970.

CREATE TABLE IF NOT EXISTS attachment (
  organization_id VARBINARY(63) NOT NULL,
  request_id BINARY(16) NOT NULL,
  attachment_id BINARY(16) NOT NULL COMMENT 'UUIDv7: ascending is oldest first',
  file_name VARBINARY(255) NOT NULL COMMENT 'UTF-8',
  media_type VARBINARY(100) NOT NULL,
  size_bytes INT NOT NULL COMMENT 'as announced',
  sha256 BINARY(32) NOT NULL COMMENT 'as announced; of READY content also as checked',
  state TINYINT NOT NULL COMMENT 'number of Attachment.State',
  received_bytes INT NOT NULL COMMENT 'sum of the chunks, which have no gaps',
  creator VARBINARY(200) NOT NULL COMMENT 'full name of a person or service',
  create_time_us BIGINT NOT NULL,
  update_time_us BIGINT NOT NULL COMMENT 'also when a chunk arrived',
  revision BIGINT NOT NULL COMMENT 'grows by 1 with every change; the etag',
  PRIMARY KEY (organization_id, request_id, attachment_id),
  KEY by_rest (state, update_time_us) COMMENT 'uploads that nobody goes on with'
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS attachment_chunk (
  organization_id VARBINARY(63) NOT NULL,
  attachment_id BINARY(16) NOT NULL,
  chunk_offset INT NOT NULL COMMENT 'of the first byte within the content',
  data MEDIUMBLOB NOT NULL COMMENT 'at most 1 MiB',
  PRIMARY KEY (organization_id, attachment_id, chunk_offset)
) ENGINE = InnoDB;
