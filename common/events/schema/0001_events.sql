-- Events on their way out of a service and into it. See outbox.h, relay.h and event_receiver.h.

-- Events of this service, written in the transaction that makes them true, in the order of their ids until they are
-- claimed and of their sequence numbers from then on.
CREATE TABLE IF NOT EXISTS outbox (
  event_id BINARY(16) NOT NULL COMMENT 'UUIDv7 of the event',
  sequence BIGINT NOT NULL DEFAULT 0 COMMENT 'position among the events of this service, contiguous from 1; 0: not claimed yet',
  subject VARBINARY(200) NOT NULL COMMENT 'name of the resource it happened to, may be empty',
  subject_revision BIGINT NOT NULL COMMENT 'revision of the resource after it; 0: none',
  type VARBINARY(64) NOT NULL COMMENT 'name of the payload message in docket.event.v1',
  organization_id VARBINARY(63) NOT NULL COMMENT 'the {org} of organizations/{org}; empty: belongs to none',
  created_us BIGINT NOT NULL COMMENT 'when it happened',
  envelope MEDIUMBLOB NOT NULL COMMENT 'docket.event.v1.Event, serialised, source_sequence 0',
  PRIMARY KEY (event_id),
  KEY outbox_order (sequence, event_id),
  KEY outbox_subject (subject, subject_revision)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='events on their way out';

-- Which replica of a service relays its events.
CREATE TABLE IF NOT EXISTS relay_lease (
  source VARBINARY(64) NOT NULL COMMENT 'name of the service, services/{service}',
  epoch BIGINT NOT NULL COMMENT 'grows with each new holder and fences its predecessors',
  holder VARBINARY(200) NOT NULL COMMENT 'replica that holds the lease, for people',
  expires_us BIGINT NOT NULL COMMENT 'when another replica may take over',
  next_sequence BIGINT NOT NULL COMMENT 'sequence of the next event to be claimed',
  PRIMARY KEY (source)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='who relays';

-- How far each consumer has come. A consumer that is no more holds back pruning until its row is deleted.
CREATE TABLE IF NOT EXISTS relay_cursor (
  consumer VARBINARY(64) NOT NULL COMMENT 'name of the receiving service',
  next_sequence BIGINT NOT NULL COMMENT 'everything before it was delivered, unwanted or put into quarantine',
  epoch BIGINT NOT NULL COMMENT 'of the lease under which this row may be written',
  writes BIGINT NOT NULL COMMENT 'grows with each write, so that no write leaves the row as it was and a cluster sees every conflict',
  PRIMARY KEY (consumer)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='how far each consumer has come';

-- Events that a consumer did not take, and those of the same subject that wait behind them.
CREATE TABLE IF NOT EXISTS relay_quarantine (
  consumer VARBINARY(64) NOT NULL COMMENT 'name of the receiving service',
  sequence BIGINT NOT NULL COMMENT 'position among the events of this service',
  event_id BINARY(16) NOT NULL COMMENT 'UUIDv7 of the event',
  subject VARBINARY(200) NOT NULL COMMENT 'resource whose later events wait behind this one; empty: none do',
  type VARBINARY(64) NOT NULL COMMENT 'name of the payload message',
  verdict TINYINT NOT NULL COMMENT '0 waits behind an earlier event, 3 conflict, 4 rejected, 5 to be tried again',
  reason VARCHAR(1000) NOT NULL COMMENT 'in the words of the consumer',
  attempts INT NOT NULL COMMENT 'deliveries of this event so far',
  next_try_us BIGINT NOT NULL COMMENT 'when it is tried again; without meaning for 3 and 4',
  created_us BIGINT NOT NULL COMMENT 'when it came here',
  envelope MEDIUMBLOB NOT NULL COMMENT 'the event as in the outbox, which may forget it before this row is settled',
  PRIMARY KEY (consumer, sequence),
  KEY relay_quarantine_subject (consumer, subject, sequence)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='events that a consumer did not take';

-- Events of other services that were acted on, so that each is acted on once. Kept for 30 days.
CREATE TABLE IF NOT EXISTS inbox (
  source VARBINARY(64) NOT NULL COMMENT 'sending service, services/{service}',
  event_id BINARY(16) NOT NULL COMMENT 'UUIDv7 of the event',
  content_sha256 BINARY(32) NOT NULL COMMENT 'of the event, serialised deterministically with source_sequence 0',
  received_us BIGINT NOT NULL COMMENT 'when it was acted on',
  PRIMARY KEY (source, event_id),
  KEY inbox_received (received_us)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='events that were acted on';
