-- fact: point
-- grain: one row per kind of point of sale, of which there is one: the setting results.point
-- owner: all
CREATE TABLE fact_point (basis TEXT PRIMARY KEY) STRICT;

INSERT INTO fact_point
SELECT point_basis();
