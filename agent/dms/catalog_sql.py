"""One read-only catalog statement per engine: names, types, comments, texts of views and generated columns. No value.

The same statement serves the agent's own session and the DBA, whose client prints it to a file that
`read_inventory` takes back. Every row: table_schema, table_name, kind, column_name, type, nullable, comment, generated,
definition. A routine is a row of kind `routine` without column, with its security mode as type. SQL Server's never met
a real server here.
"""

from __future__ import annotations

COLUMNS = (
    "table_schema",
    "table_name",
    "kind",
    "column_name",
    "type",
    "nullable",
    "comment",
    "generated",
    "definition",
)

_POSTGRESQL = """\
SELECT n.nspname AS table_schema, c.relname AS table_name,
       CASE WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'table' END AS kind,
       a.attname AS column_name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
       CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END AS nullable,
       COALESCE(pg_catalog.col_description(c.oid, a.attnum), '') AS comment,
       CASE WHEN a.attgenerated <> '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) ELSE '' END AS generated,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) ELSE '' END AS definition
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY n.nspname, c.relname, a.attnum"""

_POSTGRESQL_ROUTINES = """\
SELECT DISTINCT n.nspname AS table_schema, p.proname AS table_name, 'routine' AS kind, '' AS column_name,
       CASE WHEN p.prosecdef THEN 'definer' ELSE 'invoker' END AS type, '' AS nullable, '' AS comment,
       '' AS generated, '' AS definition
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY table_schema, table_name, type"""

_MARIADB = """\
SELECT c.TABLE_SCHEMA AS table_schema, c.TABLE_NAME AS table_name,
       CASE WHEN t.TABLE_TYPE LIKE '%VIEW' THEN 'view' ELSE 'table' END AS kind,
       c.COLUMN_NAME AS column_name, c.COLUMN_TYPE AS type, c.IS_NULLABLE AS nullable, c.COLUMN_COMMENT AS comment,
       COALESCE(c.GENERATION_EXPRESSION, '') AS generated, COALESCE(v.VIEW_DEFINITION, '') AS definition
FROM information_schema.COLUMNS c
JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
LEFT JOIN information_schema.VIEWS v ON v.TABLE_SCHEMA = c.TABLE_SCHEMA AND v.TABLE_NAME = c.TABLE_NAME
WHERE c.TABLE_SCHEMA NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')
ORDER BY c.TABLE_SCHEMA, c.TABLE_NAME, c.ORDINAL_POSITION"""

_SQLITE = """\
SELECT 'main' AS table_schema, t.name AS table_name, t.type AS kind, x.name AS column_name, lower(x.type) AS type,
       CASE WHEN x."notnull" THEN 'NO' ELSE 'YES' END AS nullable, '' AS comment,
       CASE WHEN x.hidden IN (2, 3) THEN t.sql ELSE '' END AS generated,
       CASE WHEN t.type = 'view' THEN t.sql ELSE '' END AS definition
FROM sqlite_master t
JOIN pragma_table_xinfo(t.name) x
WHERE t.type IN ('table', 'view') AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!'
ORDER BY t.name, x.cid"""

_SQLSERVER = """\
SELECT s.name AS table_schema, o.name AS table_name, CASE WHEN o.type = 'V' THEN 'view' ELSE 'table' END AS kind,
       c.name AS column_name,
       LOWER(TYPE_NAME(c.user_type_id)) + CASE
         WHEN TYPE_NAME(c.user_type_id) IN ('decimal', 'numeric') THEN CONCAT('(', c.precision, ',', c.scale, ')')
         WHEN TYPE_NAME(c.user_type_id) IN ('nchar', 'nvarchar') AND c.max_length > 0
           THEN CONCAT('(', c.max_length / 2, ')')
         WHEN TYPE_NAME(c.user_type_id) IN ('char', 'varchar', 'binary', 'varbinary') AND c.max_length > 0
           THEN CONCAT('(', c.max_length, ')')
         WHEN c.max_length = -1 THEN '(max)' ELSE '' END AS type,
       CASE WHEN c.is_nullable = 1 THEN 'YES' ELSE 'NO' END AS nullable,
       COALESCE(CAST(p.value AS nvarchar(4000)), '') AS comment,
       COALESCE(g.definition, CASE WHEN c.is_computed = 1 THEN '?' ELSE '' END) AS generated,
       CASE WHEN o.type = 'V' THEN COALESCE(m.definition, '') ELSE '' END AS definition
FROM sys.objects o
JOIN sys.schemas s ON s.schema_id = o.schema_id
JOIN sys.columns c ON c.object_id = o.object_id
LEFT JOIN sys.computed_columns g ON g.object_id = c.object_id AND g.column_id = c.column_id
LEFT JOIN sys.sql_modules m ON m.object_id = o.object_id
LEFT JOIN sys.extended_properties p
  ON p.class = 1 AND p.major_id = c.object_id AND p.minor_id = c.column_id AND p.name = 'MS_Description'
WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0
ORDER BY s.name, o.name, c.column_id"""

_MARIADB_ROUTINES = """\
SELECT DISTINCT r.ROUTINE_SCHEMA AS table_schema, r.ROUTINE_NAME AS table_name, 'routine' AS kind, '' AS column_name,
       LOWER(r.SECURITY_TYPE) AS type, '' AS nullable, '' AS comment, '' AS generated, '' AS definition
FROM information_schema.ROUTINES r
WHERE r.ROUTINE_SCHEMA NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')
ORDER BY r.ROUTINE_SCHEMA, r.ROUTINE_NAME, type"""

# Ownership chaining: a routine reads what its owner may read, so each counts as a definer's.
_SQLSERVER_ROUTINES = """\
SELECT s.name AS table_schema, o.name AS table_name, 'routine' AS kind, '' AS column_name, 'definer' AS type,
       '' AS nullable, '' AS comment, '' AS generated, '' AS definition
FROM sys.objects o
JOIN sys.schemas s ON s.schema_id = o.schema_id
WHERE o.type IN ('P', 'PC', 'FN', 'IF', 'TF', 'FS', 'FT') AND o.is_ms_shipped = 0
ORDER BY s.name, o.name"""

CATALOG = {"postgresql": _POSTGRESQL, "mariadb": _MARIADB, "sqlite": _SQLITE, "sqlserver": _SQLSERVER}
ROUTINES = {"postgresql": _POSTGRESQL_ROUTINES, "mariadb": _MARIADB_ROUTINES, "sqlserver": _SQLSERVER_ROUTINES}

# Where each statement has the schema and the name of a table, to ask for a few tables only.
NAMED_BY = {
    "postgresql": ("n.nspname", "c.relname"),
    "mariadb": ("c.TABLE_SCHEMA", "c.TABLE_NAME"),
    "sqlite": ("'main'", "t.name"),
    "sqlserver": ("s.name", "o.name"),
}

# What the DBA's own client needs around it: (how to run it, before, after).
FOR_THE_DBA = {
    "postgresql": (
        "psql --csv --quiet --file THIS.sql DATABASE > inventory.csv",
        "SET search_path = pg_catalog;\n",
        ";",
    ),
    "mariadb": ("mariadb --batch DATABASE < THIS.sql > inventory.tsv", "", ";"),
    "sqlite": ("sqlite3 -header -csv FILE.db < THIS.sql > inventory.csv", "", ";"),
    "sqlserver": ("sqlcmd -d DATABASE -y 0 -i THIS.sql -o inventory.json", "SET NOCOUNT ON;\n", "\nFOR JSON PATH;"),
}
