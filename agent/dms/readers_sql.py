"""Who may read which column, in each engine's own catalog: one read-only statement, for the agent's session where it
may look (PostgreSQL) and for the DBA's client everywhere else. Names of accounts, tables and columns; never a value.

Every row: account, kind, table_schema, table_name, column_name. `*` is all of them; a MariaDB schema may hold % and _.
Denials (SQL Server) are not subtracted: the list names too many rather than too few. SQL Server's statement never met a
server here.
"""

from __future__ import annotations

COLUMNS = ("account", "kind", "table_schema", "table_name", "column_name")

# An account counts what it may become: a role whose rights are not inherited is one SET ROLE away.
_POSTGRESQL = """\
SELECT DISTINCT r.rolname AS account,
       CASE WHEN r.rolsuper THEN 'superuser' WHEN r.rolcanlogin THEN 'login' ELSE 'role' END AS kind,
       n.nspname AS table_schema, c.relname AS table_name, a.attname AS column_name
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_roles s ON pg_catalog.has_column_privilege(s.oid, c.oid, a.attnum, 'SELECT')
     AND pg_catalog.has_schema_privilege(s.oid, n.oid, 'USAGE')
JOIN pg_catalog.pg_roles r ON pg_catalog.pg_has_role(r.oid, s.oid, 'MEMBER')
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND (r.rolcanlogin OR r.rolsuper)
ORDER BY account, table_schema, table_name, column_name"""

_MARIADB = """\
WITH RECURSIVE held (account, kind, user_name, host_name) AS (
  SELECT CONCAT(u.User, '@', u.Host), CASE WHEN u.is_role = 'Y' THEN 'role' ELSE 'login' END, u.User, u.Host
  FROM mysql.user u
  UNION
  SELECT h.account, h.kind, m.Role, '' FROM held h
  JOIN mysql.roles_mapping m ON m.User = h.user_name AND m.Host = h.host_name
)
SELECT h.account AS account, CASE WHEN u.Super_priv = 'Y' THEN 'superuser' ELSE h.kind END AS kind,
       '*' AS table_schema, '*' AS table_name, '*' AS column_name
FROM held h JOIN mysql.user u ON u.User = h.user_name AND u.Host = h.host_name
WHERE u.Select_priv = 'Y' OR u.File_priv = 'Y' OR u.Super_priv = 'Y'
UNION
SELECT h.account, h.kind, d.Db, '*', '*' FROM held h
JOIN mysql.db d ON d.User = h.user_name AND d.Host = h.host_name WHERE d.Select_priv = 'Y'
UNION
SELECT h.account, h.kind, t.Db, t.Table_name, '*' FROM held h
JOIN mysql.tables_priv t ON t.User = h.user_name AND t.Host = h.host_name WHERE FIND_IN_SET('Select', t.Table_priv) > 0
UNION
SELECT h.account, h.kind, c.Db, c.Table_name, c.Column_name FROM held h
JOIN mysql.columns_priv c ON c.User = h.user_name AND c.Host = h.host_name
WHERE FIND_IN_SET('Select', c.Column_priv) > 0
ORDER BY account, table_schema, table_name, column_name"""

_SQLSERVER = """\
WITH held (account_id, held_id) AS (
  SELECT p.principal_id, p.principal_id FROM sys.database_principals p WHERE p.type IN ('S', 'U', 'G', 'E', 'X', 'R')
  UNION ALL
  SELECT h.account_id, m.role_principal_id FROM held h
  JOIN sys.database_role_members m ON m.member_principal_id = h.held_id
)
SELECT DISTINCT a.name AS account, CASE WHEN a.type = 'R' THEN 'role' ELSE 'login' END AS kind,
       CASE p.class WHEN 1 THEN OBJECT_SCHEMA_NAME(p.major_id) WHEN 3 THEN SCHEMA_NAME(p.major_id) ELSE '*' END
         AS table_schema,
       CASE p.class WHEN 1 THEN OBJECT_NAME(p.major_id) ELSE '*' END AS table_name,
       CASE WHEN p.class = 1 AND p.minor_id > 0 THEN COL_NAME(p.major_id, p.minor_id) ELSE '*' END AS column_name
FROM held h
JOIN sys.database_principals a ON a.principal_id = h.account_id
JOIN sys.database_permissions p ON p.grantee_principal_id = h.held_id
WHERE p.state IN ('G', 'W') AND p.class IN (0, 1, 3) AND p.permission_name IN ('SELECT', 'CONTROL')
UNION
SELECT a.name, CASE WHEN a.type = 'R' THEN 'role' ELSE 'login' END, '*', '*', '*'
FROM held h
JOIN sys.database_principals a ON a.principal_id = h.account_id
JOIN sys.database_principals r ON r.principal_id = h.held_id
WHERE r.name IN ('db_owner', 'db_datareader') AND a.name NOT IN ('db_owner', 'db_datareader')
UNION
SELECT s.name, 'superuser', '*', '*', '*' FROM sys.server_principals s
WHERE s.type IN ('S', 'U', 'G') AND IS_SRVROLEMEMBER('sysadmin', s.name) = 1
ORDER BY account, table_schema, table_name, column_name"""

READERS_SQL = {"postgresql": _POSTGRESQL, "mariadb": _MARIADB, "sqlserver": _SQLSERVER}
# Where the agent's own account may look into the catalog of rights.
OWN_EYES = ("postgresql",)

HOW = {
    "postgresql": "psql --csv --quiet --file THIS.sql DATABASE > readers.csv",
    "mariadb": "mariadb --batch DATABASE < THIS.sql > readers.tsv",
    "sqlserver": 'sqlcmd -d DATABASE -s "|" -W -h -1 -i THIS.sql -o readers.txt',
}
