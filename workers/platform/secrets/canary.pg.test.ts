/** A secret that is used in every way there is turns up nowhere but at its reader. */
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fakeBucket, type FakeBucket } from "../../../test/fakes/r2.ts";
import {
  openPlatform,
  post,
  setUp,
  type SignedIn,
  type TestPlatform,
} from "../../../test/platform.ts";
import { logTo } from "../adapters/log.ts";
import { sealChain } from "../audit/service/sealing.ts";
import { resolveSecret } from "./service.ts";
import { rewrapOld } from "./service/upkeep.ts";

/** No shape of a credential: only knowing the value can redact it. */
const CANARY = "three plain words-of-a canary";
const NEEDLES = [
  CANARY,
  Buffer.from(CANARY).toString("hex"),
  Buffer.from(CANARY).toString("base64").replaceAll("=", ""),
  encodeURIComponent(CANARY),
];

let platform: TestPlatform;
let owner: SignedIn;
let buckets: FakeBucket[];
const answers: string[] = [];

beforeAll(async () => {
  buckets = [fakeBucket(), fakeBucket()];
  platform = await openPlatform({ ARTIFACTS: buckets[0]?.bucket, LOGS: buckets[1]?.bucket });
  owner = await setUp(platform);
});
afterAll(() => platform.close());

async function send(path: string, init?: RequestInit): Promise<number> {
  const answer = await owner.send(path, init);
  answers.push(JSON.stringify([...answer.headers]), await answer.text());
  return answer.status;
}
const put = (name: string, body: unknown): Promise<number> =>
  send(`/api/v1/secrets/${name}`, { ...post(body), method: "PUT" });

/** Every row of every table of ours as text, as a dump would hold it. */
async function dump(): Promise<string> {
  const su = platform.db.as("superuser");
  const tables =
    await su`select relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'platform' and c.relkind in ('r', 'p')`;
  const texts: string[] = [];
  for (const { name } of tables)
    for (const row of await su.unsafe(`select t::text as text from platform.${String(name)} t`))
      texts.push(String(row["text"]));
  return texts.join("\n");
}

test("[S9] a secret's value is in no answer, log line, stored object or row", async () => {
  expect(await put("env.CANARY", { value: CANARY })).toBe(201);
  expect(await put("env.CANARY", { value: CANARY })).toBe(200);
  expect(await put("channel.c1.CANARY", { value: CANARY })).toBe(201);
  for (const [name, body] of [
    ["env.CANARY", { value: CANARY, [CANARY]: 1 }],
    ["env.CANARY", { value: `${CANARY}\uD800` }],
    ["env.CANARY", { value: CANARY.repeat(2_000) }],
    ["env.CANARY", [CANARY]],
    ["model.CANARY", { value: CANARY }],
  ] as const)
    expect(await put(name, body), name).toBe(422);
  const env = platform.env;
  const ports = { env, sql: platform.sql, now: () => platform.clock.now };
  const log = logTo((line) => platform.logged.push(JSON.parse(line)), {}, ports.now);
  for (const name of ["env.CANARY", "channel.c1.CANARY"])
    expect((await resolveSecret(ports, { org: owner.orgId, name, reader: "test" }))?.[0]).toBe(
      CANARY,
    );
  log.error(`a careless line with ${CANARY}`, {
    detail: CANARY,
    url: `?q=${encodeURIComponent(CANARY)}`,
  });
  await send(`/api/v1/secrets/${encodeURIComponent(CANARY)}`, { method: "DELETE" });
  await send(`/api/v1/audit?resource=${encodeURIComponent(CANARY)}`);
  await sealChain({ ...ports, log }, owner.orgId);
  for (const path of [
    "/secrets",
    "/audit",
    "/audit/verify",
    "/audit/heads",
    "/audit/export",
    "/me",
  ])
    expect(await send(`/api/v1${path}`), path).toBe(200);
  await rewrapOld(ports, owner.orgId);
  const objects = buckets.flatMap(({ objects: stored }) =>
    [...stored].map(([key, { bytes }]) =>
      key.endsWith(".gz") ? gunzipSync(bytes).toString() : Buffer.from(bytes).toString(),
    ),
  );
  expect(objects.length).toBeGreaterThan(0);
  const places = {
    answers: answers.join("\n"),
    log: JSON.stringify(platform.logged),
    objects: objects.join("\n"),
    rows: await dump(),
  };
  for (const [place, text] of Object.entries(places))
    for (const needle of NEEDLES) expect(text.includes(needle), `${place}: ${needle}`).toBe(false);
  expect(places.log).toContain("a careless line with [redacted]");
});
