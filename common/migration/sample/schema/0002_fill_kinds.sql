INSERT INTO sample_kind (kind, label) VALUES (1, '新增;功能'), (2, 'back\\slash') ON DUPLICATE KEY UPDATE label = VALUES(label);
