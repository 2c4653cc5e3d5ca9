/** Calls from the Worker itself: names by DNS over HTTPS, every hop of a redirect checked, answers cut. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openReceiver, type Receiver } from "../../../test/fakes/receiver.ts";
import { SETTINGS } from "../../../test/platform.ts";
import { egressOf, type Egress } from "./egress.ts";

/** What the resolver answers, by `name type`; another status where it breaks. */
const zone = new Map<string, { Status: number; Answer?: { type: number; data: string }[] }>();
const asked: string[] = [];
let resolver: Server;
let receiver: Receiver;
let egress: Egress;

beforeAll(async () => {
  receiver = await openReceiver();
  resolver = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? "/", "http://resolver");
    const question = `${searchParams.get("name") ?? ""} ${searchParams.get("type") ?? ""}`;
    asked.push(question);
    const answer = zone.get(question) ?? { Status: 3 };
    response.setHeader("content-type", "application/dns-json");
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => resolver.listen(0, "127.0.0.1", resolve));
  const { port } = resolver.address() as AddressInfo;
  egress = egressOf({
    ...SETTINGS,
    DOH_URL: `http://127.0.0.1:${String(port)}/dns-query`,
    EGRESS_ALLOW: receiver.target,
  } as unknown as Env);
});
afterEach(() => {
  zone.clear();
  asked.length = 0;
});
afterAll(async () => {
  await receiver.close();
  await new Promise((resolve) => resolver.close(resolve));
});

const a = (...data: string[]) => ({ Status: 0, Answer: data.map((d) => ({ type: 1, data: d })) });
const aaaa = (...data: string[]) => ({
  Status: 0,
  Answer: [{ type: 5, data: "alias.example." }, ...data.map((d) => ({ type: 28, data: d }))],
});
const REQUEST = { method: "GET", timeoutMs: 2_000, bytesMax: 100 };

test("[WH8] both address types are asked for, aliases are passed over, and public ones pass", async () => {
  zone.set("hooks.example.com A", a("93.184.215.14"));
  zone.set("hooks.example.com AAAA", aaaa("2606:2800:21f::1"));
  expect((await egress.check("https://hooks.example.com/x")).ok).toBe(true);
  expect(asked.toSorted()).toEqual(["hooks.example.com A", "hooks.example.com AAAA"]);
});

test.each([
  ["an IPv6 address inside beside a public IPv4 one", a("93.184.215.14"), aaaa("fd00::1")],
  ["one of several IPv4 addresses inside", a("93.184.215.14", "10.0.0.1"), undefined],
  ["a mapped address", undefined, aaaa("::ffff:127.0.0.1")],
  ["no address at all", undefined, undefined],
])("[WH8] a name with %s is refused", async (_what, v4, v6) => {
  if (v4 !== undefined) zone.set("hooks.example.com A", v4);
  if (v6 !== undefined) zone.set("hooks.example.com AAAA", v6);
  const checked = await egress.check("https://hooks.example.com/x");
  expect(checked.ok ? null : checked.refusal.code).toBe("egress_refused");
});

test("[WH8] a name that turned inside after it was checked is refused at the call", async () => {
  zone.set("hooks.example.com A", a("93.184.215.14"));
  expect((await egress.check("https://hooks.example.com/x")).ok).toBe(true);
  zone.set("hooks.example.com A", a("127.0.0.1"));
  const sent = await egress.fetch("https://hooks.example.com/x", REQUEST);
  expect(sent.ok ? null : sent.refusal.code).toBe("egress_refused");
});

test("[WH8] a resolver that fails is no permission", async () => {
  zone.set("hooks.example.com A", { Status: 2 });
  await expect(egress.check("https://hooks.example.com/x")).rejects.toMatchObject({
    reason: "dns",
  });
});

test("[WH4] a redirect is answered, not followed, unless the caller asked for it", async () => {
  const sent = await egress.fetch(receiver.url("/302"), REQUEST);
  expect(sent.ok && sent.value.status).toBe(302);
  const followed = await egress.fetch(receiver.url("/302"), { ...REQUEST, redirects: 3 });
  expect(followed.ok && followed.value.status).toBe(200);
});

test("[WH4] each hop is checked like the first address, and three are the end", async () => {
  const inside = await egress.fetch(receiver.url("/inside"), { ...REQUEST, redirects: 3 });
  expect(inside.ok ? null : inside.refusal.code).toBe("egress_refused");
  const before = receiver.received.length;
  const loop = await egress.fetch(receiver.url("/loop"), { ...REQUEST, redirects: 9 });
  expect(loop.ok && loop.value.status).toBe(302);
  expect(receiver.received.length - before).toBe(4);
});

test("[WH4] an answer is cut, and one that does not end in time is a timeout", async () => {
  const huge = await egress.fetch(receiver.url("/huge"), REQUEST);
  expect(huge.ok && [huge.value.body.length, huge.value.truncated]).toEqual([100, true]);
  const drip = egress.fetch(receiver.url("/drip"), { ...REQUEST, timeoutMs: 300 });
  await expect(drip).rejects.toMatchObject({ reason: "timeout" });
});
