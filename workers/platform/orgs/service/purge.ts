/**
 * Carries out deletions whose thirty days are over [TN8], and forgets what ended long ago. Every step is small, does no
 * harm when it is repeated, and finds what is left by itself: a night that was cut off goes on the next one.
 */
import { appendAudit } from "../../audit/service.ts";
import { auditPrefixOf } from "../../audit/rules/chain.ts";
import { deleteObjects, listed } from "../../adapters/artifacts.ts";
import type { Sql } from "../../adapters/sql.ts";
import { assert, Fault, type Instant } from "../../model.ts";
import { ask } from "../../tasks/service.ts";
import { limiterOf } from "../../usage/service.ts";
import { deleteInvitations } from "../store/invitations.ts";
import {
  closeOrg,
  dagsOf,
  forgetLinks,
  forgetSessions,
  isDue,
  purgedTables,
  purgeRows,
} from "../store/purge.ts";

export interface PurgePorts {
  readonly env: Env;
  readonly sql: Sql;
  readonly now: () => Instant;
  readonly random: (bytes: number) => Uint8Array;
}

/** Rows of one transaction: far below what a statement's time allows. */
const ROWS = 5_000;
/** For a table whose rows point at each other: all at once. */
const ALL_ROWS = 2_147_483_647;

/**
 * Removes everything of an organization but its row and its audit chain.
 *
 * @returns false when it is not due
 */
export async function purgeOrg(ports: PurgePorts, orgId: string): Promise<boolean> {
  const { sql } = ports;
  const due = await sql.transaction({ org: orgId }, (tx) => isDue(tx, orgId, ports.now()));
  if (!due) return false;
  // Rows last: they name what else there is.
  await eraseDispatchers(ports, orgId);
  await eraseLimiter(ports.env, orgId);
  await eraseStored(ports.env, orgId);
  await eraseRows(sql, orgId);
  await sql.transaction({ org: orgId }, async (tx) => {
    if (!(await closeOrg(tx, orgId))) return;
    await appendAudit(tx, {
      org: orgId,
      at: ports.now(),
      actor: { kind: "system", id: "purge" },
      requestId: `purge-${orgId}`,
      pii: { name: null, ip: null, userAgent: null },
      random: ports.random,
      action: "org.purge",
      resource: "org",
      changes: { status: { before: "deleting", after: "deleted" } },
    });
  });
  return true;
}

async function eraseDispatchers(ports: PurgePorts, orgId: string): Promise<void> {
  const dags = await ports.sql.transaction({ org: orgId }, (tx) => dagsOf(tx, orgId));
  for (const dagId of dags)
    await ask(ports.env, orgId, dagId, (dispatcher) =>
      dispatcher.erase({ v: 1, org_id: orgId, dag_id: dagId }),
    );
}

/** Counters, reservations and the limits it knew. */
async function eraseLimiter(env: Env, orgId: string): Promise<void> {
  const erased = await limiterOf(env, orgId)
    .erase({ v: 1, org_id: orgId })
    .catch((cause: unknown) => {
      throw new Fault("limiter", { retryable: true, cause });
    });
  assert(erased.ok, "the limiter takes its organization's own id");
}

/** All objects of the organization but the sealed ranges of its audit chain. */
async function eraseStored(env: Env, orgId: string): Promise<void> {
  const kept = auditPrefixOf(orgId);
  for (const bucket of [env.LOGS, env.ARTIFACTS]) {
    for await (const keys of listed(bucket, `org/${orgId}/`, Number.POSITIVE_INFINITY)) {
      const gone = keys.filter((key) => !key.startsWith(kept));
      if (gone.length > 0) await deleteObjects(bucket, gone);
    }
  }
}

/** All rows, a transaction per step; tables others point at come again when those are empty. */
export async function eraseRows(sql: Sql, orgId: string): Promise<void> {
  let tables = await sql.transaction({ org: orgId }, purgedTables);
  let size = ROWS;
  while (tables.length > 0) {
    const blocked: string[] = [];
    for (const table of tables) if (!(await drain(sql, orgId, table, size))) blocked.push(table);
    const stuck = blocked.length === tables.length;
    assert(
      !(stuck && size === ALL_ROWS),
      "the tables of an organization point at each other in a circle",
    );
    size = stuck ? ALL_ROWS : ROWS;
    tables = blocked;
  }
}

/** False when other tables still point at rows of this one. */
async function drain(sql: Sql, orgId: string, table: string, size: number): Promise<boolean> {
  for (;;) {
    const gone = await sql.transaction({ org: orgId }, (tx) => purgeRows(tx, table, size));
    if (gone < 0) return false;
    if (gone < size) return true;
  }
}

/** How long what has ended is kept to be looked at. */
const KEPT_MS = 30 * 86_400_000;
const LINKS_KEPT_MS = 86_400_000;

/** Forgets invitations of an organization that expired thirty days ago. */
export const forgetInvitations = (ports: PurgePorts, orgId: string): Promise<number> =>
  ports.sql.transaction({ org: orgId }, (tx) =>
    deleteInvitations(tx, orgId, ports.now() - KEPT_MS),
  );

/** Forgets sessions that ended thirty days ago, and links that expired yesterday. Answers how many rows went. */
export async function forgetSignIns(ports: PurgePorts): Promise<number> {
  const { sql } = ports;
  const now = ports.now();
  let total = await sql.transaction({ none: true }, (tx) => forgetLinks(tx, now - LINKS_KEPT_MS));
  for (;;) {
    const gone = await sql.transaction({ none: true }, (tx) =>
      forgetSessions(tx, now - KEPT_MS, ROWS),
    );
    total += gone;
    if (gone < ROWS) return total;
  }
}
