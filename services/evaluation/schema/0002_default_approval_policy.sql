-- The policy of every organisation that has none of its own: one member of the management decides (L 三2).
INSERT INTO approval_policy (organization_id, policy_id, version, title, create_time_us)
VALUES ('', 'default', 1, '管理层审批', 1767225600000000)
ON DUPLICATE KEY UPDATE version = version;

-- Rule 1 is ANY.
INSERT INTO approval_policy_stage
  (organization_id, policy_id, version, stage, title, approver_role, approvers, stage_rule, threshold)
VALUES ('', 'default', 1, 0, '管理层审批', 'EXECUTIVE', '', 1, 1)
ON DUPLICATE KEY UPDATE stage = stage;
