/** The answers a route declares: its own, and the problems it may give [AP1]. */
// Not only types: loading it is what lets schemas be named.
import "@hono/zod-openapi";
import type { z } from "@hono/zod-openapi";
import { Problem, PROBLEMS, type ProblemCode } from "./model.ts";

/** Every route may answer these. */
const COMMON: readonly ProblemCode[] = [
  "malformed_request",
  "unauthenticated",
  "forbidden",
  "not_found",
  "method_not_allowed",
  "host_not_allowed",
  "validation_failed",
  "rate_limited",
  "quota_exceeded",
  "internal",
  "upstream_failed",
  "unavailable",
  "limits_unavailable",
];

/**
 * The schema under a name of its own in the OpenAPI document. It is cloned because only schemas made after the OpenAPI
 * extension was loaded can be named, and pure files do not load it.
 */
export const named = <S extends z.ZodType>(name: string, schema: S): S =>
  schema.clone().openapi(name);

const ProblemBody = named("Problem", Problem);

export const jsonAnswer = <S extends z.ZodType>(description: string, schema: S) => ({
  description,
  content: { "application/json": { schema } },
});

interface ProblemAnswer {
  readonly description: string;
  readonly content: {
    readonly "application/problem+json": { readonly schema: typeof ProblemBody };
  };
}

type Problems = Record<`${number}`, ProblemAnswer>;

/** One entry per status, whose description lists the codes: `...problems("log_empty")`. */
export const problems = (...codes: readonly ProblemCode[]): Problems =>
  onlyProblems(...COMMON, ...codes);

/** The same for routes that touch nothing, and so cannot give what every other may. */
export function onlyProblems(...codes: readonly ProblemCode[]): Problems {
  const byStatus = new Map<number, string[]>();
  for (const code of codes) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, names]) => [
      String(status),
      {
        description: [...new Set(names)].join(", "),
        content: { "application/problem+json": { schema: ProblemBody } },
      },
    ]),
  );
}

/** A JSON body of a request. */
export const jsonBody = <S extends z.ZodType>(schema: S) => ({
  required: true,
  content: { "application/json": { schema } },
});
