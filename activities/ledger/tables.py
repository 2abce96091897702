"""What a ledger in PostgreSQL is made of, and what is asked of it."""

from activities.ledger.rows import MOST_DOUBTS, VERSION, State

NOW = "extract(epoch FROM clock_timestamp())::float8"

TABLES = (
    "CREATE TABLE tacenda_ledger (version integer NOT NULL)",
    f"INSERT INTO tacenda_ledger VALUES ({VERSION})",  # noqa: S608
    """
    CREATE TABLE tacenda_ledger_cases (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text NOT NULL UNIQUE,
        touched float8 NOT NULL,
        closed boolean NOT NULL DEFAULT false
    )
    """,
    """
    CREATE TABLE tacenda_letters (
        id bytea PRIMARY KEY,
        of bigint,
        state smallint NOT NULL,
        owner bigint NOT NULL,
        at float8 NOT NULL,
        doubts smallint NOT NULL DEFAULT 0
    ) WITH (fillfactor = 80)
    """,
    """
    CREATE TABLE tacenda_turns (
        server bytea PRIMARY KEY, room float8 NOT NULL, asked float8 NOT NULL
    )
    """,
    "CREATE TABLE tacenda_told (what bytea PRIMARY KEY, at float8 NOT NULL)",
)

LIVING = """
SELECT id FROM unnest(%s::bigint[]) AS owner (id) WHERE EXISTS (
    SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint = owner.id >> 32 AND objid::bigint = owner.id & 4294967295
)
"""

TOUCH = f"""
INSERT INTO tacenda_ledger_cases AS old (name, touched) VALUES (%s, coalesce(%s::float8, {NOW}))
ON CONFLICT (name) DO UPDATE SET touched = excluded.touched, closed = false
RETURNING number, touched
"""  # noqa: S608

ROWS = """
SELECT id, state, owner, at FROM tacenda_letters WHERE id = ANY(%s) ORDER BY id FOR UPDATE
"""

CLAIM = f"""
INSERT INTO tacenda_letters AS old (id, of, state, owner, at)
SELECT id, %s, {State.CLAIMED:d}, %s, %s FROM unnest(%s::bytea[]) AS ours (id) ORDER BY id
ON CONFLICT (id) DO UPDATE SET state = excluded.state, owner = excluded.owner, at = excluded.at
WHERE old.state <> {State.DELIVERED:d}
"""  # noqa: S608

MARK = f"""
INSERT INTO tacenda_letters AS old (id, state, owner, at)
SELECT id, state, %s, {NOW} FROM unnest(%s::bytea[], %s::smallint[]) AS marked (id, state)
ORDER BY id
ON CONFLICT (id) DO UPDATE SET state = excluded.state WHERE old.state <> {State.DELIVERED:d}
"""  # noqa: S608

DOUBT = f"""
INSERT INTO tacenda_letters AS old (id, state, owner, at, doubts)
VALUES (%s, {State.FREE:d}, %s, {NOW}, 1)
ON CONFLICT (id) DO UPDATE SET doubts = old.doubts + 1, state = CASE
WHEN old.doubts + 1 >= {MOST_DOUBTS} AND old.state IN ({State.FREE:d}, {State.CLAIMED:d})
THEN {State.UNCONFIRMED:d} ELSE old.state END RETURNING state
"""  # noqa: S608

FREE = f"""
UPDATE tacenda_letters SET state = {State.FREE:d}
WHERE id = ANY(%s) AND owner = %s AND state = {State.CLAIMED:d}
"""  # noqa: S608

RENAME = f"""
UPDATE tacenda_letters SET owner = %s
WHERE id = ANY(%s) AND owner = %s AND state = {State.CLAIMED:d} RETURNING id
"""  # noqa: S608

FIRST = """
INSERT INTO tacenda_told AS old (what, at) VALUES (%s, %s) ON CONFLICT (what)
DO UPDATE SET at = excluded.at WHERE abs(excluded.at - old.at) >= %s
"""

CLOSE = "UPDATE tacenda_ledger_cases SET closed = true WHERE number = %s"

DUE = "DELETE FROM tacenda_ledger_cases WHERE touched <= %s OR (closed AND touched <= %s)"

STRAYS = """
DELETE FROM tacenda_letters AS letter WHERE (of IS NULL AND at <= %s)
OR (of IS NOT NULL AND NOT EXISTS (SELECT FROM tacenda_ledger_cases WHERE number = letter.of))
"""
