/** Which Postgres this Worker speaks to. The port itself is sql.ts. */
import { sqlOverPool } from "../../../durable-objects/pool/client.ts";
import { POOL_NAME } from "../../../durable-objects/pool/model.ts";
import { openClient, sqlOver } from "./postgres-client.ts";
import type { Sql } from "./sql.ts";

/** The Sql of this Worker: the Pool object where it is bound (locally), a Hyperdrive client per request elsewhere. */
export function sqlFrom(env: Env): Sql {
  if (env.POOL !== undefined) return sqlOverPool(env.POOL.get(env.POOL.idFromName(POOL_NAME)));
  let sql: Sql | undefined;
  return {
    transaction: (scope, body) => {
      sql ??= sqlOver(openClient(env.PG.connectionString, { max: CLIENT_CONNECTIONS_MAX }));
      return sql.transaction(scope, body);
    },
  };
}

/** A request holds at most this many of the six connections Workers allow at once. */
const CLIENT_CONNECTIONS_MAX = 3;
