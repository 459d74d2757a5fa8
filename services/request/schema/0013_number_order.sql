-- Numbers beyond 999999 of a year are stored so that the index has them behind the others: REQ-2026-1000000 as REQ-2026-~1000000,
-- with a ~, which sorts behind every digit, for each digit more. Reads every number once.

UPDATE request
  SET request_number = INSERT(request_number, 10, 0, REPEAT('~', LENGTH(request_number) - 15))
  WHERE request_number LIKE 'REQ-____-_______%' AND request_number NOT LIKE '%~%';
