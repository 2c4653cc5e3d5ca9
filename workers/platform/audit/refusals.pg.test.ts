/** Refused changes in the audit chain, over a real database: recorded, and counted when there are too many. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPlatform, post, setUp, type TestPlatform } from "../../../test/platform.ts";
import type { AuditOrigin } from "./model.ts";
import { auditQuotaRefusal, auditRefusal, closeRefusals } from "./service/refusals.ts";

let platform: TestPlatform;
let other: TestPlatform;
const ORG = "01900000-0000-7000-8000-0000000000a1";
const MINUTE = Date.parse("2027-03-04T05:06:00Z");

beforeAll(async () => {
  [platform, other] = await Promise.all([openPlatform(), openPlatform()]);
  await platform.db.as("superuser")`
    insert into platform.orgs (id, slug, name) values (${ORG}, 'flood', 'flood')`;
});
afterAll(() => Promise.all([platform.close(), other.close()]));

const origin = (at: number): AuditOrigin => ({
  org: ORG,
  at,
  actor: { kind: "user", id: "u1" },
  requestId: "request-1",
  pii: { name: "Ada", ip: "192.0.2.7", userAgent: null },
  random: (bytes) => new Uint8Array(bytes),
});
const refuse = (at: number): Promise<void> =>
  auditRefusal(platform.sql, {
    ...origin(at),
    action: "keys.write",
    resource: "keys",
    code: "forbidden",
  });

async function records(action: string): Promise<{ at: string; changes: unknown }[]> {
  const rows = await platform.db.as("superuser")`
    select record from platform.audit_log where org_id = ${ORG} and action = ${action} order by seq`;
  return rows.map((row) => JSON.parse(String(row["record"])));
}

test("[AU8] a refused change is recorded with its code; a flood of them becomes one counted record", async () => {
  await Promise.all(Array.from({ length: 130 }, (_, n) => refuse(MINUTE + n)));
  expect(await records("keys.write")).toHaveLength(100);
  expect(await records("audit.refusals")).toEqual([]);
  await refuse(MINUTE + 60_000);
  const [flood, ...more] = await records("audit.refusals");
  expect(more).toEqual([]);
  expect(flood).toMatchObject({
    resource: "refusals/2027-03-04T05:06:00.000Z",
    outcome: "refused",
    changes: { refusals: { before: 100, after: 130 } },
  });
  expect((await records("keys.write")).at(-1)).toMatchObject({
    outcome: "refused",
    changes: { code: { before: null, after: "forbidden" } },
  });
});

test("[AU8] a flood that nobody followed is written down at night", async () => {
  const at = MINUTE + 3_600_000;
  for (let n = 0; n < 101; n += 1) await refuse(at);
  await platform.sql.transaction({ org: ORG }, (tx) => closeRefusals(tx, ORG, at + 60_000));
  expect((await records("audit.refusals")).at(-1)).toMatchObject({
    changes: { refusals: { before: 100, after: 101 } },
  });
  await platform.sql.transaction({ org: ORG }, (tx) => closeRefusals(tx, ORG, at + 120_000));
  expect(await records("audit.refusals")).toHaveLength(2);
});

test("[AU8] lack of quota is recorded once an hour and meter", async () => {
  const at = Date.parse("2027-03-04T06:59:59Z");
  for (const meter of ["requests", "requests", "tokens_in"])
    await auditQuotaRefusal(platform.sql, origin(at), meter);
  await auditQuotaRefusal(platform.sql, origin(at + 1_000), "requests");
  const seen = await platform.db.as("superuser")`
    select resource, at::text from platform.audit_log where org_id = ${ORG} and action = 'usage.refuse' order by seq`;
  expect(seen.map((row) => row["resource"])).toEqual([
    "usage/limits/requests",
    "usage/limits/tokens_in",
    "usage/limits/requests",
  ]);
});

test("[AU1] a change that is refused by the API is recorded: who, what, why; reading and allowed changes are not", async () => {
  const owner = await setUp(platform);
  const made = await owner.send(
    "/api/v1/keys",
    post({ name: "lister", grants: ["secrets.list", "keys.read"] }),
  );
  const { token, key } = (await made.json()) as { token: string; key: { id: string } };
  const byKey = (path: string, method: string): Promise<Response> =>
    platform.send(`/api/v1${path}`, {
      ...post({ value: "v", name: "n", grants: ["keys.read"] }, { "x-api-key": token }),
      method,
    });
  expect((await byKey("/secrets/env.TRIED", "PUT")).status).toBe(403);
  expect((await byKey("/keys", "POST")).status).toBe(403);
  await platform.send("/api/v1/audit", { headers: { "x-api-key": token } });
  const rows = await platform.db.as("superuser")`
    select record from platform.audit_log where org_id = ${owner.orgId} and record like '%"outcome":"refused"%' order by seq`;
  expect(rows.map((row) => JSON.parse(String(row["record"])))).toMatchObject([
    {
      actor: { kind: "key", id: key.id },
      action: "secrets.write",
      resource: "secrets/env/TRIED",
      changes: { code: { after: "key_cannot" } },
    },
    { actor: { kind: "key" }, action: "keys.write", resource: "keys" },
  ]);
});

test("[AU1] a refusal is recorded however long a path somebody makes up; the record holds its beginning", async () => {
  const owner = await setUp(other);
  const made = await owner.send("/api/v1/keys", post({ name: "k", grants: ["keys.read"] }));
  const { token } = (await made.json()) as { token: string };
  // Long, and without a pattern a database could compress.
  const id = Array.from({ length: 3_000 }, (_, n) => (n * n * 7_919).toString(36)).join("");
  const answer = await other.send(`/api/v1/keys/${id.slice(0, 6_000)}`, {
    method: "DELETE",
    headers: { "x-api-key": token },
  });
  expect(answer.status).toBe(403);
  const [row] = await other.db.as("superuser")`
    select resource from platform.audit_log where org_id = ${owner.orgId} and action = 'keys.write'`;
  expect(row?.["resource"]).toBe(`keys/${id}`.slice(0, 300));
});
