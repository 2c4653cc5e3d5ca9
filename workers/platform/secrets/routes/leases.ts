/** Gives a worker the secrets its task declared, while it holds the task's lease [KY8]. */
import { z } from "zod";
import { type AppContext, createApp } from "../../http/plumbing.ts";
import { refused } from "../../http/problem.ts";
import { noStore, smallBody } from "../../http/security.ts";
import { checkLeaseToken, type LeaseClaims } from "../../identity/service/lease-tokens.ts";
import { refuse, type Result } from "../../model.ts";
import { isActiveOrg } from "../../orgs/service.ts";
import { PLATFORM_ORG_ID } from "../../tasks/rules.ts";
import { ask } from "../../tasks/service.ts";
import { declaredName } from "../rules.ts";
import { resolveVersion, type ResolvedVersion } from "../service.ts";

/** The version of the worker contract this route speaks. */
const CONTRACT = "1";
const BEARER = /^Bearer +([^\s]+) *$/i;

const Ask = z.strictObject({
  fence: z.string().regex(/^\d{1,16}$/),
  /** The version the task began with; it is given for 15 minutes after its replacement [SC4]. */
  version: z.int().min(1).optional(),
});
type Ask = z.infer<typeof Ask>;

export const leaseRoutes = createApp();
leaseRoutes.post("/tasks/:id/secrets/:name", noStore(), smallBody(), async (c) => {
  const given = await answerTo(c, { task: c.req.param("id"), name: c.req.param("name") });
  return given.ok ? c.json(given.value) : refused(c, given.refusal);
});

async function answerTo(
  c: AppContext,
  wish: { readonly task: string; readonly name: string },
): Promise<Result<ResolvedVersion>> {
  const [, token] = BEARER.exec(c.req.header("authorization") ?? "") ?? [];
  if (token === undefined) return refuse("unauthenticated");
  const checked = await checkLeaseToken({ env: c.env, sql: c.var.sql, now: c.var.now }, token);
  if (!checked.ok) return checked;
  const claims = checked.value;
  // Another task's path is not there for this token.
  if (claims.sub !== wish.task) return refuse("not_found");
  if (c.req.header("edgewright-contract") !== CONTRACT)
    return refuse("validation_failed", { errors: [CONTRACT_ERROR] });
  const asked = Ask.safeParse(await c.req.json().catch(() => null));
  if (!asked.success)
    return refuse("validation_failed", { detail: "The body is {fence, version?}." });
  const name = declaredName(wish.name, claims.secrets);
  if (name === undefined || claims.org === PLATFORM_ORG_ID) return refuse("secret_not_declared");
  return resolveHeld(c, claims, { ...asked.data, name });
}

const CONTRACT_ERROR = {
  location: "header.edgewright-contract",
  message: "names no version of the worker contract that is spoken here",
  fix: `Send ${CONTRACT}.`,
};

/** Asks the dispatcher first: a token outlives its lease, and a lease may be given away before its end. */
async function resolveHeld(
  c: AppContext,
  claims: LeaseClaims,
  asked: Ask & { readonly name: string },
): Promise<Result<ResolvedVersion>> {
  const { org, dag, sub, fence } = claims;
  if (asked.fence !== fence) return refuse("lease_lost");
  if (!(await isActiveOrg(c.var.sql, org))) return refuse("org_suspended");
  const held = await ask(c.env, org, dag, (dispatcher) =>
    dispatcher.holds({ v: 1, org_id: org, dag_id: dag, task_id: sub, fence }),
  );
  if (!held.ok) return held.refusal.code === "not_found" ? refuse("lease_lost") : held;
  const resolved = await resolveVersion(
    { env: c.env, sql: c.var.sql, now: c.var.now },
    { org, name: asked.name, reader: `dags/${dag}`, requestId: c.var.requestId },
    asked.version,
  );
  return resolved === undefined ? refuse("not_found") : { ok: true, value: resolved };
}
