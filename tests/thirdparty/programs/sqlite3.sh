#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# sqlite3: a database file, indices, full text, JSON, windows, a dump
# needs: sqlite3
# part: small
set -euo pipefail

sqlite3 work.db <<'SQL' || echo "status $?"
PRAGMA journal_mode = DELETE;
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price REAL, note TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
INSERT INTO item SELECT i, 'item ' || (i * 7919 % 5003), i % 97 / 7.0, printf('%0*d', i % 150, 7) FROM n;
CREATE INDEX item_name ON item (name);
CREATE VIRTUAL TABLE words USING fts5(body);
INSERT INTO words SELECT name || ' costs ' || price FROM item;
SELECT count(*) FROM words WHERE words MATCH 'item AND 42';
SELECT json_group_array(json_object('n', name, 'p', price)) FROM item WHERE id % 400 = 0;
SELECT sum(length(x)) FROM (SELECT group_concat(name, ',') OVER (ORDER BY id ROWS 50 PRECEDING) AS x
                            FROM item);
DELETE FROM item WHERE id % 3 = 0;
VACUUM;
PRAGMA integrity_check;
SELECT * FROM nowhere;
SQL
sqlite3 work.db .dump >dump.sql
sqlite3 copy.db <dump.sql
sqlite3 copy.db 'SELECT count(*), sum(price) FROM item'
echo finished
