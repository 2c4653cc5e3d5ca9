/** Secrets through the real app and a real database: sealed, versioned, shredded, and shown to nobody. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  openPlatform,
  post,
  setUp,
  type SignedIn,
  SETTINGS,
  type TestPlatform,
} from "../../../test/platform.ts";
import { redactText } from "../adapters/log.ts";
import { auditKeys, auditSigner, signatureHolds } from "../audit/service/keys.ts";
import { PLATFORM_ORG_ID } from "../tasks/rules.ts";
import { REPLACED_CHANNEL_MS, REPLACED_MS } from "./rules.ts";
import { putSecret, resolveSecret } from "./service.ts";
import {
  checkKeks,
  forgetOldUses,
  rewrapOld,
  rewrapSigningKeys,
  shredOverdue,
} from "./service/upkeep.ts";

let platform: TestPlatform;
let owner: SignedIn;

beforeAll(async () => {
  platform = await openPlatform();
  owner = await setUp(platform);
});
afterAll(() => platform.close());

const keyOf = (fill: number): string => Buffer.alloc(32, fill).toString("base64url");
const portsUnder = (settings: Record<string, string> = {}) => ({
  env: { ...platform.env, ...settings } as Env,
  sql: platform.sql,
  now: () => platform.clock.now,
  random: (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes)),
});
const ports = () => portsUnder();
const put = (name: string, value: unknown): Promise<Response> =>
  owner.send(`/api/v1/secrets/${name}`, { ...post({ value }), method: "PUT" });
const remove = (name: string): Promise<Response> =>
  owner.send(`/api/v1/secrets/${name}`, { method: "DELETE" });
const resolve = (name: string, reader = "dags/test") =>
  resolveSecret(ports(), { org: owner.orgId, name, reader });
const codeOf = async (answer: Response): Promise<unknown> =>
  ((await answer.json()) as { code: string }).code;

interface Row {
  version: number;
  kek: string | null;
  text: string;
}
async function rowsOf(name: string): Promise<Row[]> {
  const rows = await platform.db.as("superuser")`
    select version, kek, s::text as text from platform.secrets s where name = ${name} order by version`;
  return rows.map((row) => ({
    version: Number(row["version"]),
    kek: row["kek"] === null ? null : String(row["kek"]),
    text: String(row["text"]),
  }));
}
async function records(resource: string): Promise<{ action: string; changes: unknown }[]> {
  const rows = await platform.db.as("superuser")`
    select record from platform.audit_log where resource = ${resource} order by seq`;
  return rows.map((row) => JSON.parse(String(row["record"])));
}
async function forget(name: string): Promise<void> {
  const su = platform.db.as("superuser");
  await su`delete from platform.secret_uses where name = ${name}`;
  await su`delete from platform.secret_readers where name = ${name}`;
  await su`delete from platform.secrets where name = ${name}`;
}
const as = async (role: string, grants: string[], body: () => Promise<void>): Promise<void> => {
  const su = platform.db.as("superuser");
  await su`update platform.memberships set role = ${role}, grants = ${`{${grants.join()}}`} where org_id = ${owner.orgId}`;
  try {
    await body();
  } finally {
    await su`update platform.memberships set role = 'owner', grants = '{}' where org_id = ${owner.orgId}`;
  }
};

describe("putting and listing", () => {
  test("[SC3] a put secret is listed with version and fingerprint, never with its value", async () => {
    const first = await put("env.LISTED", "correct horse battery");
    expect([first.status, first.headers.get("location")]).toEqual([
      201,
      "/api/v1/secrets/env.LISTED",
    ]);
    const { version, fingerprint } = (await first.json()) as {
      version: number;
      fingerprint: string;
    };
    expect([version, fingerprint]).toEqual([1, expect.stringMatching(/^[0-9a-f]{8}$/)]);
    const again = await put("env.LISTED", "correct horse battery");
    expect([again.status, await again.json()]).toEqual([
      200,
      { name: "env.LISTED", version: 2, fingerprint },
    ]);
    const list = await owner.send("/api/v1/secrets");
    expect(list.headers.get("cache-control")).toBe("no-store");
    const text = await list.text();
    expect(text).not.toContain("horse");
    expect(JSON.parse(text)).toMatchObject({
      items: [{ name: "env.LISTED", version: 2, fingerprint, uses: 0 }],
      next_cursor: null,
    });
  });

  test("[SC3] no method of the API reads a value", async () => {
    const answer = await owner.send("/api/v1/secrets/env.LISTED");
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "DELETE, PUT"]);
  });

  test("[SC3] one value has another fingerprint under another name, or in another organization", async () => {
    const made = async (name: string) =>
      ((await (await put(name, "same value")).json()) as { fingerprint: string }).fingerprint;
    const elsewhere = await platform.sql.transaction({ org: PLATFORM_ORG_ID }, (tx) =>
      putSecret(ports(), tx, {
        org: PLATFORM_ORG_ID,
        name: "env.ONE",
        value: "same value",
        createdBy: "test",
      }),
    );
    expect(
      new Set([await made("env.ONE"), await made("env.TWO"), elsewhere.fingerprint]).size,
    ).toBe(3);
  });

  test("[SC3] pages of secrets lose and repeat none while values are put", async () => {
    for (const name of ["env.P1", "env.P2", "env.P3"]) await put(name, "v");
    const names: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const answer = await owner.send(
        `/api/v1/secrets?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`,
      );
      const page = (await answer.json()) as {
        items: { name: string }[];
        next_cursor: string | null;
      };
      names.push(...page.items.map(({ name }) => name));
      await put("env.P1", "later");
      cursor = page.next_cursor;
    }
    expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
    expect(names).toEqual(expect.arrayContaining(["env.P1", "env.P2", "env.P3", "env.LISTED"]));
  });

  test("[SC2] a value is 1 to 32,768 bytes of well-formed text under a name of the grammar", async () => {
    const status = async (name: string, value: unknown) => (await put(name, value)).status;
    expect(await status("env.MAX", "ü".repeat(16_384))).toBe(201);
    expect((await resolve("env.MAX"))?.[0]).toBe("ü".repeat(16_384));
    expect(await status("env.MAX", `${"ü".repeat(16_384)}x`)).toBe(422);
    expect(await status("env.X", "")).toBe(422);
    expect(await status("env.X", "\uD800")).toBe(422);
    expect(await status("env.X", 7)).toBe(422);
    expect(await status("other.X", "v")).toBe(404);
    expect(await status("app.X", "v")).toBe(404);
    expect(await status("app.shop.X", "v")).toBe(201);
    expect(await status("model.OPENAI_KEY", "v")).toBe(201);
    expect(await status("model.OPENAPI_KEY", "v")).toBe(422);
  });
});

describe("who may", () => {
  test("[SC6] writers are administrators and holders of secret_writer; who lists alone is told so", async () => {
    await as("developer", [], async () => {
      const answer = await put("env.ROLE", "v");
      expect([answer.status, await codeOf(answer)]).toEqual([403, "forbidden"]);
    });
    await as("viewer", [], async () => {
      const answer = await put("env.ROLE", "v");
      expect([answer.status, await codeOf(answer)]).toEqual([404, "not_found"]);
    });
    await as("viewer", ["secret_writer"], async () => {
      expect((await put("env.ROLE", "v")).status).toBe(201);
    });
  });

  test("[SC6] an API key never writes secrets", async () => {
    const made = await owner.send(
      "/api/v1/keys",
      post({ name: "lister", grants: ["secrets.list"] }),
    );
    const { token } = (await made.json()) as { token: string };
    const answer = await platform.send("/api/v1/secrets/env.KEY", {
      ...post({ value: "v" }, { "x-api-key": token }),
      method: "PUT",
    });
    expect([answer.status, await codeOf(answer)]).toEqual([403, "key_cannot"]);
  });

  test("[SC6] put and delete are audited with fingerprints", async () => {
    const first = (await (await put("env.AUDITED", "one")).json()) as { fingerprint: string };
    const second = (await (await put("env.AUDITED", "two")).json()) as { fingerprint: string };
    await remove("env.AUDITED");
    expect(await records("secrets/env/AUDITED")).toMatchObject([
      {
        action: "secrets.put",
        changes: {
          version: { before: null, after: 1 },
          fingerprint: { before: null, after: first.fingerprint },
        },
      },
      {
        action: "secrets.put",
        changes: {
          version: { before: 1, after: 2 },
          fingerprint: { before: first.fingerprint, after: second.fingerprint },
        },
      },
      {
        action: "secrets.delete",
        changes: { fingerprint: { before: second.fingerprint, after: null } },
      },
    ]);
  });
});

describe("versions", () => {
  test("[SC4] puts at once make versions in a row, of which one is in force", async () => {
    await Promise.all(Array.from({ length: 12 }, (_, n) => put("env.RACE", `value ${n}`)));
    const rows = await platform.db.as("superuser")`
      select version, replaced_at is null as current from platform.secrets where name = 'env.RACE' order by version`;
    expect(rows.map((row) => row["version"])).toEqual(Array.from({ length: 12 }, (_, n) => n + 1));
    expect(rows.filter((row) => row["current"] === true)).toHaveLength(1);
  });

  test("[SC4] a deleted secret loses the bytes of all its versions, and its numbers are never used again", async () => {
    await put("env.GONE", "one");
    await put("env.GONE", "two");
    expect(await resolve("env.GONE")).toEqual(["two"]);
    expect([(await remove("env.GONE")).status, (await remove("env.GONE")).status]).toEqual([
      204, 404,
    ]);
    expect(await resolve("env.GONE")).toBeUndefined();
    expect((await rowsOf("env.GONE")).map(({ kek }) => kek)).toEqual([null, null]);
    expect(await (await put("env.GONE", "three")).json()).toMatchObject({ version: 3 });
  });

  test("[SC4] a replaced value is shredded after 15 minutes, a channel's after 24 hours", async () => {
    for (const name of ["env.OLD", "channel.c1.OLD"]) {
      await put(name, "one");
      await put(name, "two");
    }
    const held = async (name: string) => (await rowsOf(name)).map(({ kek }) => kek !== null);
    const after = async (ms: number) => {
      const later = { ...ports(), now: () => platform.clock.now + ms };
      await shredOverdue(later, owner.orgId);
      return [await held("env.OLD"), await held("channel.c1.OLD")];
    };
    const both = [true, true];
    const one = [false, true];
    expect(await after(REPLACED_MS - 1)).toEqual([both, both]);
    expect(await after(REPLACED_MS)).toEqual([one, both]);
    expect(await after(REPLACED_CHANNEL_MS - 1)).toEqual([one, both]);
    expect(await after(REPLACED_CHANNEL_MS)).toEqual([one, one]);
  });

  test("[SC4] a channel resolves its value in force, then the ones replaced within 24 hours", async () => {
    for (const value of ["one", "two"]) await put("channel.c2.SIGNING", value);
    expect(await resolve("channel.c2.SIGNING")).toEqual(["two", "one"]);
    platform.clock.now += REPLACED_CHANNEL_MS;
    expect(await resolve("channel.c2.SIGNING")).toEqual(["two"]);
    platform.clock.now -= REPLACED_CHANNEL_MS;
  });
});

describe("sealing", () => {
  test("[SC2] bytes moved to another name, version or organization do not open", async () => {
    await put("env.FROM", "moved value");
    await put("env.TO", "other value");
    const su = platform.db.as("superuser");
    await su`update platform.secrets t set wrapped_dek = f.wrapped_dek, ciphertext = f.ciphertext
      from platform.secrets f where f.name = 'env.FROM' and t.name = 'env.TO'`;
    await expect(resolve("env.TO")).rejects.toThrow();
    await put("env.FROM", "second");
    await su`update platform.secrets t set wrapped_dek = f.wrapped_dek, ciphertext = f.ciphertext
      from platform.secrets f where f.name = 'env.FROM' and f.version = 1 and t.name = 'env.FROM' and t.version = 2`;
    await expect(resolve("env.FROM")).rejects.toThrow();
    await su`insert into platform.secrets (org_id, name, version, kek, wrapped_dek, ciphertext, fingerprint, created_by, created_at)
      select ${PLATFORM_ORG_ID}, name, version, kek, wrapped_dek, ciphertext, fingerprint, created_by, created_at
      from platform.secrets where name = 'env.FROM' and version = 1`;
    await expect(
      resolveSecret(ports(), { org: PLATFORM_ORG_ID, name: "env.FROM", reader: "test" }),
    ).rejects.toThrow();
    await forget("env.FROM");
    await forget("env.TO");
  });

  test("[SC1] the reserved organization's secrets are sealed by KEK_PLATFORM, all others by KEK_ORG", async () => {
    const twoKeks = { KEK_PLATFORM: `v1:${keyOf(1)}`, KEK_ORG: `v1:${keyOf(2)}` };
    for (const org of [PLATFORM_ORG_ID, owner.orgId])
      await platform.sql.transaction({ org }, (tx) =>
        putSecret(portsUnder(twoKeks), tx, {
          org,
          name: "env.NS",
          value: "namespaced",
          createdBy: "test",
        }),
      );
    const openedUnder = (settings: Record<string, string>) =>
      Promise.all(
        [PLATFORM_ORG_ID, owner.orgId].map((org) =>
          resolveSecret(portsUnder({ ...twoKeks, ...settings }), {
            org,
            name: "env.NS",
            reader: "t",
          }).catch(() => "closed"),
        ),
      );
    expect(await openedUnder({})).toEqual([["namespaced"], ["namespaced"]]);
    expect(await openedUnder({ KEK_PLATFORM: `v1:${keyOf(2)}` })).toEqual([
      "closed",
      ["namespaced"],
    ]);
    expect(await openedUnder({ KEK_ORG: `v1:${keyOf(1)}` })).toEqual([["namespaced"], "closed"]);
    await forget("env.NS");
  });

  test("[SC5] a new key-encryption key takes over all data keys, and the old one can go", async () => {
    await put("env.ROTATED", "kept value");
    const before = (await rowsOf("env.ROTATED"))[0];
    const added = { KEK_ORG: `v2:${keyOf(9)},${SETTINGS.KEK_ORG}` };
    const only = { KEK_ORG: `v2:${keyOf(9)}` };
    const wish = { org: owner.orgId, name: "env.ROTATED", reader: "dags/test" };
    expect(await resolveSecret(portsUnder(added), wish)).toEqual(["kept value"]);
    await expect(checkKeks(portsUnder(only))).rejects.toThrow("v1 of KEK_ORG");
    await platform.db.as("superuser")`update platform.secrets set kek = null, wrapped_dek = null,
      ciphertext = null, replaced_at = coalesce(replaced_at, now()) where name <> 'env.ROTATED' and org_id = ${owner.orgId}`;
    const moved = await rewrapOld(portsUnder(added), owner.orgId);
    expect([moved, await rewrapOld(portsUnder(added), owner.orgId)]).toEqual([1, 0]);
    const after = (await rowsOf("env.ROTATED"))[0];
    expect([before?.kek, after?.kek]).toEqual(["v1", "v2"]);
    await checkKeks(portsUnder(only));
    expect(await resolveSecret(portsUnder(only), wish)).toEqual(["kept value"]);
    await rewrapOld(portsUnder({ KEK_ORG: `${SETTINGS.KEK_ORG},v2:${keyOf(9)}` }), owner.orgId);
  });

  test("[SC5] signing keys move to a new key-encryption key too, and go on signing", async () => {
    const added = { KEK_PLATFORM: `v2:${keyOf(8)},${SETTINGS.KEK_PLATFORM}` };
    const only = { KEK_PLATFORM: `v2:${keyOf(8)}` };
    await auditSigner(ports());
    const head = {
      org: owner.orgId,
      seq: 1,
      hash: "x",
      at: "2027-01-01T00:00:00Z",
      prev_head: null,
    };
    await expect(checkKeks(portsUnder(only))).rejects.toThrow("v1 of KEK_PLATFORM");
    await platform.db.as(
      "superuser",
    )`delete from platform.secret_uses where org_id = ${PLATFORM_ORG_ID}`;
    await platform.db.as(
      "superuser",
    )`delete from platform.secret_readers where org_id = ${PLATFORM_ORG_ID}`;
    await platform.db.as(
      "superuser",
    )`delete from platform.secrets where org_id = ${PLATFORM_ORG_ID}`;
    expect(await rewrapSigningKeys(portsUnder(added))).toBe(2);
    expect(await rewrapSigningKeys(portsUnder(added))).toBe(0);
    await checkKeks(portsUnder(only));
    const signed = await (await auditSigner(portsUnder(only)))(head);
    expect(await signatureHolds(signed, await auditKeys(ports()))).toBe(true);
    const back = { KEK_PLATFORM: `${SETTINGS.KEK_PLATFORM},v2:${keyOf(8)}` };
    await rewrapSigningKeys(portsUnder(back));
  });

  test("[SC5] an installation without a needed key is not ready", async () => {
    await put("env.NEEDED", "needed value");
    const asked = await platform.send("/ready");
    expect(((await asked.json()) as { checks: { keks: { ok: boolean } } }).checks.keks.ok).toBe(
      true,
    );
    const lacking = await openPlatform({ KEK_ORG: `v2:${keyOf(9)}` });
    await lacking.db.as("superuser")`insert into platform.secrets
        (org_id, name, version, kek, wrapped_dek, ciphertext, fingerprint, created_by, created_at)
      select id, 'env.A', 1, 'v1', 'x', 'x', '00000000', 'test', now() from platform.orgs where id = ${PLATFORM_ORG_ID}`;
    await lacking.db.as("superuser")`insert into platform.orgs (id, slug, name)
      values ('01900000-0000-7000-8000-00000000000a', 'a', 'A')`;
    await lacking.db.as("superuser")`insert into platform.secrets
        (org_id, name, version, kek, wrapped_dek, ciphertext, fingerprint, created_by, created_at)
      values ('01900000-0000-7000-8000-00000000000a', 'env.A', 1, 'v1', 'x', 'x', '00000000', 'test', now())`;
    const answer = await lacking.send("/ready");
    expect(answer.status).toBe(503);
    const { checks } = (await answer.json()) as { checks: Record<string, { ok: boolean }> };
    expect(checks["keks"]?.ok).toBe(false);
    expect(JSON.stringify(lacking.logged)).toContain("v1 of KEK_ORG");
    await lacking.close();
  });
});

describe("uses", () => {
  test("[SC6] uses are counted by the hour, and a reader's first of a version is chained", async () => {
    await put("env.USED", "one");
    await Promise.all(Array.from({ length: 5 }, () => resolve("env.USED", "dags/a")));
    await resolve("env.USED", "dags/b");
    await put("env.USED", "two");
    await resolve("env.USED", "dags/a");
    const counted = await platform.db.as("superuser")`
      select version, reader, uses::int from platform.secret_uses where name = 'env.USED' order by 1, 2`;
    expect(counted.map((row) => [row["version"], row["reader"], row["uses"]])).toEqual([
      [1, "dags/a", 5],
      [1, "dags/b", 1],
      [2, "dags/a", 1],
    ]);
    const used = (await records("secrets/env/USED")).filter(
      ({ action }) => action === "secrets.use",
    );
    expect(used).toMatchObject([
      { actor: { kind: "worker", id: "dags/a" }, changes: { version: { after: 1 } } },
      { actor: { kind: "worker", id: "dags/b" }, changes: { version: { after: 1 } } },
      { actor: { kind: "worker", id: "dags/a" }, changes: { version: { after: 2 } } },
    ]);
    const list = (await (await owner.send("/api/v1/secrets")).json()) as {
      items: { name: string; uses: number }[];
    };
    expect(list.items.find(({ name }) => name === "env.USED")?.uses).toBe(7);
  });

  test("[SC6] counts go after 90 days; who was a reader stays known", async () => {
    await put("env.LONG", "one");
    await resolve("env.LONG", "dags/a");
    platform.clock.now += 91 * 86_400_000;
    await forgetOldUses(ports(), owner.orgId);
    await resolve("env.LONG", "dags/a");
    platform.clock.now -= 91 * 86_400_000;
    const used = (await records("secrets/env/LONG")).filter(
      ({ action }) => action === "secrets.use",
    );
    expect(used).toHaveLength(1);
  });

  test("[SC7] a resolved value of eight characters is redacted in the log from then on", async () => {
    const line = "the value is plain words of a secret, and so on";
    await put("env.LOGGED", "plain words of a secret");
    expect(redactText(line)).toBe(line);
    await resolve("env.LOGGED");
    expect(redactText(line)).toBe("the value is [redacted], and so on");
  });
});
