/** The launcher's calls to the outside: who may ask, where they lead, and how a bad receiver ends them. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LauncherAnswer } from "../workers/platform/adapters/model/egress.ts";
import { openReceiver, type Receiver } from "../test/fakes/receiver.ts";
import { answerEgress, egressOptions, pinnedTo, type EgressOptions } from "./egress.ts";

let receiver: Receiver;
let options: EgressOptions;

beforeAll(async () => {
  receiver = await openReceiver();
  const made = egressOptions({
    LAUNCHER_TOKEN: "token",
    EGRESS_ALLOW: receiver.target,
    PUBLIC_HOSTS: "localhost:8787",
    ISSUER: "http://localhost:8787",
  });
  if (made === undefined) throw new Error("no options");
  options = made;
});
afterAll(() => receiver.close());

const SEND = { kind: "send", method: "POST", headers: {}, body: btoa("hello"), bytes_max: 1_024 };

const ask = async (
  call: Record<string, unknown>,
  with_: Partial<EgressOptions> = {},
): Promise<LauncherAnswer | null> => {
  const body = { timeout_ms: 5_000, ...call };
  return (await answerEgress({ authorization: "Bearer token", body }, { ...options, ...with_ }))
    .body;
};

test("[WH9] without the launcher's token nothing is called, whoever of the machine asks", async () => {
  for (const authorization of [null, "", "Bearer", "Bearer other", "Bearer token "]) {
    const body = { ...SEND, url: receiver.url("/ok"), timeout_ms: 1_000 };
    expect((await answerEgress({ authorization, body }, options)).status).toBe(401);
  }
  expect(receiver.received).toEqual([]);
});

test("[WH9] a Worker without the launcher's token, as of the apps plane, gets no way out", () => {
  expect(egressOptions({ PUBLIC_HOSTS: "localhost:8788" })).toBeUndefined();
});

test("[WH9] a target that is open is called with what the Worker gave", async () => {
  const answer = await ask({ ...SEND, url: receiver.url("/ok"), headers: { "x-one": "1" } });
  expect(answer).toMatchObject({ kind: "answered", status: 200, truncated: false });
  expect(receiver.received.at(-1)).toMatchObject({ path: "/ok", body: "hello" });
  expect(receiver.received.at(-1)?.headers).toMatchObject({ "x-one": "1", "content-length": "5" });
});

test("[WH9] every look-up of a call answers the addresses that were checked, whatever the name", () => {
  const checked = [
    { address: "93.184.215.14", family: 4 },
    { address: "2606:2800:21f::1", family: 6 },
  ];
  const seen: unknown[] = [];
  pinnedTo(checked)("elsewhere.example", { all: true }, (error, found) => seen.push(error, found));
  pinnedTo(checked)("elsewhere.example", {}, (error, found, family) =>
    seen.push(error, found, family),
  );
  expect(seen).toEqual([null, checked, null, "93.184.215.14", 4]);
});

test("[WH8] the name is resolved for every call, and an address inside refuses it", async () => {
  let addresses = [{ address: "93.184.215.14", family: 4 }];
  const resolve = () => Promise.resolve(addresses);
  const call = { kind: "check", url: "https://hooks.example.com/" };
  expect(await ask(call, { resolve })).toEqual({ kind: "clear" });
  addresses = [...addresses, { address: "10.0.0.1", family: 4 }];
  expect(await ask(call, { resolve })).toMatchObject({ kind: "refused" });
  expect(await ask({ ...SEND, url: call.url }, { resolve })).toMatchObject({ kind: "refused" });
});

test.each([
  ["/reset", "reset"],
  ["/hang", "timeout"],
  ["/drip", "timeout"],
])("[WH4] a receiver that answers with %s ends as %s", async (path, reason) => {
  const url = receiver.url(path);
  expect(await ask({ ...SEND, url, timeout_ms: 300 })).toEqual({ kind: "failed", reason });
});

test("[WH4] of an endless answer only the first bytes are taken", async () => {
  const answer = await ask({ ...SEND, url: receiver.url("/huge") });
  expect(answer).toMatchObject({ kind: "answered", status: 200, truncated: true });
  expect(answer?.kind === "answered" ? atob(answer.body).length : 0).toBe(1_024);
});

test("[WH4] a receiver that is not there is an ordinary failure", async () => {
  const gone = await openReceiver();
  await gone.close();
  const policy = { ...options.policy, allow: new Set([gone.target]) };
  const answer = await ask({ ...SEND, url: gone.url("/ok") }, { policy });
  expect(answer).toEqual({ kind: "failed", reason: "refused" });
});

test("[WH9] a resolver that never answers ends with the call's time", async () => {
  const resolve = (): Promise<never> => new Promise(() => {});
  const call = { kind: "check", url: "https://hooks.example.com/", timeout_ms: 50 };
  expect(await ask(call, { resolve })).toEqual({ kind: "failed", reason: "timeout" });
});
