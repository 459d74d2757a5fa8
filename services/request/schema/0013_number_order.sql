-- Numbers beyond 999999 of a year are stored so that their index has them behind the others: REQ-2026-1000000 as REQ-2026-~1000000,
-- with a ~, which sorts behind every digit, for each digit more. Only the numbers of organisations that came so far are looked
-- through. A program from before shows such numbers with the sign.

UPDATE request_counter AS c STRAIGHT_JOIN request AS r FORCE INDEX (request_number)
    ON r.organization_id = c.organization_id
    AND r.request_number >= CONCAT('REQ-', c.year, '-1') AND r.request_number < CONCAT('REQ-', c.year, '.')
  SET r.request_number = INSERT(r.request_number, 10, 0, REPEAT('~', LENGTH(r.request_number) - 15))
  WHERE c.last_number > 999999 AND LENGTH(r.request_number) > 15 AND r.request_number NOT LIKE '%~%';
