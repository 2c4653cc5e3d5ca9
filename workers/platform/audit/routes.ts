/** Routes of audit: read the chain, verify it, take its signed ends and a copy away. */
import { createRoute, z } from "@hono/zod-openapi";
import { jsonAnswer, named, problems } from "../http/answers.ts";
import { auditOf } from "../http/audit.ts";
import { needs, orgOf } from "../http/authorize.ts";
import { pageOf, pageQuery, positionOf } from "../http/pagination.ts";
import { createApp } from "../http/plumbing.ts";
import { declared, refused } from "../http/problem.ts";
import { noStore } from "../http/security.ts";
import { AuditEntry, AuditHead, AuditKey, AuditVerification } from "./model.ts";
import { appendAudit } from "./service.ts";
import { exportEnd, exportLines } from "./service/export.ts";
import { auditKeys } from "./service/keys.ts";
import { verifyChain } from "./service/verify.ts";
import { listEntries } from "./store/chain.ts";
import { listSeals } from "./store/seals.ts";

const tags = ["audit"];
const Entry = named("AuditEntry", AuditEntry);
const Head = named("AuditHead", AuditHead);
const Key = named("AuditKey", AuditKey);
const Verification = named("AuditVerification", AuditVerification);
const Seq = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const range = z.strictObject({ from_seq: Seq.default(1), to_seq: Seq.optional() });

const list = createRoute({
  method: "get",
  path: "/audit",
  tags,
  summary: "List audit records, newest first",
  description:
    "action takes a whole action (keys.create) or an area (keys), resource a thing (keys/<id>) or what it lies below (keys).",
  middleware: [noStore(), needs("audit.read", "audit")] as const,
  request: {
    query: z.strictObject({
      ...pageQuery,
      action: z
        .string()
        .regex(/^[a-z_]+(?:\.[a-z_]+)?$/)
        .max(100)
        .optional(),
      resource: z
        .string()
        .regex(/^[^\0]*$/)
        .min(1)
        .max(300)
        .optional(),
      // Postgres has no year 0.
      from: z.iso
        .datetime()
        .refine((at) => at >= "0001", "has no such year")
        .optional(),
      to: z.iso
        .datetime()
        .refine((at) => at >= "0001", "has no such year")
        .optional(),
    }),
  },
  responses: {
    200: jsonAnswer(
      "Records",
      z.strictObject({ items: z.array(Entry), next_cursor: z.string().nullable() }),
    ),
    ...problems("cursor_invalid"),
  },
});

const heads = createRoute({
  method: "get",
  path: "/audit/heads",
  tags,
  summary: "List the signed ends of the chain, newest first",
  description: "With the public keys of all signatures. Keep them elsewhere: they fix the past.",
  middleware: [noStore(), needs("audit.read", "audit")] as const,
  request: { query: z.strictObject(pageQuery) },
  responses: {
    200: jsonAnswer(
      "Heads and keys",
      z.strictObject({
        items: z.array(Head),
        next_cursor: z.string().nullable(),
        keys: z.array(Key),
      }),
    ),
    ...problems("cursor_invalid"),
  },
});

const verify = createRoute({
  method: "get",
  path: "/audit/verify",
  tags,
  summary: "Verify the chain",
  description: "At most 100,000 records in one call; next_seq says where the next call goes on.",
  middleware: [noStore(), needs("audit.read", "audit")] as const,
  request: { query: range },
  responses: { 200: jsonAnswer("What was found", Verification), ...problems() },
});

const copy = createRoute({
  method: "get",
  path: "/audit/export",
  tags,
  summary: "Copy the chain",
  description:
    "One line of JSON per record, oldest first, without names; at most 100,000 records in one call. npm run audit:verify checks copies.",
  middleware: [noStore(), needs("audit.read", "audit")] as const,
  request: { query: range },
  responses: {
    200: {
      description: "Records",
      content: { "text/plain": { schema: { type: "string", format: "binary" } } },
    },
    ...problems(),
  },
});

export const auditRoutes = createApp()
  .openapi(list, async (c) => {
    const { limit, cursor, action, resource, from, to } = c.req.valid("query");
    const org = orgOf(c);
    const identity = [org, "audit", action, resource, from, to];
    const after = await positionOf(c.env, identity, cursor);
    if (!after.ok) return refused(c, after.refusal);
    const before = after.value === undefined ? undefined : Number(after.value.id);
    const rows = await c.var.sql.transaction({ org }, (tx) =>
      listEntries(tx, { action, resource, from, to }, before, limit + 1),
    );
    return c.json(await pageOf(c.env, identity, rows, limit), 200);
  })
  .openapi(heads, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const org = orgOf(c);
    const after = await positionOf(c.env, [org, "audit/heads"], cursor);
    if (!after.ok) return refused(c, after.refusal);
    const before = after.value === undefined ? undefined : Number(after.value.id);
    const seals = await c.var.sql.transaction({ org }, (tx) => listSeals(tx, before, limit + 1));
    const rows = seals.map(({ head }) => ({ created_at: head.at, id: String(head.seq), head }));
    const page = await pageOf(c.env, [org, "audit/heads"], rows, limit);
    const keys = [...(await auditKeys({ sql: c.var.sql }))];
    return c.json({ ...page, items: page.items.map(({ head }) => head), keys }, 200);
  })
  .openapi(verify, async (c) => {
    const { from_seq: from, to_seq: to } = c.req.valid("query");
    return c.json(await verifyChain(c.var.sql, { org: orgOf(c), from, to }), 200);
  })
  .openapi(copy, async (c) => {
    const { from_seq: from, to_seq: to } = c.req.valid("query");
    const org = orgOf(c);
    await c.var.sql.transaction({ org }, (tx) =>
      appendAudit(tx, { ...auditOf(c), action: "audit.export", resource: "audit" }),
    );
    const end = await exportEnd(c.var.sql, { org, from, to });
    const headers = { "content-type": "text/plain; charset=utf-8" };
    return declared(new Response(exportLines(c.var.sql, { org, from, end }), { headers }));
  });
