/** The database of one install: the embedded server, or the one that DATABASE_URL names [LN7, PG1]. */
import type { Login } from "./postgres-connection.ts";
import { connect } from "./postgres-connection.ts";
import { EXIT, Failure, reasonOf } from "./failure.ts";
import { startPostgres } from "./postgres.ts";
import type { Identity } from "./process.ts";
import { alive, signal } from "./process.ts";

export type Database = {
  urlFor(login: Login): string;
  /** The embedded server's process; undefined for a server of the user's own, which we neither watch nor stop. */
  process: Identity | undefined;
  /** True when a query is answered. */
  healthy(): Promise<boolean>;
  lives(): boolean;
  stop(): Promise<void>;
  /** Ends it at once; for a second interrupt. */
  kill(): void;
};

/** Environment variable per login of a database of the user's own. */
export const URL_VARIABLES: Readonly<Record<Login, string>> = {
  platform_ddl: "DATABASE_URL",
  platform_rt: "DATABASE_URL_RT",
  gateway: "DATABASE_URL_GATEWAY",
};

/** @throws Failure(database) naming the gap */
export async function openDatabase(
  stateDir: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Database> {
  if (env["DATABASE_URL"] !== undefined && env["DATABASE_URL"] !== "") return openExternal(env);
  const server = await startPostgres({ stateDir });
  return {
    urlFor: (login) => server.urlFor(login),
    process: server.process,
    healthy: () => server.healthy(),
    lives: () => alive(server.process),
    stop: () => server.stop(),
    // SIGQUIT is Postgres' own "at once"; SIGKILL would leave its shared memory to the next start.
    kill: () => void signal(server.process, "SIGQUIT"),
  };
}

async function openExternal(env: Readonly<Record<string, string | undefined>>): Promise<Database> {
  const urls = {
    platform_ddl: urlFrom(env, "platform_ddl"),
    platform_rt: urlFrom(env, "platform_rt"),
    gateway: urlFrom(env, "gateway"),
  };
  await checkServer(urls.platform_ddl);
  for (const login of ["platform_ddl", "platform_rt", "gateway"] as const)
    await checkLogin(login, urls[login]);
  return {
    urlFor: (login) => urls[login],
    process: undefined,
    healthy: async () => (await query(urls.platform_rt, "select true as yes"))["yes"] === true,
    lives: () => true,
    stop: async () => {},
    kill: () => {},
  };
}

function urlFrom(env: Readonly<Record<string, string | undefined>>, login: Login): string {
  const url = env[URL_VARIABLES[login]];
  if (url !== undefined && url !== "") return url;
  throw gap(`${URL_VARIABLES[login]} is not set`, login);
}

const gap = (what: string, login: Login, cause?: unknown): Failure =>
  new Failure(EXIT.database, what, {
    remedy: `make the login ${login} (data model: three logins, none bypasses row security) and give its connection string as ${URL_VARIABLES[login]}`,
    ...(cause === undefined ? {} : { cause }),
  });

/** Version, and what migrations need: roles and a schema of their own. */
async function checkServer(url: string): Promise<void> {
  const row = await query(
    url,
    `select current_setting('server_version_num')::int as version, rolcreaterole as roles,
            has_database_privilege(current_database(), 'create') as schemas
     from pg_roles where rolname = current_user`,
  ).catch((cause: unknown) => {
    throw new Failure(EXIT.database, "the database of DATABASE_URL cannot be reached", {
      cause,
      remedy: "check host, port, name and password in it",
    });
  });
  if (Number(row["version"]) < 170_000)
    throw gap(
      `PostgreSQL 17 or newer is needed, this is ${String(row["version"])}`,
      "platform_ddl",
    );
  if (row["roles"] !== true)
    throw gap("the login of DATABASE_URL lacks CREATEROLE", "platform_ddl");
  if (row["schemas"] !== true)
    throw gap("the login of DATABASE_URL may not CREATE in its database", "platform_ddl");
}

/** The migrations grant to these names, so each login must be the role itself. */
async function checkLogin(login: Login, url: string): Promise<void> {
  const row = await query(url, "select current_user::text as name").catch((cause: unknown) => {
    throw gap(`the login of ${URL_VARIABLES[login]} fails: ${reasonOf(cause)}`, login, cause);
  });
  if (row["name"] !== login)
    throw gap(`${URL_VARIABLES[login]} logs in as ${String(row["name"])}, not as ${login}`, login);
}

async function query(url: string, text: string): Promise<Record<string, unknown>> {
  const sql = connect(url, 5);
  try {
    const [row] = await sql.unsafe(text);
    return row ?? {};
  } finally {
    await sql.end({ timeout: 1 });
  }
}
