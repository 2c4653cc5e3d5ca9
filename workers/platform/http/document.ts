/** The OpenAPI 3.1 document, made from the routes [AP1]. */
import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { onlyProblems } from "./answers.ts";
import type { AppEnv } from "./plumbing.ts";

export type OpenApiDocument = ReturnType<OpenAPIHono<AppEnv>["getOpenAPI31Document"]>;
type PathItem = NonNullable<OpenApiDocument["paths"]>[string];
type Operation = NonNullable<PathItem["get"]>;
type Parameter = NonNullable<Operation["parameters"]>[number];
type Responses = NonNullable<Operation["responses"]>;
type Answer = Responses[string];

const METHODS = ["get", "put", "post", "patch", "delete"] as const;

/** What each tag gathers, in the order of the reference. */
const TAGS: Readonly<Record<string, string>> = {
  analyses: "CI logs in, the cause of the failure out.",
  runs: "What the engine did with an event, and the tasks of it.",
  overview: "The last day in figures.",
  identity: "Signing in, the signed-in user and their sessions.",
  organizations: "The organization of the credential, its settings and yours.",
  members: "Who belongs to the organization, and invitations to it.",
  keys: "API keys for programs.",
  secrets: "Write-only values that tasks may use.",
  usage: "What was used, what may be used, what it costs.",
  webhooks: "Where events are sent, and what became of each delivery.",
  audit: "Who changed what, in a chain that shows tampering.",
  installation: "For the operator of the installation.",
  meta: "Health, and this document.",
};

/** Operations that take no credential, and those that live on the refresh cookie; all others take a token or a key. */
const PUBLIC = /^(?:\/health|\/ready|\/api\/v1\/(?:openapi\.json|auth\/.+|invitations\/preview))$/;
const BY_COOKIE = /^\/api\/v1\/auth\/(?:refresh|logout)$/;

const IDEMPOTENCY_KEY: Parameter = {
  name: "idempotency-key",
  in: "header",
  required: false,
  description:
    "A repeated request with the same key gets the answer of the first one, for 24 hours. A UUID is a good key.",
  schema: { type: "string", minLength: 1, maxLength: 255 },
  example: "4fbb3b5e-8a3c-4ed5-a4ea-1d1c5a3a1f0e",
};

export const documentRoute = createRoute({
  method: "get",
  path: "/api/v1/openapi.json",
  tags: ["meta"],
  summary: "This document",
  responses: {
    200: {
      description: "OpenAPI 3.1",
      content: { "application/json": { schema: { type: "object" } } },
    },
    ...onlyProblems("method_not_allowed", "host_not_allowed", "internal"),
  },
});

/** The same for every installation: no address of one is in it. */
export function documentOf(app: OpenAPIHono<AppEnv>): OpenApiDocument {
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Edgewright",
      version: "1",
      description:
        "Explains failed CI runs, runs tasks on one engine. Errors are application/problem+json with a stable code.",
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, { key: [] }],
  });
  const versioned = versionedPaths(document.paths ?? {});
  const paths = Object.entries(document.paths ?? {}).map(
    ([path, item]) => [path, described(path, item, versioned)] as const,
  );
  const used = new Set(paths.flatMap(([, item]) => operationsOf(item).flatMap(({ tags }) => tags)));
  const tags = Object.entries(TAGS)
    .filter(([name]) => used.has(name))
    .map(([name, description]) => ({ name, description }));
  return { ...document, tags, paths: Object.fromEntries(paths) };
}

const operationsOf = (item: PathItem): readonly Operation[] =>
  METHODS.map((method) => item[method]).filter((operation) => operation !== undefined);

/** Adds what follows from path and method, so that no route has to say it. */
function described(path: string, item: PathItem, versioned: ReadonlySet<string>): PathItem {
  const all: PathItem = { ...item };
  for (const method of METHODS) {
    const operation = item[method];
    if (operation === undefined) continue;
    const at = { path, method, operation };
    all[method] = describedOperation(at, tellsVersion(at, versioned));
  }
  return all;
}

interface At {
  readonly path: string;
  readonly method: (typeof METHODS)[number];
  readonly operation: Operation;
}

function describedOperation({ path, method, operation }: At, etag: boolean): Operation {
  const security = securityOf(path);
  const own = operation.parameters ?? [];
  const sent = { limited: security === undefined, located: tellsPlace(path, security), etag };
  const responses = Object.entries(operation.responses ?? {}).map(
    ([status, answer]): [string, Answer] => [status, withHeaders(status, answer, sent)],
  );
  return {
    operationId: operationIdOf(path, method),
    ...(security === undefined ? {} : { security }),
    ...operation,
    parameters: [...(takesKey(operation) ? withKey(own) : own), ...TRACING],
    responses: Object.fromEntries(responses),
  };
}

/** Parameters of every route. */
const TRACING: readonly Parameter[] = [
  { $ref: "#/components/parameters/RequestId" },
  { $ref: "#/components/parameters/Traceparent" },
];

const takesVersion = (operation: Operation | undefined): boolean =>
  (operation?.parameters ?? []).some(
    (parameter) => "name" in parameter && parameter.name === "if-match",
  );

/** Paths of things that are read, and changed with If-Match. */
const versionedPaths = (paths: NonNullable<OpenApiDocument["paths"]>): ReadonlySet<string> =>
  new Set(
    Object.entries(paths)
      .filter(
        ([, item]) => item.get !== undefined && METHODS.some((name) => takesVersion(item[name])),
      )
      .map(([path]) => path),
  );

/** Its place is not below the path that makes it. */
const MAKES: Readonly<Record<string, string>> = { "/api/v1/orgs": "/api/v1/org" };

const ROTATES = /\/rotate-\w+$/;

/** Reading, making, rotating and changing what has a version answers with its ETag [AP8]. */
function tellsVersion({ path, method, operation }: At, versioned: ReadonlySet<string>): boolean {
  if (method === "delete") return false;
  if (method === "post" && versioned.has(MAKES[path] ?? `${path}/{id}`)) return true;
  if (ROTATES.test(path) && versioned.has(path.replace(ROTATES, ""))) return true;
  return takesVersion(operation) || (method === "get" && versioned.has(path));
}

/** What is made has an address, and so has an analysis that is at work. Sessions have none. */
const tellsPlace = (path: string, security: Operation["security"]): readonly string[] => {
  if (security !== undefined) return [];
  return path.startsWith("/api/v1/analyses") ? ["201", "202"] : ["201"];
};

interface Sent {
  readonly limited: boolean;
  readonly located: readonly string[];
  readonly etag: boolean;
}

function withHeaders(status: string, answer: Answer, sent: Sent): Answer {
  if ("$ref" in answer) return answer;
  const good = status.startsWith("2");
  const names = [
    ...(sent.limited && (good || status === "429") ? ["RateLimit", "RateLimit-Policy"] : []),
    ...(status === "429" || status === "503" ? ["Retry-After"] : []),
    ...(sent.located.includes(status) ? ["Location"] : []),
    ...(sent.etag && good ? ["ETag"] : []),
  ];
  if (names.length === 0) return answer;
  const headers = names.map((name) => [name, { $ref: `#/components/headers/${name}` }] as const);
  return { ...answer, headers: { ...answer.headers, ...Object.fromEntries(headers) } };
}

function securityOf(path: string): Operation["security"] {
  if (BY_COOKIE.test(path)) return [{ session: [] }];
  return PUBLIC.test(path) ? [] : undefined;
}

/** `POST /api/v1/keys/{id}/rotate` -> `postKeysByIdRotate`: stable, as paths never change within a version. */
function operationIdOf(path: string, method: string): string {
  const words = path
    .replace(/^\/api\/v\d+/, "")
    .split(/[/\-.]/)
    .filter((word) => word !== "")
    .map((word) => (word.startsWith("{") ? `By${capital(word.slice(1, -1))}` : capital(word)));
  return method + words.join("");
}

const capital = (word: string): string =>
  word
    .split("_")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");

/** A route that is idempotent says so by the code of a repeat that came too early. */
const takesKey = (operation: Operation): boolean =>
  JSON.stringify(operation.responses?.["409"] ?? "").includes("idempotency_in_flight");

const withKey = (parameters: readonly Parameter[]): Parameter[] => [
  ...parameters.filter(
    (parameter) => !("name" in parameter && parameter.name === "idempotency-key"),
  ),
  IDEMPOTENCY_KEY,
];

/** Headers of answers, by the name under which answers refer to them. */
const HEADERS = {
  RateLimit: {
    description:
      'What is left: `"minute";r=599;t=42` are 599 requests for 42 seconds. Absent without a limit.',
    schema: { type: "string" },
  },
  "RateLimit-Policy": {
    description: 'The limits: `"minute";q=600;w=60` are 600 requests in 60 seconds.',
    schema: { type: "string" },
  },
  "Retry-After": {
    description: "Seconds after which the same request may succeed.",
    schema: { type: "integer", minimum: 1 },
  },
  Location: {
    description: "Path of what was made or is at work.",
    schema: { type: "string", format: "uri-reference" },
  },
  ETag: {
    description: "The version of what was answered, for If-Match.",
    schema: { type: "string" },
  },
} as const;

export function declareHeaders({ openAPIRegistry: registry }: OpenAPIHono<AppEnv>): void {
  for (const [name, header] of Object.entries(HEADERS))
    registry.registerComponent("headers", name, header);
  registry.registerComponent("parameters", "RequestId", {
    name: "x-request-id",
    in: "header",
    required: false,
    description:
      "A name of your own for this request, 8 to 64 letters, digits, `_` and `-`; logs, records and the answer carry it. Another one is ignored.",
    schema: { type: "string" },
  });
  registry.registerComponent("parameters", "Traceparent", {
    name: "traceparent",
    in: "header",
    required: false,
    description:
      "The trace this request belongs to (W3C Trace Context); tasks and deliveries go on with it.",
    schema: { type: "string" },
  });
}

export function declareSecurity(app: OpenAPIHono<AppEnv>): void {
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "An access token, or an API key.",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "key", {
    type: "apiKey",
    in: "header",
    name: "X-API-Key",
    description: "An API key.",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "session", {
    type: "apiKey",
    in: "cookie",
    name: "__Host-ew_refresh",
    description: "The refresh cookie of a browser; over plain http it is called ew_refresh.",
  });
}
