/** Short-lived connections of the launcher and the connection strings of its server. */
import postgres from "postgres";
import type { Secrets } from "./state.ts";

/** The logins of the product; the schema is made by migrations, these by the launcher (data.md 2). */
export const LOGINS = ["platform_ddl", "platform_rt", "gateway"] as const;
export type Login = (typeof LOGINS)[number];
/** `superuser` is the launcher's own. */
export type Role = Login | "superuser";

/** The database of the product. */
export const DATABASE = "edgewright";

/** One connection, opened by the first query. Types are not fetched: the launcher selects text and numbers only. */
export const connect = (url: string, timeoutS = 10): postgres.Sql =>
  postgres(url, {
    max: 1,
    connect_timeout: timeoutS,
    fetch_types: false,
    onnotice: () => {},
    backoff: false,
  });

/** A connection string over loopback. Passwords are base64url, so nothing needs escaping. */
export function urlOf(port: number, role: Role, database: string, secrets: Secrets): string {
  const user = role === "superuser" ? "postgres" : role;
  return `postgres://${user}:${secrets.postgres[role]}@127.0.0.1:${port}/${database}`;
}
