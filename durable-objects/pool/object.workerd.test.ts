/**
 * The Pool object over RPC in workerd: how transactions end. The driver is a fake, because tests inside workerd reach no
 * database; the e2e suite runs every statement of the product through this object and a real Postgres.
 */
import { env } from "cloudflare:workers";
import postgres from "postgres";
import { beforeEach, expect, test, vi } from "vitest";
import { SCOPE_STATEMENT, SqlError } from "../../workers/platform/adapters/sql.ts";
import { Fault } from "../../workers/platform/model.ts";
import { sqlOverPool } from "./client.ts";
import { POOL_NAME } from "./model.ts";

const driver = vi.hoisted(() => ({
  /** What Postgres would have seen, in order; the scope statement as its parameters. */
  seen: [] as string[],
  failure: undefined as unknown,
}));
vi.mock(import("../../workers/platform/adapters/postgres-client.ts"), async (original) => {
  const answer = Object.assign([[7]], { columns: [{ name: "n" }] });
  const tx = {
    unsafe: (text: string, params: readonly unknown[]) => ({
      values: async () => {
        driver.seen.push(text === SCOPE_STATEMENT ? `scope ${params.join("|")}` : text);
        if (text.startsWith("fail")) throw driver.failure;
        return answer;
      },
    }),
  };
  const client = {
    begin: async (body: (inner: typeof tx) => Promise<unknown>) => {
      driver.seen.push("begin");
      try {
        const value = await body(tx);
        driver.seen.push("commit");
        return value;
      } catch (error) {
        driver.seen.push("rollback");
        throw error;
      }
    },
  };
  return { ...(await original()), openClient: () => client as never };
});

const pool = () => {
  if (env.POOL === undefined) throw new Error("the local configuration binds POOL");
  return env.POOL.get(env.POOL.idFromName(POOL_NAME));
};
const ORG = "01912345-0000-7000-8000-000000000001";
const scope = `scope ${ORG}|`;

beforeEach(() => {
  driver.seen.length = 0;
  driver.failure = undefined;
});

test("[TN2] a transaction opens in its scope, runs its statements in order and commits", async () => {
  const value = await sqlOverPool(pool()).transaction({ org: ORG }, async (tx) => {
    await tx.query("select 1");
    return tx.query("select 2");
  });
  expect(value).toEqual([{ n: 7 }]);
  expect(driver.seen).toEqual(["begin", scope, "select 1", "select 2", "commit"]);
});

test("[TN2] one statement is one call, with the same scope", async () => {
  const rows = await sqlOverPool(pool()).transaction({ org: ORG }, (tx) => tx.query("select 1"), {
    single: true,
  });
  expect(rows).toEqual([{ n: 7 }]);
  expect(driver.seen).toEqual(["begin", scope, "select 1", "commit"]);
});

test("[TN2] a body that throws rolls back, and its error is the caller's", async () => {
  const failing = sqlOverPool(pool()).transaction({ org: ORG }, async (tx) => {
    await tx.query("insert 1");
    throw new RangeError("mine");
  });
  await expect(failing).rejects.toThrow(RangeError);
  await vi.waitFor(() => expect(driver.seen.at(-1)).toBe("rollback"));
  expect(driver.seen).not.toContain("commit");
});

test("[TN2] who lets go of a transaction without ending it commits nothing", async () => {
  const transaction = await pool().open({ org: ORG });
  expect(await transaction.query("insert 1", [])).toMatchObject({ ok: true });
  transaction[Symbol.dispose]();
  await vi.waitFor(() => expect(driver.seen.at(-1)).toBe("rollback"));
  expect(driver.seen).not.toContain("commit");
});

test("[TN2] a rollback is no commit, whatever is asked after it", async () => {
  const transaction = await pool().open({ org: ORG });
  await transaction.query("insert 1", []);
  expect(await transaction.rollback()).toMatchObject({ ok: false });
  expect(await transaction.commit()).toMatchObject({ ok: false });
  expect(driver.seen.filter((line) => /commit|rollback/.test(line))).toEqual(["rollback"]);
  transaction[Symbol.dispose]();
});

test("[AP4] what Postgres refuses keeps its code; a lost connection is worth another try", async () => {
  const run = () => sqlOverPool(pool()).transaction({ org: ORG }, (tx) => tx.query("fail"));
  driver.failure = Object.assign(Object.create(postgres.PostgresError.prototype) as Error, {
    message: "duplicate key",
    code: "23505",
    constraint_name: "api_keys_key_id_key",
  });
  const refused = await run().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(SqlError);
  expect(refused).toMatchObject({ code: "23505", constraint: "api_keys_key_id_key" });
  driver.failure = new Error("connection lost");
  const lost = await run().catch((error: unknown) => error);
  expect(lost).toBeInstanceOf(Fault);
  expect(lost).toMatchObject({ system: "postgres", retryable: true });
  await vi.waitFor(() => expect(driver.seen.filter((line) => line === "rollback")).toHaveLength(2));
});

test("transactions of many requests stay apart", async () => {
  const sql = sqlOverPool(pool());
  const scopes = Array.from(
    { length: 20 },
    (_, n) => `01912345-0000-7000-8000-${String(n).padStart(12, "0")}`,
  );
  await Promise.all(
    scopes.map((org) =>
      sql.transaction({ org }, async (tx) => {
        await tx.query(`a ${org}`);
        await tx.query(`b ${org}`);
      }),
    ),
  );
  for (const org of scopes) {
    const own = driver.seen.filter((line) => line.includes(org));
    expect(own).toEqual([`scope ${org}|`, `a ${org}`, `b ${org}`]);
  }
  expect(driver.seen.filter((line) => line === "commit")).toHaveLength(20);
});
