-- A drift ends with its request. Those whose requests were rejected (11), implemented (15), rolled back (16), registered (17) or closed (18)
-- before that was so end here.

UPDATE version_drift AS d JOIN request AS r ON r.organization_id = d.organization_id AND r.request_id = d.request_id
  SET d.state = 2, d.resolved_as = d.drift_id, d.resolve_time_us = r.update_time_us
  WHERE d.state = 1 AND r.state IN (11, 15, 16, 17, 18);
