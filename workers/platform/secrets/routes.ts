/** Routes of secrets: list, put, delete. No route gives a value [SC3]. */
import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { utf8 } from "../adapters/bytes.ts";
import { appendAudit } from "../audit/service.ts";
import { jsonAnswer, jsonBody, named, problems } from "../http/answers.ts";
import { auditOf } from "../http/audit.ts";
import { memberOf, needs, orgOf } from "../http/authorize.ts";
import { pageOf, pageQuery, positionOf } from "../http/pagination.ts";
import { createApp, type AppContext, type AppEnv } from "../http/plumbing.ts";
import { refused } from "../http/problem.ts";
import { noStore, smallBody } from "../http/security.ts";
import { done, refuse, type Refusal, type Result } from "../model.ts";
import { PutSecret, Secret, SECRET_BYTES_MAX, SecretName, SecretVersion } from "./model.ts";
import { isMadeByPlatform, kindOf, MODEL_KEYS, resourceOf } from "./rules.ts";
import { deleteSecret, putSecret } from "./service.ts";
import { listSecrets } from "./store.ts";

const tags = ["secrets"];
const SecretAnswer = named("Secret", Secret);
const VersionAnswer = named("SecretVersion", SecretVersion);
const params = z.object({ name: SecretName });
/** Uses that lists count. */
const USES_MS = 30 * 86_400_000;

/** `secrets.write` on `secrets/env/NAME`: the resource follows from the name [ID20]. */
const mayWrite =
  (): MiddlewareHandler<AppEnv> =>
  (c, next): ReturnType<MiddlewareHandler<AppEnv>> =>
    needs("secrets.write", resourceOf(c.req.param("name") ?? ""), { fresh: true })(c, next);

const list = createRoute({
  method: "get",
  path: "/secrets",
  tags,
  summary: "List the secrets of the organization",
  description: "Names, versions and fingerprints. A value is shown to nobody.",
  middleware: [noStore(), needs("secrets.list", "secrets")] as const,
  request: { query: z.strictObject(pageQuery) },
  responses: {
    200: jsonAnswer(
      "Secrets, those made last first",
      z.strictObject({ items: z.array(SecretAnswer), next_cursor: z.string().nullable() }),
    ),
    ...problems("cursor_invalid"),
  },
});

const put = createRoute({
  method: "put",
  path: "/secrets/{name}",
  tags,
  summary: "Put a secret in force",
  description:
    "A name begins with its readers: env, app.<app>, channel.<id> or model. The version before stays readable for 15 minutes to tasks that began with it.",
  middleware: [noStore(), mayWrite(), smallBody()] as const,
  request: { params, body: jsonBody(PutSecret) },
  responses: {
    200: jsonAnswer("The next version", VersionAnswer),
    201: jsonAnswer("The first version", VersionAnswer),
    ...problems("key_cannot", "payload_too_large"),
  },
});

const remove = createRoute({
  method: "delete",
  path: "/secrets/{name}",
  tags,
  summary: "Delete a secret",
  description: "All its versions are shredded at once.",
  middleware: [noStore(), mayWrite()] as const,
  request: { params },
  responses: { 204: { description: "Deleted" }, ...problems("key_cannot") },
});

export const secretRoutes = createApp()
  .openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const org = orgOf(c);
    const after = await positionOf(c.env, [org, "secrets"], cursor);
    if (!after.ok) return refused(c, after.refusal);
    const wish = { after: after.value, limit: limit + 1, usesSince: c.var.now() - USES_MS };
    const rows = await c.var.sql.transaction({ org }, (tx) => listSecrets(tx, wish));
    const page = await pageOf(c.env, [org, "secrets"], rows, limit);
    return c.json({ ...page, items: page.items.map(({ secret }) => secret) }, 200);
  })
  .openapi(put, async (c) => {
    const { name } = c.req.valid("param");
    if (isMadeByPlatform(name)) return refused(c, MADE_BY_PLATFORM);
    if (kindOf(name) === "model" && !MODEL_KEYS.includes(name)) return refused(c, NO_SUCH_PROVIDER);
    const value = storable(c.req.valid("json").value);
    if (!value.ok) return refused(c, value.refusal);
    const made = await putAudited(c, name, value.value);
    if (made.version > 1) return c.json(made, 200);
    c.header("location", `/api/v1/secrets/${name}`);
    return c.json(made, 201);
  })
  .openapi(remove, async (c) => {
    const { name } = c.req.valid("param");
    if (isMadeByPlatform(name)) return refused(c, MADE_BY_PLATFORM);
    const org = orgOf(c);
    const found = await c.var.sql.transaction({ org }, async (tx) => {
      const before = await deleteSecret(tx, { org, name });
      if (before === undefined) return false;
      const changes = { fingerprint: { before, after: null } };
      const resource = resourceOf(name);
      await appendAudit(tx, { ...auditOf(c), action: "secrets.delete", resource, changes });
      return true;
    });
    return found ? c.body(null, 204) : refused(c, { code: "not_found" });
  });

const putAudited = (c: AppContext, name: string, value: string): Promise<SecretVersion> => {
  const { org, id: createdBy } = memberOf(c);
  const ports = { env: c.env, random: c.var.random, now: c.var.now };
  return c.var.sql.transaction({ org }, async (tx) => {
    const { before, ...made } = await putSecret(ports, tx, { org, name, value, createdBy });
    await appendAudit(tx, {
      ...auditOf(c),
      action: "secrets.put",
      resource: resourceOf(name),
      changes: {
        version: { before: made.version === 1 ? null : made.version - 1, after: made.version },
        fingerprint: { before, after: made.fingerprint },
      },
    });
    return made;
  });
};

/** Halves of surrogate pairs would come back as another text; the schema counts characters, the limit is in bytes. */
function storable(value: string): Result<string> {
  if (!value.isWellFormed()) return refuse("validation_failed", field("is not well-formed text"));
  if (utf8(value).length <= SECRET_BYTES_MAX) return done(value);
  return refuse("validation_failed", field("is too long"));
}

const NO_SUCH_PROVIDER: Refusal = {
  code: "validation_failed",
  errors: [
    {
      location: "path.name",
      message: "is read by no provider",
      fix: `One of: ${MODEL_KEYS.join(", ")}.`,
    },
  ],
};

const MADE_BY_PLATFORM: Refusal = {
  code: "validation_failed",
  errors: [
    {
      location: "path.name",
      message: "is the signing secret of a webhook",
      fix: "Rotate it with POST /api/v1/webhooks/{id}/rotate-secret; it goes with its endpoint.",
    },
  ],
};

const field = (message: string) => ({
  errors: [
    {
      location: "/value",
      message,
      fix: `Send text of at most ${SECRET_BYTES_MAX} bytes in UTF-8.`,
    },
  ],
});
