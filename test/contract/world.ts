/** Two organizations with one of everything, behind the real app: what contract tests aim their requests at. */
import { openSession } from "../../workers/platform/identity/service/sessions.ts";
import { analysesOperators } from "../../workers/platform/analyses/operators.ts";
import type { RunView, TaskView } from "../../durable-objects/dispatcher/model.ts";
import { PLATFORM_ORG_ID, publicTaskId } from "../../workers/platform/tasks/rules.ts";
import { fakeEngine } from "../fakes/dispatcher.ts";
import { launcherEgress } from "../fakes/launcher-egress.ts";
import { fakeBucket } from "../fakes/r2.ts";
import { openReceiver, type Receiver } from "../fakes/receiver.ts";
import { addUser } from "../people.ts";
import {
  openPlatform,
  ORIGIN,
  post,
  setLimits,
  setUp,
  SETTINGS,
  signedIn,
  type SignedIn,
  type TestPlatform,
} from "../platform.ts";

export interface World {
  readonly platform: TestPlatform;
  readonly receiver: Receiver;
  /** Owner of the first organization, and of the installation. */
  readonly a: SignedIn;
  readonly userA: string;
  /** The same person in the reserved organization, who may operate the installation. */
  readonly operator: SignedIn;
  /** Another person, owner of another organization. */
  readonly b: SignedIn;
  close(): Promise<void>;
}

/** Something with an id in its path: how one is made, and what the id of none looks like. */
export interface Resource {
  /** Makes one in the first organization and answers its id. */
  readonly make: (world: World) => Promise<string>;
  readonly none: string;
  /** Why another organization's answer is not that of a missing thing; it is still the same for every id. */
  readonly unlike?: string;
  /** Values of further parameters. */
  readonly more?: Readonly<Record<string, string>>;
}

const ORG_B = "01900000-0000-7000-8000-00000000000b";
const USER_B = "01900000-0000-7000-8000-0000000000bb";
const USER_C = "01900000-0000-7000-8000-0000000000cc";
const NO_UUID = "01900000-0000-7000-8000-0000000000ff";
const DAG = "sys.analyses";
const RUN = "b".repeat(26);
const TASK = "c".repeat(26);
const DELIVERY = "d".repeat(26);

const idOf = async (answer: Response, ...path: readonly string[]): Promise<string> => {
  const text = await answer.text();
  if (answer.status >= 300) throw new Error(`the fixture was refused: ${answer.status} ${text}`);
  const found = path.reduce<unknown>(
    (at, name) => (at as Record<string, unknown>)[name],
    JSON.parse(text),
  );
  return String(found);
};

const webhook = async ({ a, receiver }: World): Promise<string> =>
  idOf(await a.send("/api/v1/webhooks", post({ url: receiver.url("/ok") })), "webhook", "id");

/**
 * One entry per path that begins with an id. A new route with an id fails the contract tests until it is listed here:
 * that is how no route escapes the proof that organizations are apart.
 */
export const RESOURCES: Readonly<Record<string, Resource>> = {
  "/api/v1/keys/{id}": {
    none: NO_UUID,
    make: async ({ a }) =>
      idOf(
        await a.send("/api/v1/keys", post({ name: "k", grants: ["analyses.read"] })),
        "key",
        "id",
      ),
  },
  "/api/v1/analyses/{id}": {
    none: NO_UUID,
    make: async ({ a }) =>
      idOf(await a.send("/api/v1/analyses", { method: "POST", body: "error: boom\n" }), "id"),
  },
  "/api/v1/runs/{id}": { none: "a".repeat(26), make: async () => RUN },
  "/api/v1/tasks/{id}": {
    none: publicTaskId(DAG, "a".repeat(26)),
    make: async () => publicTaskId(DAG, TASK),
  },
  "/api/v1/members/{user}": { none: NO_UUID, make: async () => USER_C },
  "/api/v1/invitations/{id}": {
    none: NO_UUID,
    make: async ({ a }) =>
      idOf(
        await a.send("/api/v1/invitations", post({ email: "x@example.com", role: "viewer" })),
        "invitation",
        "id",
      ),
  },
  "/api/v1/secrets/{name}": {
    none: "env.NOT_THERE",
    unlike: "whoever may write secrets makes a new one of their own by naming it",
    make: async ({ a }) => {
      await a.send("/api/v1/secrets/env.CONTRACT", {
        ...post({ value: "of the first organization" }),
        method: "PUT",
      });
      return "env.CONTRACT";
    },
  },
  "/api/v1/webhooks/{id}": { none: NO_UUID, make: webhook },
  "/api/v1/deliveries/{key}": {
    none: "a".repeat(26),
    make: async (world) => {
      const id = await webhook(world);
      await world.platform.db.as("superuser")`
        insert into platform.deliveries (org_id, id, webhook_id, event_type, subject, mode, body, status, request_id, requested_at, created_at)
        values (${world.a.orgId}, ${DELIVERY}, ${id}, 'analysis.completed', 'analysis:x', 'live', '{}', 'failed', 'r', now(), now())
        on conflict do nothing`;
      return DELIVERY;
    },
  },
  "/api/v1/usage/caps/{scope}": {
    none: "org",
    unlike: "a scope is a part of the caller's own organization, not an id of somebody's",
    make: async () => "org",
  },
  "/api/v1/me/sessions/{id}": {
    none: NO_UUID,
    make: async ({ a }) => idOf(await a.send("/api/v1/me/sessions"), "items", "0", "id"),
  },
  "/api/v1/me/identities/{id}": {
    none: NO_UUID,
    make: async ({ platform, userA }) => {
      const id = crypto.randomUUID();
      await platform.db.as("superuser")`
        insert into platform.identities (id, user_id, provider, issuer, subject, name, created_at, last_login_at)
        values (${id}, ${userA}, 'github', 'https://github.com', ${id}, 'ada', now(), now())`;
      return id;
    },
  },
  "/api/v1/admin/orgs/{id}": {
    none: NO_UUID,
    more: { name: "log_size_bytes" },
    make: async () => ORG_B,
  },
  "/api/v1/admin/users/{id}": {
    none: NO_UUID,
    unlike:
      "users belong to no organization; a refused erasure is recorded with the id that was sent",
    make: async ({ platform }) => addUser(platform, "somebody to erase"),
  },
  "/api/v1/me/memberships/{org}": { none: NO_UUID, make: async ({ a }) => a.orgId },
  "/api/v1/auth/{provider}": {
    none: "nobody",
    unlike: "the names of sign-in providers are public",
    make: async () => "github",
  },
};

/** What the operator's log says about the last failure. */
export const lastError = ({ logged }: TestPlatform): string =>
  JSON.stringify(logged.findLast(({ level }) => level === "error") ?? null);

/** Opens it; every outside is a fake, so nothing leaves this machine. */
export async function openWorld(): Promise<World> {
  const receiver = await openReceiver();
  const settings = { EGRESS_ALLOW: receiver.target };
  const launcher = launcherEgress({ ...SETTINGS, ...settings });
  const engine = fakeEngine({
    env: () => platform.env,
    sql: () => platform.sql,
    now: () => platform.clock.now,
    operators: analysesOperators,
  });
  const queue = { send: async () => {}, sendBatch: async () => {}, metrics: async () => ({}) };
  const platform: TestPlatform = await openPlatform({
    ...settings,
    EGRESS: launcher.EGRESS,
    LOGS: fakeBucket().bucket,
    ARTIFACTS: fakeBucket().bucket,
    DISPATCHER: withRuns(engine.namespace, () => orgA),
    TASKS: queue,
    DELIVERIES: queue,
  });
  let orgA = "";
  const a = await setUp(platform);
  orgA = a.orgId;
  const su = platform.db.as("superuser");
  const [owner] = await su`select id from platform.users`;
  await su`insert into platform.orgs (id, slug, name) values (${ORG_B}, 'b', 'B')`;
  for (const user of [USER_B, USER_C])
    await su`insert into platform.users (id, name) values (${user}, ${user})`;
  await su`insert into platform.memberships (org_id, user_id, role) values
    (${ORG_B}, ${USER_B}, 'owner'), (${orgA}, ${USER_C}, 'viewer')`;
  await su`insert into platform.runs (org_id, id, dag_id, status, mode, total, succeeded, failed, canceled, open, created_at, change)
    values (${orgA}, ${RUN}, ${DAG}, 'running', 'live', 1, 0, 0, 0, 1, now(), 1)`;
  for (const org of [orgA, ORG_B, PLATFORM_ORG_ID]) await setLimits(platform, org, UNLIMITED);
  return {
    platform,
    receiver,
    a,
    userA: String(owner?.["id"]),
    operator: await inOrg(platform, String(owner?.["id"]), PLATFORM_ORG_ID),
    b: await sessionOf(platform, USER_B, ORG_B),
    close: async () => {
      await platform.close();
      await receiver.close();
    },
  };
}

const UNLIMITED = { requests_per_minute: null, requests_per_month: null };

/** Signs somebody in, as a provider would have. */
export async function sessionOf(
  platform: TestPlatform,
  userId: string,
  orgId: string,
): Promise<SignedIn> {
  const { env, sql, clock } = platform;
  const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
  const ports = { env, sql, now: () => clock.now, random };
  const visitor = { ip: null, userAgent: null, requestId: "contract-tests" };
  const opened = await openSession(ports, userId, visitor, "link");
  if (!opened.ok) throw new Error(`no session: ${opened.refusal.code}`);
  const { body, refreshToken } = opened.value;
  return {
    token: body.access_token,
    orgId,
    cookie: `ew_refresh=${refreshToken}`,
    send: (path, init = {}) =>
      platform.send(path, {
        ...init,
        headers: {
          ...(init.headers as Record<string, string>),
          authorization: `Bearer ${body.access_token}`,
        },
      }),
  };
}

/** Signs somebody in and goes to one of their organizations. */
export async function inOrg(
  platform: TestPlatform,
  userId: string,
  orgId: string,
): Promise<SignedIn> {
  const { cookie } = await sessionOf(platform, userId, orgId);
  const body = post({ org_id: orgId }, { cookie, origin: ORIGIN });
  return signedIn(platform, await platform.send("/api/v1/auth/refresh", body));
}

/** The engine with one run and one task of the first organization that stay as they are. */
function withRuns(
  namespace: DurableObjectNamespace,
  orgA: () => string,
): Record<keyof Pick<DurableObjectNamespace, "idFromName" | "get">, unknown> {
  const missing = { ok: false, refusal: { code: "not_found" } };
  const of =
    <T>(value: T, wanted: (request: Asked) => boolean) =>
    async (request: Asked) =>
      request.org_id === orgA() && wanted(request) ? { ok: true, value } : missing;
  const isRun = (request: Asked): boolean => request.run_id === RUN;
  const isTask = (request: Asked): boolean => request.task_id === TASK;
  return {
    idFromName: (name: string) => name,
    get: (name: unknown) => ({
      ...(namespace.get(name as DurableObjectId) as unknown as Record<string, unknown>),
      run: of(RUN_VIEW, isRun),
      cancelRun: of(RUN_VIEW, isRun),
      tasks: of([TASK_VIEW], () => true),
      task: of(TASK_VIEW, isTask),
      retryTask: async (request: Asked) =>
        request.org_id === orgA() && isTask(request)
          ? { ok: false, refusal: { code: "task_state" } }
          : missing,
      cancelTask: of(TASK_VIEW, isTask),
      backlog: async () => ({ ok: true, value: {} }),
    }),
  };
}

interface Asked {
  readonly org_id: string;
  readonly run_id?: string | null;
  readonly task_id?: string;
}

const RUN_VIEW: RunView = {
  run_id: RUN,
  status: "running",
  mode: "live",
  subject: null,
  total: 1,
  succeeded: 0,
  failed: 0,
  canceled: 0,
  open: 1,
  attempts: 0,
  work_ms: 0,
  created_at: 1_800_000_000_000,
  ended_at: null,
  change: 1,
};

const TASK_VIEW: TaskView = {
  tid: 1,
  task_id: TASK,
  run_id: RUN,
  node_id: "report",
  operator: "analyses.report@1",
  state: "leased",
  attempt: 1,
  max_attempts: 3,
  created_at: 1_800_000_000_000,
  updated_at: 1_800_000_000_000,
  not_before: 0,
  error: null,
  change: 1,
};
