/** Sends what a document allows and what it does not, and says where the answers break the document's word. */
import fc from "fast-check";
import { PROBLEMS, Problem } from "../../workers/platform/http/model.ts";
import { isProblemCode } from "../../workers/platform/http/error-page.ts";
import { isNormalPath } from "../../workers/platform/http/rules.ts";
import {
  type Contract,
  covers,
  encode,
  filled,
  METHODS,
  type Operation,
  type Parameter,
} from "./openapi.ts";
import { misfits } from "./schema-check.ts";
import { fitting, hostile } from "./schema-values.ts";

export type Send = (path: string, init: RequestInit) => Promise<Response>;

export interface Target {
  readonly contract: Contract;
  /** Sends a request as it is; the credential is added by the fuzzer. */
  readonly send: Send;
  /** Called before each operation: credentials have an end. */
  readonly renew: () => Promise<void>;
  /** Headers of somebody who may do everything under a path. */
  readonly credential: (path: string) => Readonly<Record<string, string>>;
  /** Ids of things that are there, by the name of the parameter. */
  readonly known: (operation: Operation) => Readonly<Record<string, string>>;
  /** Operations that would end the run: their credential, their organization. They are sent without a credential only. */
  readonly fatal: ReadonlySet<string>;
  /** What the operator's log says about the last failure. */
  readonly lastError: () => string;
  readonly naughty: readonly string[];
  readonly seed: number;
  /** Requests per operation. */
  readonly runs: number;
}

export interface Finding {
  readonly operation: string;
  readonly what: string;
  readonly request: string;
}

interface Shot {
  readonly operation: Operation;
  readonly path: string;
  readonly init: RequestInit;
}

/** All that was found wrong; empty when the API keeps its word. */
export async function fuzz(target: Target): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const operation of target.contract.operations) {
    await target.renew();
    if (!target.fatal.has(operation.name))
      for (const shot of shotsAt(target, operation)) findings.push(...(await judged(target, shot)));
    findings.push(...(await withoutCredential(target, operation)));
  }
  for (const [path, methods] of target.contract.paths)
    findings.push(...(await otherMethods(target, path, methods)));
  return findings;
}

function shotsAt(target: Target, operation: Operation): readonly Shot[] {
  const { seed, runs } = target;
  return fc
    .sample(shots(target, operation), { seed, numRuns: runs })
    .map(({ query, path, headers, body }) => {
      const asked = Object.keys(query).length === 0 ? "" : `?${queryText(query)}`;
      return {
        operation,
        path: filled(operation.path, path) + asked,
        init: {
          method: operation.method,
          headers: { ...headers, ...target.credential(operation.path), ...body?.headers },
          ...(body === undefined ? {} : { body: body.text }),
        },
      };
    });
}

interface Wish {
  readonly query: Readonly<Record<string, string>>;
  readonly path: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly text: string; readonly headers: Record<string, string> } | undefined;
}

function shots(target: Target, operation: Operation): fc.Arbitrary<Wish> {
  const of = (place: string): readonly Parameter[] =>
    operation.parameters.filter((parameter) => parameter.in === place);
  return fc.record({
    query: fc.oneof(
      { weight: 3, arbitrary: parameters(target, of("query")) },
      {
        weight: 1,
        arbitrary: fc.dictionary(
          fc.constantFrom(...target.naughty),
          fc.constantFrom(...target.naughty),
          {
            maxKeys: 2,
          },
        ),
      },
    ),
    path: pathValues(target, operation),
    headers: parameters(target, of("header")).map(sendable),
    body: bodies(target, operation),
  });
}

/** Half of all values fit their schema; a parameter that is optional is often left out. */
function parameters(
  { contract, naughty }: Target,
  declared: readonly Parameter[],
): fc.Arbitrary<Record<string, string>> {
  const values = declared.map(({ name, schema }) => [
    name,
    fc.oneof(fitting(contract.document, schema).map(String), fc.constantFrom(...naughty)),
  ]);
  return fc.record(Object.fromEntries(values) as Record<string, fc.Arbitrary<string>>, {
    requiredKeys: declared.filter(({ required }) => required).map(({ name }) => name),
  });
}

function pathValues(target: Target, operation: Operation): fc.Arbitrary<Record<string, string>> {
  const known = target.known(operation);
  const values = operation.parameters
    .filter((parameter) => parameter.in === "path")
    .map(({ name, schema }) => [
      name,
      fc.oneof(
        { weight: 4, arbitrary: fc.constant(known[name] ?? "none") },
        { weight: 1, arbitrary: fitting(target.contract.document, schema).map(String) },
        { weight: 2, arbitrary: fc.constantFrom(...target.naughty.filter((text) => text !== "")) },
      ),
    ]);
  return fc.record(Object.fromEntries(values) as Record<string, fc.Arbitrary<string>>);
}

function bodies(target: Target, operation: Operation): fc.Arbitrary<Wish["body"]> {
  if (operation.method === "GET") return fc.constant(undefined);
  const [type, schema] = [...operation.bodies][0] ?? [];
  const raw = fc.constantFrom(...target.naughty).map((text) => ({
    text: text.toWellFormed(),
    headers: { "content-type": "application/json" },
  }));
  if (type === undefined || schema === undefined)
    return fc.oneof(
      { weight: 4, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: raw },
    );
  const { document } = target.contract;
  const values = fc.oneof(fitting(document, schema), hostile(document, schema, target.naughty));
  const encoded = values.map((value) => ({
    text: type.includes("json") ? JSON.stringify(value) : String(value).toWellFormed(),
    headers: { "content-type": type },
  }));
  const mistyped = values.map((value) => ({
    text: JSON.stringify(value) ?? "",
    headers: { "content-type": "text/html" },
  }));
  return fc.oneof(
    { weight: 8, arbitrary: encoded },
    { weight: 1, arbitrary: raw },
    { weight: 1, arbitrary: mistyped },
  );
}

const queryText = (query: Readonly<Record<string, string>>): string =>
  Object.entries(query)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join("&");

/** A header holds visible ASCII; other values cannot be sent at all. */
const sendable = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).filter(([, value]) => /^[\x20-\x7e]{1,2000}$/.test(value)),
  );

/** The body as text; the fuzzer sends no other. */
export const textOf = ({ body }: RequestInit): string => (typeof body === "string" ? body : "");

async function judged({ contract, send, lastError }: Target, shot: Shot): Promise<Finding[]> {
  const { operation, path, init } = shot;
  const answer = await send(path, init);
  const text = await answer.text();
  return whatIsWrong(contract, operation, answer, text).map((what) => ({
    operation: operation.name,
    what,
    request: `${operation.method} ${path.slice(0, 300)} ${JSON.stringify(init.headers)} ${textOf(init).slice(0, 300)} -> ${answer.status} ${answer.status >= 500 ? lastError() : text.slice(0, 300)}`,
  }));
}

/** Headers that clients act on; those of limits depend on the limits. */
const HEADERS = ["location", "etag", "retry-after"];

function wrongHeaders(operation: Operation, answer: Response): readonly string[] {
  const declared = operation.headers.get(answer.status) ?? new Set();
  return HEADERS.filter((name) => answer.headers.has(name) !== declared.has(name)).map((name) =>
    declared.has(name)
      ? `header ${name} is declared for ${answer.status}, and missing`
      : `header ${name} is not declared for ${answer.status}`,
  );
}

function whatIsWrong(
  contract: Contract,
  operation: Operation,
  answer: Response,
  text: string,
): readonly string[] {
  const { status } = answer;
  const declared = operation.answers.get(status);
  if (status >= 500 && status !== 501) return [`status ${status}`];
  if (declared === undefined) return [`status ${status} is not declared`];
  const headers = wrongHeaders(operation, answer);
  if (headers.length > 0) return headers;
  if (declared.size === 0) return text === "" ? [] : [`a body where ${status} declares none`];
  const type = (answer.headers.get("content-type") ?? "").split(";")[0] ?? "";
  const schema = declared.get(type);
  if (schema === undefined) return [`content type ${type} is not declared for ${status}`];
  if (!/[/+]json$/.test(type)) return [];
  const value: unknown = JSON.parse(text);
  const wrong = misfits(contract.document, schema, value);
  return status >= 400 ? [...wrong, ...notOurProblem(status, value)] : wrong;
}

/** A problem's code belongs to its status. */
function notOurProblem(status: number, value: unknown): readonly string[] {
  const problem = Problem.safeParse(value);
  if (!problem.success) return [];
  const { code } = problem.data;
  return isProblemCode(code) && PROBLEMS[code].status === status
    ? []
    : [`code ${code} with status ${status}`];
}

const FALSE_CREDENTIALS: readonly Readonly<Record<string, string>>[] = [
  {},
  { authorization: "Bearer " },
  {
    authorization: "Bearer ewk_0123456789abcdef_0000000000000000000000000000000000000000000_000000",
  },
  { "x-api-key": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0." },
];

/** Only public operations answer those who are nobody, and those that live on a cookie want it from a page of ours. */
async function withoutCredential(target: Target, operation: Operation): Promise<Finding[]> {
  if (operation.isPublic) return [];
  const findings: Finding[] = [];
  const path = filled(operation.path, target.known(operation));
  const wanted = operation.byCookie ? [401, 403] : [401];
  for (const headers of FALSE_CREDENTIALS) {
    const body = operation.method === "GET" || operation.method === "DELETE" ? {} : { body: "{}" };
    const answer = await target.send(path, {
      method: operation.method,
      headers: { "content-type": "application/json", ...headers },
      ...body,
    });
    await answer.text();
    if (isNormalPath(path) && !wanted.includes(answer.status))
      findings.push({
        operation: operation.name,
        what: `answered ${answer.status} without a credential`,
        request: JSON.stringify(headers),
      });
  }
  return findings;
}

async function otherMethods(
  target: Target,
  path: string,
  methods: readonly string[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const method of METHODS.map((name) => name.toUpperCase())) {
    if (methods.includes(method) || takenBy(target, method, path)) continue;
    const answer = await target.send(filled(path, {}), {
      method,
      headers: target.credential(path),
    });
    await answer.text();
    const allow = (answer.headers.get("allow") ?? "").split(", ");
    if (answer.status !== 405 || methods.some((known) => !allow.includes(known)))
      findings.push({
        operation: `${method} ${path}`,
        what: `is not declared, yet answered ${answer.status}, Allow: ${allow.join(", ")}`,
        request: "",
      });
  }
  return findings;
}

/** `DELETE /invitations/accept` is that of the invitation with the id `accept`. */
const takenBy = ({ contract }: Target, method: string, path: string): boolean =>
  [...contract.paths].some(
    ([pattern, methods]) =>
      pattern !== path && methods.includes(method) && covers(pattern, filled(path, {})),
  );
