/** Webhook endpoints through the API: made, changed, rotated, tried out, deleted, and what is refused. */
import { Webhook as Verifier } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launcherEgress, type LauncherEgress } from "../../../test/fakes/launcher-egress.ts";
import { openReceiver, type Receiver } from "../../../test/fakes/receiver.ts";
import {
  openPlatform,
  post,
  setLimits,
  SETTINGS,
  setUp,
  type SignedIn,
  type TestPlatform,
} from "../../../test/platform.ts";
import { resolveSecret } from "../secrets/service.ts";
import { ENDPOINTS_MAX, type Webhook, type WebhookWithSecret } from "./model.ts";
import { secretNameOf } from "./rules.ts";

let platform: TestPlatform;
let owner: SignedIn;
let receiver: Receiver;
let launcher: LauncherEgress;

beforeAll(async () => {
  receiver = await openReceiver();
  const settings = { ...SETTINGS, EGRESS_ALLOW: receiver.target };
  launcher = launcherEgress(settings);
  platform = await openPlatform({ EGRESS_ALLOW: receiver.target, EGRESS: launcher.EGRESS });
  owner = await setUp(platform);
  await setLimits(platform, owner.orgId, { requests_per_minute: null });
});
afterAll(async () => {
  await platform.close();
  await receiver.close();
});

const create = (body: unknown, headers: Record<string, string> = {}) =>
  owner.send("/api/v1/webhooks", post(body, headers));

async function made(path = "/ok"): Promise<WebhookWithSecret & { secret: string }> {
  const answer = await create({ url: receiver.url(path) });
  expect(answer.status).toBe(201);
  return (await answer.json()) as WebhookWithSecret & { secret: string };
}

const patch = (id: string, body: unknown, version: number) =>
  owner.send(`/api/v1/webhooks/${id}`, {
    method: "PATCH",
    headers: { "content-type": "application/json", "if-match": `"${String(version)}"` },
    body: JSON.stringify(body),
  });

const codeOf = async (answer: Response): Promise<string> =>
  ((await answer.json()) as { code: string }).code;

const audited = async (action: string): Promise<string[]> => {
  const rows = await platform.sql.transaction({ org: owner.orgId }, (tx) =>
    tx.query("select record from platform.audit_log where action = $1 order by seq", [action]),
  );
  return rows.map(({ record }) => String(record));
};

test("[WH2] an endpoint is made with a secret that this answer alone shows, and no record holds it", async () => {
  const answer = await create({ url: receiver.url("/ok"), events: ["analysis.failed"] });
  expect(answer.status).toBe(201);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  const { webhook, secret } = (await answer.json()) as WebhookWithSecret;
  expect(answer.headers.get("location")).toBe(`/api/v1/webhooks/${webhook.id}`);
  expect(webhook).toMatchObject({ events: ["analysis.failed"], active: true, failures: 0 });
  expect(secret).toMatch(/^whsec_/);
  const read = await (await owner.send(`/api/v1/webhooks/${webhook.id}`)).text();
  expect(read).not.toContain("whsec_");
  const [record = ""] = await audited("webhooks.create");
  expect(record).toContain(webhook.id);
  expect(record).not.toContain(String(secret).slice(6, 20));
});

test("[WH2] a repeated request makes one endpoint and does not show the secret again", async () => {
  const repeat = { "idempotency-key": "make-one" };
  const first = (await (
    await create({ url: receiver.url("/ok") }, repeat)
  ).json()) as WebhookWithSecret;
  const again = await create({ url: receiver.url("/ok") }, repeat);
  expect(await again.json()).toEqual({ webhook: first.webhook, secret: null });
});

test.each([
  "http://hooks.example.com/",
  "https://127.0.0.1/",
  "https://0x7f000001/",
  "https://[::ffff:10.0.0.1]/",
  "https://user:pass@hooks.example.com/",
  "https://localhost/",
  "https://vault.internal/",
  "https://intranet/",
  "http://127.0.0.1:1/",
  "no url at all",
])("[WH7] %s is refused at registration, and nothing of it is repeated", async (url) => {
  const answer = await create({ url });
  expect(answer.status).toBe(422);
  const text = await answer.text();
  expect(JSON.parse(text)).toMatchObject({ code: "egress_refused" });
  expect(text).not.toContain(url);
});

test("[WH8] a name with an address inside is refused at registration, and at a change", async () => {
  launcher.names.set("inside.example.com", ["93.184.215.14", "10.0.0.1"]);
  const inside = "https://inside.example.com/";
  expect(await codeOf(await create({ url: inside }))).toBe("egress_refused");
  const { webhook } = await made();
  expect(await codeOf(await patch(webhook.id, { url: inside }, 1))).toBe("egress_refused");
  launcher.names.set("hooks.example.com", ["93.184.215.14"]);
  expect((await create({ url: "https://hooks.example.com/" })).status).toBe(201);
});

test("[WH6] the test button sends one signed webhook.test and tells what came back, good or bad", async () => {
  const { webhook, secret } = await made();
  const before = receiver.received.length;
  const answer = await owner.send(`/api/v1/webhooks/${webhook.id}/test`, { method: "POST" });
  expect(await answer.json()).toMatchObject({ ok: true, attempt: { n: 1, status: 200 } });
  expect(receiver.received.length - before).toBe(1);
  const { headers, body } = receiver.received.at(-1) ?? { headers: {}, body: "" };
  expect(new Verifier(secret).verify(body, headers)).toMatchObject({ type: "webhook.test" });
  const bad = await made("/500");
  const failed = await owner.send(`/api/v1/webhooks/${bad.webhook.id}/test`, { method: "POST" });
  expect(await failed.json()).toMatchObject({ ok: false, attempt: { status: 500 } });
  const unchanged = (await (
    await owner.send(`/api/v1/webhooks/${bad.webhook.id}`)
  ).json()) as Webhook;
  expect(unchanged.failures).toBe(0);
});

test("[WH2] after a rotation both secrets sign for a day, then the new one alone", async () => {
  const { webhook, secret } = await made();
  const answer = await owner.send(`/api/v1/webhooks/${webhook.id}/rotate-secret`, {
    method: "POST",
  });
  expect(answer.status).toBe(200);
  const { secret: next } = (await answer.json()) as { secret: string };
  expect(next).not.toBe(secret);
  const wish = { org: owner.orgId, name: secretNameOf(webhook.id), reader: "test" };
  expect(await resolveSecret({ ...platform, now: () => platform.clock.now }, wish)).toEqual([
    next,
    secret,
  ]);
  const later = platform.clock.now + 24 * 3_600_000 + 1;
  expect(await resolveSecret({ ...platform, now: () => later }, wish)).toEqual([next]);
  expect((await audited("webhooks.rotate_secret")).length).toBe(1);
});

test("[WH5] a change needs the version it is based on; switching on again clears the record", async () => {
  const { webhook } = await made();
  const missing = await owner.send(`/api/v1/webhooks/${webhook.id}`, {
    method: "PATCH",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect(missing.status).toBe(428);
  const off = await patch(webhook.id, { active: false }, 1);
  expect(off.headers.get("etag")).toBe('"2"');
  expect(await off.json()).toMatchObject({
    active: false,
    disabled_reason: null,
  });
  expect((await patch(webhook.id, { active: true }, 1)).status).toBe(412);
  await platform.sql.transaction({ org: owner.orgId }, (tx) =>
    tx.query(
      "update platform.webhook_endpoints set failures = 7, failing_at = now() where id = $1",
      [webhook.id],
    ),
  );
  expect(await (await patch(webhook.id, { active: true }, 2)).json()).toMatchObject({
    active: true,
    disabled_reason: null,
    failures: 0,
    failing_since: null,
  });
});

test("[WH10] filters are kept as they were sent, what is left out takes everything, and a change replaces them", async () => {
  const filters = { repositories: ["acme/*"], bands: ["high"] };
  const answer = await create({ url: receiver.url("/ok"), filters });
  const { webhook } = (await answer.json()) as WebhookWithSecret;
  const all = { repositories: [], branches: [], categories: [], bands: [] };
  expect(webhook.filters).toEqual({ ...all, ...filters });
  const changed = await patch(webhook.id, { filters: { branches: ["main"] } }, 1);
  expect(((await changed.json()) as Webhook).filters).toEqual({ ...all, branches: ["main"] });
  expect((await patch(webhook.id, { filters: { authors: ["x"] } }, 2)).status).toBe(422);
});

test("[WH2] deleting an endpoint deletes its secret, and is recorded", async () => {
  const { webhook } = await made();
  const path = `/api/v1/webhooks/${webhook.id}`;
  const gone = await owner.send(path, { method: "DELETE", headers: { "if-match": '"1"' } });
  expect(gone.status).toBe(204);
  expect((await owner.send(path)).status).toBe(404);
  const wish = { org: owner.orgId, name: secretNameOf(webhook.id), reader: "test" };
  expect(await resolveSecret({ ...platform, now: () => platform.clock.now }, wish)).toBeUndefined();
  expect((await audited("webhooks.delete")).some((record) => record.includes(webhook.id))).toBe(
    true,
  );
});

test("[WH6] an organization has at most twenty endpoints, also when many are made at once", async () => {
  const answers = await Promise.all(
    Array.from({ length: ENDPOINTS_MAX + 5 }, () => create({ url: receiver.url("/ok") })),
  );
  expect(answers.some(({ status }) => status === 422)).toBe(true);
  const list = await (await owner.send("/api/v1/webhooks?limit=100")).json();
  expect((list as { items: unknown[] }).items.length).toBe(ENDPOINTS_MAX);
});
