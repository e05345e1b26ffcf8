"""What the engine itself says about an account's rights. Data per engine: one question for columns, several for width.

`readable_columns` is the engine's own privilege function over every column it has, not only those of an inventory.
`wide_reasons` are rights that reach past column grants. SQL Server's questions never met a real server here.
"""

# ruff: noqa: S608  (the only thing put into these texts are the constants below)
from __future__ import annotations

from agent.core.text import shown
from agent.dms.odbc import Connection

_NAMES_MAX = 5

_PG_USER_SCHEMA = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg!_toast%' ESCAPE '!'"
_PG_ME = "(SELECT oid FROM pg_catalog.pg_roles WHERE rolname = session_user)"

_READABLE: dict[str, str] = {
    "postgresql": f"""
        SELECT n.nspname, c.relname, a.attname
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {_PG_USER_SCHEMA}
          AND pg_catalog.has_schema_privilege(session_user, n.oid, 'USAGE')
          AND pg_catalog.has_column_privilege(session_user, c.oid, a.attnum, 'SELECT')""",
    # PRIVILEGES is what the session may do with the column by any grant: global, schema, table, column, PUBLIC.
    "mariadb": """
        SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS
        WHERE TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema')
          AND FIND_IN_SET('select', PRIVILEGES) > 0""",
    "sqlserver": """
        SELECT s.name, o.name, c.name
        FROM sys.objects o
        JOIN sys.schemas s ON s.schema_id = o.schema_id
        JOIN sys.columns c ON c.object_id = o.object_id
        WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0
          AND HAS_PERMS_BY_NAME(QUOTENAME(s.name) + N'.' + QUOTENAME(o.name), N'OBJECT', N'SELECT',
                                QUOTENAME(c.name), N'COLUMN') = 1""",
}

# (reason, question): every name that comes back is one more reason.
_WIDE: dict[str, tuple[tuple[str, str], ...]] = {
    "postgresql": (
        (
            "role_attribute",
            """SELECT v.word FROM pg_catalog.pg_roles r
               CROSS JOIN LATERAL (VALUES ('SUPERUSER', r.rolsuper), ('REPLICATION', r.rolreplication),
                 ('BYPASSRLS', r.rolbypassrls), ('CREATEROLE', r.rolcreaterole)) v (word, has)
               WHERE r.rolname = session_user AND v.has""",
        ),
        # 'MEMBER' also holds where the rights are not inherited: SET ROLE is enough.
        (
            "member_of",
            """SELECT rolname FROM pg_catalog.pg_roles
               WHERE rolname <> session_user AND pg_catalog.pg_has_role(session_user, oid, 'MEMBER')""",
        ),
        (
            "owner_of",
            f"""SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relowner = {_PG_ME} AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
                UNION ALL SELECT nspname FROM pg_catalog.pg_namespace WHERE nspowner = {_PG_ME}
                UNION ALL SELECT datname FROM pg_catalog.pg_database WHERE datdba = {_PG_ME}""",
        ),
        (
            "may_grant",
            f"""SELECT DISTINCT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {_PG_USER_SCHEMA}
                  AND pg_catalog.has_any_column_privilege(session_user, c.oid, 'SELECT WITH GRANT OPTION')""",
        ),
        (
            "definer_routine",
            f"""SELECT n.nspname || '.' || p.proname FROM pg_catalog.pg_proc p
                JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                WHERE p.prosecdef AND {_PG_USER_SCHEMA}
                  AND p.prorettype NOT IN ('pg_catalog.trigger'::pg_catalog.regtype,
                                           'pg_catalog.event_trigger'::pg_catalog.regtype)
                  AND pg_catalog.has_schema_privilege(session_user, n.oid, 'USAGE')
                  AND pg_catalog.has_function_privilege(session_user, p.oid, 'EXECUTE')""",
        ),
        (
            "server_files",
            """SELECT DISTINCT p.proname FROM pg_catalog.pg_proc p
               WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
                 AND p.proname IN ('pg_read_file', 'pg_read_binary_file', 'pg_ls_dir', 'pg_stat_file', 'lo_import')
                 AND pg_catalog.has_function_privilege(session_user, p.oid, 'EXECUTE')""",
        ),
        (
            "database_link",
            f"""SELECT srvname FROM pg_catalog.pg_foreign_server
                WHERE pg_catalog.has_server_privilege(session_user, oid, 'USAGE')
                UNION ALL SELECT DISTINCT p.proname FROM pg_catalog.pg_proc p
                JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                WHERE p.probin LIKE '%dblink%' AND {_PG_USER_SCHEMA}
                  AND pg_catalog.has_schema_privilege(session_user, n.oid, 'USAGE')
                  AND pg_catalog.has_function_privilege(session_user, p.oid, 'EXECUTE')""",
        ),
    ),
    "mariadb": (
        # FILE, SUPER, PROCESS, SELECT ON *.* and every other right over the whole server.
        (
            "global_privilege",
            "SELECT DISTINCT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE <> 'USAGE'",
        ),
        ("member_of", "SELECT DISTINCT ROLE_NAME FROM information_schema.APPLICABLE_ROLES"),
        (
            "schema_privilege",
            "SELECT DISTINCT CONCAT(PRIVILEGE_TYPE, ' ON ', TABLE_SCHEMA) FROM information_schema.SCHEMA_PRIVILEGES",
        ),
        (
            "may_grant",
            """SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) FROM information_schema.TABLE_PRIVILEGES
               WHERE IS_GRANTABLE = 'YES'
               UNION SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) FROM information_schema.COLUMN_PRIVILEGES
               WHERE IS_GRANTABLE = 'YES'""",
        ),
        # An account sees a routine only when it has some right on it.
        (
            "definer_routine",
            """SELECT CONCAT(ROUTINE_SCHEMA, '.', ROUTINE_NAME) FROM information_schema.ROUTINES
               WHERE SECURITY_TYPE = 'DEFINER' AND ROUTINE_SCHEMA NOT IN ('sys', 'mysql')""",
        ),
        (
            "database_link",
            """SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) FROM information_schema.TABLES
               WHERE ENGINE IN ('FEDERATED', 'CONNECT', 'SPIDER', 'OQGRAPH')
                 AND TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys')""",
        ),
    ),
    "sqlserver": (
        (
            "server_role",
            """SELECT r.name FROM (VALUES (N'sysadmin'), (N'securityadmin'), (N'serveradmin'), (N'setupadmin'),
                 (N'bulkadmin'), (N'dbcreator'), (N'diskadmin'), (N'processadmin')) r (name)
               WHERE IS_SRVROLEMEMBER(r.name) = 1""",
        ),
        (
            "member_of",
            """SELECT name FROM sys.database_principals
               WHERE type IN ('R', 'G') AND name <> 'public' AND IS_MEMBER(name) = 1""",
        ),
        (
            "database_privilege",
            """SELECT permission_name FROM fn_my_permissions(NULL, 'DATABASE')
               WHERE permission_name NOT IN ('CONNECT', 'VIEW ANY COLUMN ENCRYPTION KEY DEFINITION',
                                             'VIEW ANY COLUMN MASTER KEY DEFINITION')""",
        ),
        # ADMINISTER BULK OPERATIONS reads files, CONTROL SERVER everything.
        (
            "server_privilege",
            """SELECT permission_name FROM fn_my_permissions(NULL, 'SERVER')
               WHERE permission_name NOT IN ('CONNECT SQL', 'VIEW ANY DATABASE')""",
        ),
        (
            "owner_of",
            """SELECT s.name FROM sys.schemas s WHERE s.principal_id = DATABASE_PRINCIPAL_ID()
               UNION ALL SELECT o.name FROM sys.objects o WHERE o.principal_id = DATABASE_PRINCIPAL_ID()
               UNION ALL SELECT d.name FROM sys.databases d WHERE d.owner_sid = SUSER_SID()""",
        ),
        (
            "may_grant",
            """SELECT p.permission_name FROM sys.database_permissions p
               WHERE p.state = 'W' AND p.grantee_principal_id = DATABASE_PRINCIPAL_ID()""",
        ),
        (
            "impersonates",
            """SELECT p.permission_name FROM sys.database_permissions p
               WHERE p.class = 4 AND p.permission_name IN ('IMPERSONATE', 'CONTROL', 'ALTER')
                 AND p.state IN ('G', 'W') AND p.grantee_principal_id = DATABASE_PRINCIPAL_ID()""",
        ),
        # Ownership chaining: whoever may execute a routine reads what its owner may read.
        (
            "routine",
            """SELECT s.name + N'.' + o.name FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id
               WHERE o.type IN ('P', 'PC', 'FN', 'IF', 'TF', 'FS', 'FT') AND o.is_ms_shipped = 0
                 AND (HAS_PERMS_BY_NAME(QUOTENAME(s.name) + N'.' + QUOTENAME(o.name), N'OBJECT', N'EXECUTE') = 1
                      OR HAS_PERMS_BY_NAME(QUOTENAME(s.name) + N'.' + QUOTENAME(o.name), N'OBJECT', N'SELECT') = 1)""",
        ),
        ("database_link", "SELECT name FROM sys.servers WHERE is_linked = 1"),
    ),
}


def readable_columns(connection: Connection) -> frozenset[tuple[str, str, str]]:
    """(schema, table, column) of everything that the engine's own function says this account may read."""
    rows = connection.rows(_READABLE[connection.dialect.name])
    return frozenset((str(schema), str(table), str(column)) for schema, table, column in rows)


_IN_ORDER = """
    SELECT a.attname, CAST(a.attisdropped AS int)
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE a.attnum > 0 AND n.nspname = ? AND c.relname = ?
    ORDER BY a.attnum"""


def after_no_gap(connection: Connection, schema: str, table: str) -> list[tuple[str, bool]]:
    """(column, whether none was ever dropped right before it) in the table's order. A column that is renamed keeps its
    place; one that is added comes last, behind the place of the one that was dropped. PostgreSQL only."""
    found, whole = [], True
    for name, dropped in connection.rows(_IN_ORDER, (schema, table)):
        if not int(str(dropped)):
            found.append((str(name), whole))
        whole = not int(str(dropped))
    return found


def wide_reasons(connection: Connection) -> tuple[str, ...]:
    """Why the account is wide, as "reason: names", names made safe to show; empty for exact grants."""
    found = []
    for reason, question in _WIDE[connection.dialect.name]:
        names = sorted(str(row[0]) for row in connection.rows(question))
        if names:
            more = f" and {len(names) - _NAMES_MAX} more" if len(names) > _NAMES_MAX else ""
            found.append(f"{reason}: {', '.join(shown(name, 80) for name in names[:_NAMES_MAX])}{more}")
    return tuple(found)
