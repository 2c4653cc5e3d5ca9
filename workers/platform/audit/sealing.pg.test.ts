/** Sealed ends of chains: written once to R2, and checked from a folder without the platform. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkFolder } from "../../../local/audit-check.ts";
import { openAuditFolder } from "../../../local/audit-folder.ts";
import { fakeBucket, type FakeBucket } from "../../../test/fakes/r2.ts";
import {
  openPlatform,
  post,
  setUp,
  type SignedIn,
  type TestPlatform,
} from "../../../test/platform.ts";
import { logTo } from "../adapters/log.ts";
import type { AuditHead } from "./model.ts";
import { chainHash, GENESIS, headHash, type ChainLine } from "./rules/chain.ts";
import { appendAudit } from "./service.ts";
import { sealChain, type SealPorts } from "./service/sealing.ts";
import { verifyChain } from "./service/verify.ts";

let platform: TestPlatform;
let artifacts: FakeBucket;
let owner: SignedIn;
let root: string;
let orgs = 0;

beforeAll(async () => {
  artifacts = fakeBucket();
  platform = await openPlatform({ ARTIFACTS: artifacts.bucket });
  owner = await setUp(platform);
  root = await mkdtemp(join(tmpdir(), "audit-"));
});
afterAll(async () => {
  await platform.close();
  await rm(root, { recursive: true });
});

const ports = (settings: Record<string, unknown> = {}): SealPorts => ({
  env: { ...platform.env, ...settings } as Env,
  sql: platform.sql,
  now: () => platform.clock.now,
  log: logTo(
    (line) => platform.logged.push(JSON.parse(line)),
    {},
    () => platform.clock.now,
  ),
});
async function newOrg(records: number): Promise<string> {
  orgs += 1;
  const id = `01900000-0000-7000-8000-${String(orgs).padStart(12, "0")}`;
  await platform.db.as("superuser")`
    insert into platform.orgs (id, slug, name) values (${id}, ${`o${orgs}`}, 'O')`;
  await append(id, records);
  return id;
}
async function append(org: string, records: number): Promise<void> {
  for (let n = 0; n < records; n += 1)
    await platform.sql.transaction({ org }, (tx) =>
      appendAudit(tx, {
        org,
        at: platform.clock.now,
        actor: { kind: "user", id: "ada" },
        requestId: "request-1",
        pii: { name: "Ada", ip: "192.0.2.7", userAgent: null },
        random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
        action: "keys.create",
        resource: `keys/${n}`,
      }),
    );
}
const keysOf = (org: string): string[] =>
  [...artifacts.objects.keys()]
    .filter((key) => key.startsWith(`org/${org}/audit/`))
    .map((key) => key.slice(`org/${org}/audit/`.length))
    .filter((key) => !key.startsWith("keys/"));
const textOf = (org: string, name: string): string =>
  new TextDecoder().decode(artifacts.objects.get(`org/${org}/audit/${name}`)?.bytes);

/** The objects of an organization as files, as a copy from R2 makes them. */
async function copied(org: string): Promise<string> {
  const folder = await mkdtemp(join(root, "copy-"));
  for (const [key, { bytes }] of artifacts.objects) {
    const prefix = `org/${org}/audit/`;
    if (!key.startsWith(prefix)) continue;
    const file = join(folder, key.slice(prefix.length));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
  return folder;
}

describe("sealing at night", () => {
  test("[AU6] what is new is sealed, under a head that names the one before; what is not new is not", async () => {
    const org = await newOrg(3);
    expect(await sealChain(ports(), org)).toBe(1);
    expect(await sealChain(ports(), org)).toBe(0);
    await append(org, 2);
    expect(await sealChain(ports(), org)).toBe(1);
    expect(keysOf(org)).toEqual([
      "1-3.ndjson.gz",
      "1-3.head.json",
      "4-5.ndjson.gz",
      "4-5.head.json",
    ]);
    const [first, second] = ["1-3.head.json", "4-5.head.json"].map((name): AuditHead =>
      JSON.parse(textOf(org, name)),
    );
    expect([first?.seq, first?.prev_head]).toEqual([3, null]);
    expect([second?.seq, second?.prev_head]).toEqual([5, headHash(textOf(org, "1-3.head.json"))]);
    expect(await sealChain(ports(), await newOrg(0))).toBe(0);
  });

  test("[AU6] sealed records hold no name", async () => {
    const org = await newOrg(2);
    await sealChain(ports(), org);
    const bytes =
      artifacts.objects.get(`org/${org}/audit/1-2.ndjson.gz`)?.bytes ?? new Uint8Array();
    const text = gunzipSync(bytes).toString();
    expect(text.split("\n")).toHaveLength(3);
    expect(text).not.toMatch(/Ada|192\.0\.2\.7/);
  });

  test("[AU6] a night that broke off between row and objects is made good, with the same head", async () => {
    const org = await newOrg(2);
    const failing = { ...artifacts.bucket, put: () => Promise.reject(new Error("R2 is away")) };
    await expect(sealChain(ports({ ARTIFACTS: failing }), org)).rejects.toThrow("artifacts failed");
    expect(keysOf(org)).toEqual([]);
    platform.clock.now += 86_400_000;
    expect(await sealChain(ports(), org)).toBe(0);
    const [row] = await platform.db.as("superuser")`
      select head from platform.audit_seals where org_id = ${org}`;
    expect(textOf(org, "1-2.head.json")).toBe(row?.["head"]);
    platform.clock.now -= 86_400_000;
  });

  test("[AU6] two nights at once make one seal", async () => {
    const org = await newOrg(2);
    const added = await Promise.all([sealChain(ports(), org), sealChain(ports(), org)]);
    expect(added.toSorted((a, b) => a - b)).toEqual([0, 1]);
    expect(keysOf(org)).toEqual(["1-2.ndjson.gz", "1-2.head.json"]);
  });

  test("[AU6] what lies in R2 is not written over", async () => {
    const org = await newOrg(2);
    await artifacts.bucket.put(`org/${org}/audit/1-2.ndjson.gz`, "was there");
    await sealChain(ports(), org);
    expect(textOf(org, "1-2.ndjson.gz")).toBe("was there");
  });

  test("[AU6] a chain written anew behind a seal is noticed by the platform itself", async () => {
    const org = await newOrg(4);
    await sealChain(ports(), org);
    await rewrite(org);
    expect(await verifyChain(platform.sql, { org, from: 1, to: undefined })).toMatchObject({
      ok: false,
      first_bad: { seq: 4, reason: "head" },
    });
  });

  test("[AU6] a chain that ends before its last seal is noticed, from wherever it is verified", async () => {
    const org = await newOrg(5);
    await sealChain(ports(), org);
    await cutOff(org, 4);
    for (const from of [1, 3, 4, 6])
      expect(
        await verifyChain(platform.sql, { org, from, to: undefined }),
        `${from}`,
      ).toMatchObject({ ok: false, first_bad: { seq: 4, reason: "gap" } });
    await append(org, 1);
    expect(await verifyChain(platform.sql, { org, from: 1, to: undefined })).toMatchObject({
      ok: false,
      first_bad: { seq: 5, reason: "gap" },
    });
  });
});

/** The last records are gone, and the head says that they never were. */
async function cutOff(org: string, from: number): Promise<void> {
  await platform.db.as("superuser").begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx`delete from platform.audit_pii where org_id = ${org} and seq >= ${from}`;
    await tx`delete from platform.audit_log where org_id = ${org} and seq >= ${from}`;
    await tx`update platform.audit_heads h set seq = l.seq, hash = l.hash from platform.audit_log l
      where h.org_id = ${org} and l.org_id = h.org_id and l.seq = ${from} - 1`;
  });
}

/** All records say another time, under hashes that fit: what a database writer can do. */
async function rewrite(org: string): Promise<ChainLine[]> {
  const su = platform.db.as("superuser");
  const rows =
    await su`select seq, record from platform.audit_log where org_id = ${org} order by seq`;
  const lines: ChainLine[] = [];
  let before = GENESIS.hash;
  for (const row of rows) {
    const record = String(row["record"]).replace(/"at":"20../, '"at":"2019');
    before = chainHash(before, record);
    lines.push({ record, hash: before });
  }
  await su.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    for (const [n, { record, hash }] of lines.entries()) {
      const { at } = JSON.parse(record) as { at: string };
      await tx`update platform.audit_log set record = ${record}, hash = decode(${hash}, 'hex'), at = ${at}
        where org_id = ${org} and seq = ${n + 1}`;
    }
    await tx`update platform.audit_heads set hash = decode(${before}, 'hex') where org_id = ${org}`;
  });
  return lines;
}

const faultOf = async (folder: string, roots: string[] = []): Promise<unknown> => {
  const [report] = await checkFolder(await openAuditFolder(folder), roots);
  return report?.fault === null ? "whole" : [report?.fault.seq, report?.fault.reason];
};
const run = (args: string[]): Promise<{ code: number; out: string }> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      ["local/audit-verify.ts", ...args],
      { cwd: join(import.meta.dirname, "../../..") },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), out: stdout + stderr });
      },
    );
  });

describe("checking a copy", () => {
  let folder: string;
  let org: string;
  let kid: string;

  beforeAll(async () => {
    org = await newOrg(3);
    await sealChain(ports(), org);
    await append(org, 3);
    await sealChain(ports(), org);
    folder = await copied(org);
    kid = (JSON.parse(textOf(org, "1-3.head.json")) as AuditHead).kid;
  });
  const changed = async (change: (folder: string) => Promise<void>): Promise<string> => {
    const copy = await mkdtemp(join(root, "changed-"));
    await cp(folder, copy, { recursive: true });
    await change(copy);
    return copy;
  };
  const editLines = (name: string, edit: (lines: string[]) => string[]) => async (copy: string) => {
    const file = join(copy, name);
    const lines = gunzipSync(await readFile(file))
      .toString()
      .trimEnd()
      .split("\n");
    await writeFile(file, gzipSync(`${edit(lines).join("\n")}\n`));
  };
  const editHead = (name: string, edit: (head: AuditHead) => AuditHead) => async (copy: string) => {
    const file = join(copy, name);
    const head: AuditHead = JSON.parse(await readFile(file, "utf8"));
    await writeFile(file, JSON.stringify(edit(head)));
  };

  test("[AU7] the command says that a copy is whole, and pins the key it is told", async () => {
    const plain = await run([folder]);
    expect([plain.code, plain.out]).toEqual([
      0,
      `${org}: whole, records 1 to 6, 2 signed heads, key ${kid} (not pinned: note it down, pass --root)\n`,
    ]);
    const pinned = await run([folder, "--root", kid]);
    expect([pinned.code, pinned.out]).toEqual([
      0,
      `${org}: whole, records 1 to 6, 2 signed heads, pinned\n`,
    ]);
  });

  test("[AU7] the command names the first fault, and fails", async () => {
    const copy = await changed(editLines("1-3.ndjson.gz", ([a = "", , c = ""]) => [a, c]));
    expect(await run([copy])).toEqual({
      code: 1,
      out: `${org}: BROKEN at record 2: gap: the record is missing\n`,
    });
    expect((await run([])).code).toBe(1);
    expect((await run([folder, "--root", "short"])).out).toContain("--root takes");
    expect((await run([join(root, "nowhere")])).out).toContain("cannot be read");
  });

  const drop = (name: string) => (copy: string) => rm(join(copy, name), { recursive: true });
  test.each<[string, (copy: string) => Promise<void>, unknown]>([
    ["a file is missing", drop("1-3.ndjson.gz"), [1, "gap"]],
    ["the last file is missing", drop("4-6.ndjson.gz"), [4, "gap"]],
    [
      "a record is changed",
      editLines("4-6.ndjson.gz", (lines) => lines.map((line) => line.replace("keys/1", "keys/9"))),
      [5, "hash"],
    ],
    [
      "records changed places",
      editLines("4-6.ndjson.gz", ([a = "", b = "", c = ""]) => [b, a, c]),
      [4, "gap"],
    ],
    [
      "a head was dated back",
      editHead("4-6.head.json", (head) => ({ ...head, at: "2020-01-01T00:00:00.000Z" })),
      [6, "signature"],
    ],
    [
      "a head signs another hash",
      editHead("4-6.head.json", (head) => ({ ...head, hash: "00".repeat(32) })),
      [6, "head"],
    ],
    ["a head is missing", drop("1-3.head.json"), [6, "head"]],
    [
      "a signature is another's",
      editHead("1-3.head.json", (head) => ({ ...head, sig: head.sig.replace(/^.../, "AAA") })),
      [3, "signature"],
    ],
    ["the keys are missing", drop("keys"), [3, "signature"]],
  ])("[AU7] it is found when %s", async (_what, change, fault) => {
    expect(await faultOf(await changed(change))).toEqual(fault);
  });

  test("[AU7] a copy whose records and heads were written anew with another key needs the pinned one to be found", async () => {
    const other = await newOrg(3);
    await platform.db.as(
      "superuser",
    )`update platform.signing_keys set state = 'retired' where plane = 'audit'`;
    await sealChain(ports(), other);
    const forged = await copied(other);
    expect(await faultOf(forged)).toBe("whole");
    expect(await faultOf(forged, [kid])).toEqual([3, "root"]);
    const head = headHash(textOf(org, "1-3.head.json"));
    expect(await faultOf(folder, [head, kid])).toBe("whole");
    expect(await faultOf(forged, [head])).toEqual([0, "root"]);
  });

  test("[AU7] a copy may begin behind a pinned head, and behind no other", async () => {
    const later = await changed(drop("1-3.ndjson.gz"));
    const pin = headHash(textOf(org, "1-3.head.json"));
    expect(await faultOf(later)).toEqual([1, "gap"]);
    expect(await faultOf(later, [pin])).toBe("whole");
  });

  test("[AU7] an organization of which only the heads are left is broken, not passed over", async () => {
    const other = await newOrg(2);
    await sealChain(ports(), other);
    const without = await changed(async (copy) => {
      const heads = await copied(other);
      await cp(join(heads, "1-2.head.json"), join(copy, "other.head.json"));
      await cp(join(heads, "keys"), join(copy, "keys"), { recursive: true });
    });
    const { code, out } = await run([without]);
    expect(code).toBe(1);
    expect(out).toContain(`${other}: BROKEN at record 1: gap`);
    expect(out).toContain(`${org}: whole`);
  });

  test("[AU7] a pinned head pins its key: heads behind it that another key signed need a pin of their own", async () => {
    const kept = await newOrg(2);
    await sealChain(ports(), kept);
    await platform.db.as(
      "superuser",
    )`update platform.signing_keys set state = 'retired' where plane = 'audit'`;
    await append(kept, 2);
    await sealChain(ports(), kept);
    const copy = await copied(kept);
    const pin = headHash(textOf(kept, "1-2.head.json"));
    const last = textOf(kept, "3-4.head.json");
    expect(await faultOf(copy, [pin])).toEqual([4, "root"]);
    expect(await faultOf(copy, [pin, (JSON.parse(last) as AuditHead).kid])).toBe("whole");
    expect(await faultOf(copy, [headHash(last)])).toBe("whole");
  });

  test("[AU7] a head that is pinned is looked for in the whole folder, not in each organization", async () => {
    const both = await changed(async (copy) => {
      const other = await newOrg(1);
      const su = platform.db.as("superuser");
      await su`update platform.signing_keys set state = 'retired' where plane = 'audit'`;
      await su`update platform.signing_keys set state = 'current' where kid = ${kid}`;
      await sealChain(ports(), other);
      await cp(await copied(other), copy, { recursive: true });
    });
    const pin = headHash(textOf(org, "4-6.head.json"));
    expect((await run([both, "--root", pin])).out).not.toContain("BROKEN");
    expect((await run([both, "--root", "ab".repeat(32)])).out.match(/BROKEN/g)).toHaveLength(2);
  });

  test("[AU7] a copy does not speak in the command's own voice: an organization has an id, or its file is none", async () => {
    const voice = `${org}: whole, records 1 to 6, 2 signed heads, pinned\nx`;
    const copy = await changed(async (into) => {
      const [line = ""] = gunzipSync(await readFile(join(into, "1-3.ndjson.gz")))
        .toString()
        .split("\n");
      const { record } = JSON.parse(line) as ChainLine;
      const forged = record.replace(`"org":"${org}"`, `"org":${JSON.stringify(voice)}`);
      const text = JSON.stringify({ record: forged, hash: chainHash(GENESIS.hash, forged) });
      await writeFile(join(into, "forged.ndjson"), `${text}\n`);
    });
    const { code, out } = await run([copy]);
    expect([code, out.includes("pinned\nx")]).toEqual([1, false]);
  });

  test("[AU7] a cut file is told from a short one, and what is no copy is named", async () => {
    const cut = await changed(async (copy) => {
      const file = join(copy, "4-6.ndjson.gz");
      const bytes = await readFile(file);
      await writeFile(file, bytes.subarray(0, bytes.length - 30));
    });
    await expect(faultOf(cut)).rejects.toThrow("4-6.ndjson.gz cannot be read");
    const odd = await changed((copy) => writeFile(join(copy, "x.ndjson"), "no line\n"));
    await expect(faultOf(odd)).rejects.toThrow("line 1 is no line of a copy");
  });

  test("[AU7] what the API gives away is a copy too", async () => {
    await owner.send("/api/v1/secrets/env.A", { ...post({ value: "value of a" }), method: "PUT" });
    await sealChain(ports(), owner.orgId);
    const api = await mkdtemp(join(root, "api-"));
    for (const [path, name] of [
      ["/audit/export", "records.ndjson"],
      ["/audit/heads", "heads.json"],
    ])
      await writeFile(join(api, name ?? ""), await (await owner.send(`/api/v1${path}`)).text());
    const { out } = await run([api]);
    expect(out).toMatch(
      new RegExp(`^${owner.orgId}: whole, records 1 to \\d+, 1 signed head, key`),
    );
  });
});
