-- Evaluations of accepted requests, what panellists scored, the reports, and the policies that approvals follow.

-- One row is one evaluation at its current revision, read whole by a single statement: what the execution gate is told
-- is never put together from two moments.
CREATE TABLE IF NOT EXISTS evaluation (
  organization_id VARBINARY(63) NOT NULL COMMENT 'the {org} of organizations/{org}',
  evaluation_id BINARY(16) NOT NULL COMMENT 'UUIDv7 of the request that it evaluates',
  state TINYINT UNSIGNED NOT NULL COMMENT 'number of docket.evaluation.v1.Evaluation.State',
  kind TINYINT UNSIGNED NOT NULL COMMENT 'number of docket.common.v1.ChangeKind',
  request_number VARBINARY(32) NOT NULL COMMENT 'e.g. REQ-2026-000001',
  title VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL COMMENT 'title of the request',
  requester VARBINARY(200) NOT NULL COMMENT 'name of the person who raised the request',
  department VARBINARY(200) NOT NULL COMMENT 'name of the department of the request',
  request_snapshot MEDIUMBLOB NOT NULL COMMENT 'docket.event.v1.RequestSnapshot as accepted, serialised',
  details MEDIUMBLOB NOT NULL COMMENT 'docket.evaluation.v1.Evaluation, serialised: seats, options, criteria, budget, approval',
  recommended_option VARBINARY(32) NOT NULL COMMENT 'of the latest report; empty: none yet',
  feasible TINYINT UNSIGNED NOT NULL COMMENT 'verdict of the latest report',
  report_version INT NOT NULL COMMENT 'of the latest report; 0: none yet',
  content_sha256 VARBINARY(32) NOT NULL COMMENT 'digest of what approvers decide on; empty while no report stands',
  create_time_us BIGINT NOT NULL COMMENT 'UTC microseconds',
  update_time_us BIGINT NOT NULL COMMENT 'UTC microseconds',
  revision BIGINT NOT NULL COMMENT 'grows by one with each change',
  PRIMARY KEY (organization_id, evaluation_id),
  KEY evaluation_by_state (organization_id, state, evaluation_id),
  KEY evaluation_by_create_time (organization_id, create_time_us, evaluation_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='evaluations';

-- Who handed scores in, and what binds them to the scores. A sheet never changes; it goes only when a panel is left
-- without anybody who could judge and is named anew.
CREATE TABLE IF NOT EXISTS score_sheet (
  organization_id VARBINARY(63) NOT NULL COMMENT 'the {org} of organizations/{org}',
  evaluation_id BINARY(16) NOT NULL COMMENT 'the evaluation',
  person VARBINARY(200) NOT NULL COMMENT 'name of the panellist',
  salt BINARY(16) NOT NULL COMMENT 'random; keeps the commitment from giving the scores away',
  commitment BINARY(32) NOT NULL COMMENT 'SHA-256 over salt and scores, as in the event ScoresSubmitted',
  submit_time_us BIGINT NOT NULL COMMENT 'UTC microseconds',
  PRIMARY KEY (organization_id, evaluation_id, person)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='score sheets';

-- The points themselves. No reader sees them before all sheets are in.
CREATE TABLE IF NOT EXISTS score (
  organization_id VARBINARY(63) NOT NULL COMMENT 'the {org} of organizations/{org}',
  evaluation_id BINARY(16) NOT NULL COMMENT 'the evaluation',
  person VARBINARY(200) NOT NULL COMMENT 'name of the panellist',
  option_id VARBINARY(32) NOT NULL COMMENT 'identifier of the option within the evaluation',
  criterion TINYINT UNSIGNED NOT NULL COMMENT 'number of docket.evaluation.v1.CriterionKind',
  points TINYINT UNSIGNED NOT NULL COMMENT '1 (bad) to 10 (good)',
  rationale VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'why, in the words of the panellist',
  PRIMARY KEY (organization_id, evaluation_id, person, option_id, criterion)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='scores';

-- Reports are only ever added.
CREATE TABLE IF NOT EXISTS report (
  organization_id VARBINARY(63) NOT NULL COMMENT 'the {org} of organizations/{org}',
  evaluation_id BINARY(16) NOT NULL COMMENT 'the evaluation',
  version INT NOT NULL COMMENT 'from 1',
  feasible TINYINT UNSIGNED NOT NULL COMMENT 'whether the report calls the change feasible',
  recommended_option VARBINARY(32) NOT NULL COMMENT 'identifier of the option',
  content_sha256 BINARY(32) NOT NULL COMMENT 'digest of what approvers decide on',
  author VARBINARY(200) NOT NULL COMMENT 'name of the person who generated it',
  create_time_us BIGINT NOT NULL COMMENT 'UTC microseconds',
  body MEDIUMBLOB NOT NULL COMMENT 'docket.evaluation.v1.Report, serialised',
  PRIMARY KEY (organization_id, evaluation_id, version)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='evaluation reports';

-- Approval policies. A version never changes; the highest one holds.
CREATE TABLE IF NOT EXISTS approval_policy (
  organization_id VARBINARY(63) NOT NULL COMMENT 'the {org}; empty: every organisation that has none of its own',
  policy_id VARBINARY(32) NOT NULL COMMENT 'e.g. default',
  version INT NOT NULL COMMENT 'from 1',
  title VARCHAR(200) NOT NULL COMMENT 'for people',
  create_time_us BIGINT NOT NULL COMMENT 'UTC microseconds',
  PRIMARY KEY (organization_id, policy_id, version)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='approval policies';

CREATE TABLE IF NOT EXISTS approval_policy_stage (
  organization_id VARBINARY(63) NOT NULL COMMENT 'as of the policy',
  policy_id VARBINARY(32) NOT NULL COMMENT 'as of the policy',
  version INT NOT NULL COMMENT 'as of the policy',
  stage INT NOT NULL COMMENT 'position, from 0',
  title VARCHAR(200) NOT NULL COMMENT 'for people',
  approver_role VARBINARY(32) NOT NULL COMMENT 'name of the role without prefix; empty: none is asked for',
  approvers MEDIUMBLOB NOT NULL COMMENT 'names of persons, one per line; empty: every holder of the role',
  stage_rule TINYINT UNSIGNED NOT NULL COMMENT 'number of docket.evaluation.v1.ApprovalStage.Rule',
  threshold INT NOT NULL COMMENT 'COUNT: approvals, PERCENT: of the named approvers, else 1',
  PRIMARY KEY (organization_id, policy_id, version, stage)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='stages of approval policies';
