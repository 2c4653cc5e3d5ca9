/** Secrets for workers outside: by a real lease token, while the dispatcher's real machine says the lease runs. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { holds } from "../../../durable-objects/dispatcher/machine/lease.ts";
import type { Event } from "../../../durable-objects/dispatcher/machine/step.ts";
import { turn } from "../../../durable-objects/dispatcher/machine/turn.ts";
import type { HoldsRequest } from "../../../durable-objects/dispatcher/model.ts";
import { SqliteStore } from "../../../durable-objects/dispatcher/store/sqlite.ts";
import {
  openPlatform,
  post,
  setUp,
  type SignedIn,
  type TestPlatform,
} from "../../../test/platform.ts";
import { nodeDatabase } from "../../../test/simulation/node-sqlite.ts";
import { redactText } from "../adapters/log.ts";
import { SYSTEM_DAGS } from "../dags/rules.ts";
import { checkLeaseToken, issueLeaseToken, type Lease } from "../identity/service/lease-tokens.ts";
import { issueAccessToken, issueToken } from "../identity/service/signing.ts";
import { refuse } from "../model.ts";
import { dispatcherName, PLATFORM_ORG_ID } from "../tasks/rules.ts";
import { REPLACED_MS } from "./rules.ts";

const DAG = "sys.probe";
const LEASE_MS = 60_000;

let platform: TestPlatform;
let owner: SignedIn;
let dispatcher: InProcess;

beforeAll(async () => {
  const DISPATCHER = { idFromName: (name: string) => name, get: () => dispatcher };
  platform = await openPlatform({ DISPATCHER });
  owner = await setUp(platform);
  for (const name of ["env.DECLARED", "env.OTHER", "channel.c1.SIGNING", "model.OPENAI_KEY"])
    await put(name, `value of ${name}`);
});
afterAll(() => platform.close());

/** The dispatcher's machine and store in this process, with one task that is leased. */
class InProcess {
  readonly #store = new SqliteStore(nodeDatabase());
  readonly taskId: string;
  readonly fence: string;
  readonly #envelope: number;

  constructor(orgId: string) {
    const config = SYSTEM_DAGS.get(DAG);
    if (config === undefined) throw new Error("no such DAG");
    this.take({ type: "dag.configured", orgId, config });
    const source = config.sources[0];
    const event = { dedup: "a", partition: "_", payload: JSON.stringify({ events: 1 }) };
    const request = {
      v: 1,
      org_id: orgId,
      dag_id: DAG,
      source_id: source?.id ?? "",
      lane: "queue",
      mode: "live",
      request_id: "test",
      subject: null,
      events: [event],
    } as const;
    this.take({
      type: "events.emitted",
      request: { ...request, events: [event] },
      datasetId: source?.emits ?? "",
    });
    const [item] = this.#store.outbox("send", Number.MAX_SAFE_INTEGER, 1);
    if (item?.body.kind !== "send") throw new Error("nothing to lease");
    this.#envelope = item.body.envelope;
    const turned = this.take({ type: "envelope.fetched", envelope: this.#envelope });
    if (!turned.ok || turned.answer.kind !== "assigned") throw new Error("not leased");
    this.fence = turned.answer.assignment.fence;
    this.taskId = turned.answer.assignment.tasks[0]?.task_id ?? "";
  }

  take(event: Event) {
    return turn(this.#store, event, {
      now: platform.clock.now,
      rng: { next: () => 0.5 },
      policy: { leaseMs: LEASE_MS, heartbeatMs: 20_000 },
    });
  }

  holds({ task_id: taskId, fence }: HoldsRequest) {
    const [task] = this.#store.load({ taskId }).tasks;
    if (task === undefined) return Promise.resolve(refuse("not_found"));
    const slice = this.#store.load({ envelope: task.envelope });
    return Promise.resolve(holds(slice, { tid: task.tid, fence }, platform.clock.now));
  }
}

const put = (name: string, value: string): Promise<Response> =>
  owner.send(`/api/v1/secrets/${name}`, { ...post({ value }), method: "PUT" });
const ports = () => ({
  env: platform.env,
  sql: platform.sql,
  now: () => platform.clock.now,
  random: (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes)),
});
function leased(): Lease {
  dispatcher = new InProcess(owner.orgId);
  const { taskId, fence } = dispatcher;
  return {
    org: owner.orgId,
    dag: DAG,
    taskId,
    fence,
    secrets: ["env.DECLARED"],
    leaseMs: LEASE_MS,
  };
}
const ask = async (
  token: string,
  wish: { task: string; name: string; body: unknown; contract?: string },
): Promise<Response> =>
  platform.send(`/internal/v1/tasks/${wish.task}/secrets/${wish.name}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "edgewright-contract": wish.contract ?? "1",
    },
    body: typeof wish.body === "string" ? wish.body : JSON.stringify(wish.body),
  });
async function outcome(
  lease: Lease,
  wish: { name?: string; body?: unknown; token?: string; task?: string } = {},
): Promise<[number, unknown]> {
  const answer = await ask(wish.token ?? (await issueLeaseToken(ports(), lease)), {
    task: wish.task ?? lease.taskId,
    name: wish.name ?? "DECLARED",
    body: wish.body ?? { fence: lease.fence },
  });
  const body = (await answer.json()) as { code?: string };
  return [answer.status, body.code ?? body];
}
const later = async (ms: number, body: () => Promise<void>): Promise<void> => {
  platform.clock.now += ms;
  try {
    await body();
  } finally {
    platform.clock.now -= ms;
  }
};

describe("resolving by lease", () => {
  test("[KY8] the holder of a lease gets a declared secret, not to be stored, redacted from then on", async () => {
    const lease = leased();
    const answer = await ask(await issueLeaseToken(ports(), lease), {
      task: lease.taskId,
      name: "DECLARED",
      body: { fence: lease.fence },
    });
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(await answer.json()).toEqual({ value: "value of env.DECLARED", version: 1 });
    expect(redactText("a value of env.DECLARED b")).toBe("a [redacted] b");
    expect(await outcome(lease, { name: "env.DECLARED" })).toEqual([
      200,
      { value: "value of env.DECLARED", version: 1 },
    ]);
  });

  test("[KY8] what the task did not declare, and every other kind, is not given", async () => {
    const lease = leased();
    for (const name of ["OTHER", "env.OTHER", "channel.c1.SIGNING", "model.OPENAI_KEY", "NONE"])
      expect(await outcome(lease, { name }), name).toEqual([403, "secret_not_declared"]);
    const wide = { ...lease, secrets: ["channel.c1.SIGNING", "model.OPENAI_KEY"] };
    for (const name of wide.secrets)
      expect(await outcome(wide, { name }), name).toEqual([403, "secret_not_declared"]);
    const undefinedYet = { ...lease, secrets: ["env.NONE"] };
    expect(await outcome(undefinedYet, { name: "NONE" })).toEqual([404, "not_found"]);
    dispatcher = new InProcess(PLATFORM_ORG_ID);
    const { taskId, fence } = dispatcher;
    const platforms = { ...lease, org: PLATFORM_ORG_ID, taskId, fence };
    expect(await outcome(platforms)).toEqual([403, "secret_not_declared"]);
  });

  test("[KY8] a lease that ended, was given away, or is another's gives nothing", async () => {
    const lease = leased();
    await later(LEASE_MS, async () => {
      expect(await outcome({ ...lease, leaseMs: 900_000 })).toEqual([409, "lease_lost"]);
    });
    const other = String(Number(lease.fence) + 1);
    expect(await outcome(lease, { body: { fence: other } })).toEqual([409, "lease_lost"]);
    expect(await outcome({ ...lease, fence: other })).toEqual([409, "lease_lost"]);
    expect(await outcome({ ...lease, taskId: "a".repeat(26) })).toEqual([409, "lease_lost"]);
    dispatcher.take({ type: "task.canceled", taskId: lease.taskId });
    expect(await outcome(lease)).toEqual([409, "lease_lost"]);
  });

  test("[KY8] a token serves its own task only, and an expired one is a lost lease", async () => {
    const lease = leased();
    expect(await outcome(lease, { task: "b".repeat(26) })).toEqual([404, "not_found"]);
    const token = await issueLeaseToken(ports(), lease);
    await later(LEASE_MS + 61_000, async () => {
      expect(await outcome(lease, { token })).toEqual([409, "lease_lost"]);
    });
  });

  test("[KY8] [TN8] an organization that is suspended or being deleted gives its workers nothing", async () => {
    const lease = leased();
    for (const status of ["suspended", "deleting", "active"]) {
      await platform.db.as("superuser")`
        update platform.orgs set status = ${status} where id = ${owner.orgId}`;
      const [answered, body] = await outcome(lease);
      expect([answered, status === "active" ? null : body], status).toEqual(
        status === "active" ? [200, null] : [403, "org_suspended"],
      );
    }
  });

  test("[SC3] a value comes back as it was given, also one that begins with a byte order mark", async () => {
    await put("env.MARKED", "\uFEFFmarked value");
    const lease = { ...leased(), secrets: ["env.MARKED"] };
    expect(await outcome(lease, { name: "MARKED" })).toEqual([
      200,
      { value: "\uFEFFmarked value", version: 1 },
    ]);
  });

  test("[KY8] requests that do not follow the contract are told so", async () => {
    const lease = leased();
    const token = await issueLeaseToken(ports(), lease);
    const wish = { task: lease.taskId, name: "DECLARED", body: { fence: lease.fence } };
    expect((await ask(token, { ...wish, contract: "2" })).status).toBe(422);
    for (const body of [{}, { fence: 7 }, { fence: lease.fence, more: 1 }, "no json"])
      expect((await ask(token, { ...wish, body })).status, JSON.stringify(body)).toBe(422);
  });

  test("[SC4] a task may go on with the version it began with, for 15 minutes after its replacement", async () => {
    await put("env.MOVING", "first value");
    await put("env.MOVING", "second value");
    const lease = { ...leased(), secrets: ["env.MOVING"] };
    const began = { name: "MOVING", body: { fence: lease.fence, version: 1 } };
    expect(await outcome(lease, began)).toEqual([200, { value: "first value", version: 1 }]);
    expect(await outcome(lease, { name: "MOVING" })).toEqual([
      200,
      { value: "second value", version: 2 },
    ]);
    await later(REPLACED_MS, async () => {
      const renewed = { ...leased(), secrets: ["env.MOVING"] };
      const body = { fence: renewed.fence, version: 1 };
      expect(await outcome(renewed, { name: "MOVING", body })).toEqual([404, "not_found"]);
    });
  });
});

describe("tokens", () => {
  test("[KY8] a token lives 30 seconds longer than its lease, and 15 minutes at most", async () => {
    const lease = leased();
    const lifeOf = async (leaseMs: number): Promise<number> => {
      const [, body = ""] = (await issueLeaseToken(ports(), { ...lease, leaseMs })).split(".");
      const { exp, iat } = JSON.parse(Buffer.from(body, "base64url").toString());
      return exp - iat;
    };
    expect([await lifeOf(60_000), await lifeOf(869_000), await lifeOf(870_001)]).toEqual([
      90, 899, 900,
    ]);
  });

  test("[S6] access tokens and lease tokens are not taken for each other", async () => {
    const lease = leased();
    const token = await issueLeaseToken(ports(), lease);
    const swapped = await platform.send("/api/v1/secrets", {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(swapped.status).toBe(401);
    expect(await outcome(lease, { token: owner.token })).toEqual([401, "unauthenticated"]);
    const access = await issueAccessToken(ports(), {
      sub: owner.orgId,
      sid: owner.orgId,
      auth_time: 0,
      jti: "x",
    });
    expect(await checkLeaseToken(ports(), access)).toMatchObject({ ok: false });
  });

  test("[KY8] a token whose dispatcher is not that of its organization and DAG is not taken", async () => {
    const claims = {
      sub: "t",
      org: owner.orgId,
      dag: DAG,
      dsp: dispatcherName(PLATFORM_ORG_ID, DAG),
      fence: "1",
      secrets: [],
      jti: "x",
    };
    const form = { typ: "lease+jwt", audience: "worker", lifeS: 60 };
    const odd = await issueToken(ports(), claims, form);
    expect(await checkLeaseToken(ports(), odd)).toMatchObject({ ok: false });
    const right = { ...claims, dsp: dispatcherName(owner.orgId, DAG) };
    expect(await checkLeaseToken(ports(), await issueToken(ports(), right, form))).toMatchObject({
      ok: true,
    });
  });
});
