/** Whether an OpenAPI document only grew since another: what clients built on the older one rely on is still there [AP10]. */

type Node = Readonly<Record<string, unknown>>;

/** The two documents, for following references, and what was found. */
interface Comparison {
  readonly before: Node;
  readonly after: Node;
  readonly breaks: string[];
  /** Pairs of schemas that were compared already: schemas may contain themselves. */
  readonly seen: Set<string>;
}

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

const nodeOf = (value: unknown): Node =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textsOf = (value: unknown): readonly string[] => listOf(value).map((item) => String(item));

/**
 * What breaks clients of `before` in `after`, one sentence each; empty when the API only grew. A break is a path,
 * method, status, content type, parameter, field or enum member that is gone, a type a field no longer has, or an
 * input that is required and was not.
 */
export function breaksOf(before: unknown, after: unknown): readonly string[] {
  const comparison: Comparison = {
    before: nodeOf(before),
    after: nodeOf(after),
    breaks: [],
    seen: new Set(),
  };
  const [old, now] = [nodeOf(comparison.before["paths"]), nodeOf(comparison.after["paths"])];
  for (const [path, item] of Object.entries(old)) {
    for (const method of METHODS) {
      const operation = nodeOf(item)[method];
      if (operation === undefined) continue;
      const where = `${method.toUpperCase()} ${path}`;
      const kept = nodeOf(now[path])[method];
      if (kept === undefined) comparison.breaks.push(`${where} is gone`);
      else compareOperation(comparison, where, nodeOf(operation), nodeOf(kept));
    }
  }
  return comparison.breaks;
}

function compareOperation(to: Comparison, where: string, before: Node, after: Node): void {
  compareParameters(to, where, before, after);
  compareBody(to, where, nodeOf(before["requestBody"]), nodeOf(after["requestBody"]));
  const now = nodeOf(after["responses"]);
  for (const [status, response] of Object.entries(nodeOf(before["responses"]))) {
    const at = `${where}, answer ${status}`;
    if (now[status] === undefined) to.breaks.push(`${at} is gone`);
    else compareContent(to, at, nodeOf(response), nodeOf(now[status]));
  }
}

function compareParameters(to: Comparison, where: string, before: Node, after: Node): void {
  const old = parametersOf(to.before, before);
  const now = parametersOf(to.after, after);
  for (const [name, parameter] of old) {
    const kept = now.get(name);
    if (kept === undefined) to.breaks.push(`${where}, parameter ${name} is gone`);
    else compareSchema(to, `${where}, parameter ${name}`, parameter["schema"], kept["schema"]);
  }
  for (const [name, parameter] of now) {
    if (parameter["required"] === true && old.get(name)?.["required"] !== true)
      to.breaks.push(`${where}, parameter ${name} is required now`);
  }
}

const parametersOf = (document: Node, operation: Node): ReadonlyMap<string, Node> =>
  new Map(
    listOf(operation["parameters"])
      .map((given) => resolved(document, nodeOf(given)))
      .map((parameter) => [`${String(parameter["in"])}.${String(parameter["name"])}`, parameter]),
  );

function compareBody(to: Comparison, where: string, before: Node, after: Node): void {
  const at = `${where}, body`;
  if (after["required"] === true && before["required"] !== true)
    to.breaks.push(`${at} is required now`);
  compareContent(to, at, before, after, "input");
}

type Direction = "input" | "output";

function compareContent(
  to: Comparison,
  where: string,
  before: Node,
  after: Node,
  direction: Direction = "output",
): void {
  const now = nodeOf(after["content"]);
  for (const [type, media] of Object.entries(nodeOf(before["content"]))) {
    const at = `${where}, ${type}`;
    if (now[type] === undefined) to.breaks.push(`${at} is gone`);
    else compareSchema(to, at, nodeOf(media)["schema"], nodeOf(now[type])["schema"], direction);
  }
}

function compareSchema(
  to: Comparison,
  where: string,
  before: unknown,
  after: unknown,
  direction: Direction = "input",
): void {
  const pair = JSON.stringify([direction, before, after]);
  if (to.seen.has(pair)) return;
  to.seen.add(pair);
  const old = resolved(to.before, before);
  const now = resolved(to.after, after);
  for (const type of typesOf(old))
    if (typesOf(now).length > 0 && !typesOf(now).includes(type))
      to.breaks.push(`${where} is no ${type} any more`);
  if (now["enum"] !== undefined)
    for (const member of textsOf(old["enum"]))
      if (!textsOf(now["enum"]).includes(member))
        to.breaks.push(`${where}, value ${member} is gone`);
  compareFields(to, where, old, now, direction);
  if (old["items"] !== undefined)
    compareSchema(to, `${where}[]`, old["items"], now["items"], direction);
  for (const choice of ["anyOf", "oneOf", "allOf"])
    for (const [i, option] of listOf(old[choice]).entries())
      compareSchema(to, where, option, listOf(now[choice])[i], direction);
}

function compareFields(
  to: Comparison,
  where: string,
  old: Node,
  now: Node,
  direction: Direction,
): void {
  const fields = nodeOf(now["properties"]);
  for (const [name, schema] of Object.entries(nodeOf(old["properties"]))) {
    if (fields[name] === undefined) to.breaks.push(`${where}, field ${name} is gone`);
    else compareSchema(to, `${where}.${name}`, schema, fields[name], direction);
  }
  const required = textsOf(old["required"]);
  if (direction === "output") return;
  for (const name of textsOf(now["required"]))
    if (!required.includes(name)) to.breaks.push(`${where}, field ${name} is required now`);
}

const typesOf = (schema: Node): readonly string[] =>
  typeof schema["type"] === "string" ? [schema["type"]] : textsOf(schema["type"]);

/** The schema itself, or what its reference names in `document`. */
function resolved(document: Node, schema: unknown): Node {
  const node = nodeOf(schema);
  const reference = node["$ref"];
  if (typeof reference !== "string") return node;
  return reference
    .slice("#/".length)
    .split("/")
    .reduce((at: Node, part) => nodeOf(at[part]), document);
}
