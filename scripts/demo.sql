-- What the demo gives to the sqlite3 shell: a small shop, built from nothing, the same
-- rows each time. The database lives in memory, so all of it shows in a snapshot.
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL);
CREATE TABLE article (id INTEGER PRIMARY KEY, name TEXT NOT NULL, cents INTEGER NOT NULL);
CREATE TABLE sale (
    id INTEGER PRIMARY KEY,
    customer INTEGER NOT NULL REFERENCES customer (id),
    article INTEGER NOT NULL REFERENCES article (id),
    amount INTEGER NOT NULL,
    note TEXT
);

BEGIN;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
INSERT INTO customer
SELECT i, 'customer ' || i,
       CASE i % 4 WHEN 0 THEN 'Aachen' WHEN 1 THEN 'Bergen' WHEN 2 THEN 'Cork' ELSE 'Delft' END
FROM n;

WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
INSERT INTO article SELECT i, printf('article %04d', i), 100 + (i * 7919) % 9000 FROM n;

WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
INSERT INTO sale
SELECT i, 1 + (i * 7919) % 2000, 1 + (i * 104729) % 300, 1 + i % 9,
       CASE WHEN i % 10 = 0 THEN printf('delivered in %d parts, see the annex', 1 + i % 5) END
FROM n;
COMMIT;

CREATE INDEX sale_customer ON sale (customer, article);
CREATE INDEX sale_note ON sale (note) WHERE note IS NOT NULL;
ANALYZE;

UPDATE article SET cents = cents * 105 / 100 WHERE id % 3 = 0;
UPDATE sale SET note = note || '; price changed'
WHERE note IS NOT NULL AND article IN (SELECT id FROM article WHERE id % 3 = 0);
DELETE FROM sale WHERE id % 97 = 0;

.headers on
-- Reports may wait for a writer. The demo stops here, with the whole shop in memory.
.timeout 2000
SELECT c.city, count(*) AS sales, sum(s.amount * a.cents) AS cents
FROM sale AS s
JOIN customer AS c ON c.id = s.customer
JOIN article AS a ON a.id = s.article
GROUP BY c.city
ORDER BY cents DESC;

SELECT a.name, total(s.amount) AS amount
FROM article AS a
JOIN sale AS s ON s.article = a.id
WHERE s.note LIKE '%price changed'
GROUP BY a.id
ORDER BY amount DESC, a.name
LIMIT 5;
