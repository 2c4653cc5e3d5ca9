/** The operations of our OpenAPI document, as contract tests walk through them. */
import { createPlatform, WORKER_PORTS } from "../../workers/platform/app.ts";
import { documentOf } from "../../workers/platform/http/document.ts";

export type Node = Readonly<Record<string, unknown>>;

export const nodeOf = (value: unknown): Node =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const METHODS = ["get", "put", "post", "patch", "delete"] as const;

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: Node;
}

export interface Operation {
  /** `GET /api/v1/keys/{id}`. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** Schema of each media type of the body. */
  readonly bodies: ReadonlyMap<string, Node>;
  /** Status -> media type -> schema. */
  readonly answers: ReadonlyMap<number, ReadonlyMap<string, Node>>;
  /** Status -> names of declared headers, in lower case. */
  readonly headers: ReadonlyMap<number, ReadonlySet<string>>;
  readonly isPublic: boolean;
  /** It lives on the refresh cookie instead of a token. */
  readonly byCookie: boolean;
}

export interface Contract {
  readonly document: Node;
  readonly operations: readonly Operation[];
  /** Every path with its methods, in upper case. */
  readonly paths: ReadonlyMap<string, readonly string[]>;
}

/** Read from the app itself, so a route that is mounted is tested. */
export function contractOf(): Contract {
  const document = nodeOf(
    JSON.parse(JSON.stringify(documentOf(createPlatform(WORKER_PORTS)))) as unknown,
  );
  const items = Object.entries(nodeOf(document["paths"]));
  const operations = items.flatMap(([path, item]) =>
    METHODS.filter((method) => nodeOf(item)[method] !== undefined).map((method) =>
      operationOf(document, path, method, nodeOf(nodeOf(item)[method])),
    ),
  );
  const paths = items.map(([path, item]) => {
    const methods = METHODS.filter((method) => nodeOf(item)[method] !== undefined);
    return [path, methods.map((method) => method.toUpperCase())] as const;
  });
  return { document, operations, paths: new Map(paths) };
}

function operationOf(document: Node, path: string, method: string, node: Node): Operation {
  const security = listOf(node["security"] ?? document["security"]).map(nodeOf);
  const answers = Object.entries(nodeOf(node["responses"])).map(
    ([status, response]) => [Number(status), schemasOf(nodeOf(response))] as const,
  );
  return {
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    parameters: listOf(node["parameters"]).map((given) =>
      parameterOf(resolved(document, nodeOf(given))),
    ),
    bodies: schemasOf(nodeOf(node["requestBody"])),
    answers: new Map(answers),
    headers: new Map(
      Object.entries(nodeOf(node["responses"])).map(([status, response]) => [
        Number(status),
        new Set(Object.keys(nodeOf(nodeOf(response)["headers"])).map((name) => name.toLowerCase())),
      ]),
    ),
    isPublic: security.length === 0,
    byCookie: security.some((scheme) => "session" in scheme),
  };
}

const parameterOf = (node: Node): Parameter => ({
  name: String(node["name"]),
  in: String(node["in"]),
  required: node["required"] === true,
  schema: nodeOf(node["schema"]),
});

const schemasOf = (node: Node): ReadonlyMap<string, Node> =>
  new Map(
    Object.entries(nodeOf(node["content"])).map(([type, media]) => [
      type,
      nodeOf(nodeOf(media)["schema"]),
    ]),
  );

/** The schema itself, or what its reference names. */
export function resolved(document: Node, schema: Node): Node {
  const reference = schema["$ref"];
  if (typeof reference !== "string") return schema;
  return reference
    .slice("#/".length)
    .split("/")
    .reduce((at: Node, part) => nodeOf(at[part]), document);
}

/** `/api/v1/keys/{id}` of `/api/v1/keys/{id}/rotate`: the resource a path is about; undefined without one. */
export const resourceOf = (path: string): string | undefined => /^.*?\{[^}]+\}/.exec(path)?.[0];

/** The path with its parameters filled in, percent-encoded. */
export const filled = (path: string, values: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => encode(values[name] ?? "none"));

/** Percent-encoded; half a surrogate pair cannot be sent. */
export const encode = (text: string): string => encodeURIComponent(text.toWellFormed());

/** Whether a path of the document covers another, as `/keys/{id}` covers `/keys/mine`. */
export const covers = (pattern: string, path: string): boolean =>
  new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll(/\{[^}]+\}/g, "[^/]+")}$`).test(path);
