/** Values for a schema: such as it asks for, and such as it does not. */
import fc from "fast-check";
import { listOf, type Node, nodeOf, resolved } from "./openapi.ts";

/** Depth at which optional fields are left out: schemas may contain themselves. */
const DEPTH_MAX = 4;

/** Values that fit `schema`, as far as its words say. */
export function fitting(document: Node, schema: Node, depth = 0): fc.Arbitrary<unknown> {
  const own = resolved(document, schema);
  if (own["const"] !== undefined) return fc.constant(own["const"]);
  const members = listOf(own["enum"]);
  if (members.length > 0) return fc.constantFrom(...members);
  for (const word of ["anyOf", "oneOf", "allOf"]) {
    const options = listOf(own[word]).map((option) => fitting(document, nodeOf(option), depth + 1));
    const [first, ...others] = options;
    if (first !== undefined) return word === "allOf" ? first : fc.oneof(first, ...others);
  }
  const types = Array.isArray(own["type"]) ? own["type"].map(String) : [String(own["type"])];
  const options = types.map((type) => ofType(type, document, own, depth));
  return fc.oneof(...options);
}

function ofType(type: string, document: Node, own: Node, depth: number): fc.Arbitrary<unknown> {
  switch (type) {
    case "object":
      return objects(document, own, depth);
    case "array": {
      const items = fitting(document, nodeOf(own["items"]), depth + 1);
      const minLength = Number(own["minItems"] ?? 0);
      return fc.array(items, { minLength, maxLength: Math.max(minLength, depth > 2 ? 0 : 2) });
    }
    case "string":
      return texts(own);
    case "integer":
    case "number":
      return fc.integer({
        min: Number(own["minimum"] ?? own["exclusiveMinimum"] ?? -1_000),
        max: Number(own["maximum"] ?? 1_000_000),
      });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 1 });
  }
}

function objects(document: Node, own: Node, depth: number): fc.Arbitrary<unknown> {
  const required = listOf(own["required"]).map(String);
  const fields = Object.entries(nodeOf(own["properties"])).filter(
    ([name]) => depth < DEPTH_MAX || required.includes(name),
  );
  return fc.record(
    Object.fromEntries(
      fields.map(([name, schema]) => [name, fitting(document, nodeOf(schema), depth + 1)]),
    ),
    { requiredKeys: required.filter((name) => fields.some(([field]) => field === name)) },
  );
}

function texts(own: Node): fc.Arbitrary<string> {
  const pattern = own["pattern"];
  const format = own["format"];
  if (format === "uuid") return fc.uuid();
  if (format === "date-time")
    return (
      fc
        // Times to come: what has an end ends later than now.
        .date({ min: new Date("2030-01-01"), max: new Date("2099-01-01"), noInvalidDate: true })
        .map((date) => date.toISOString())
    );
  if (format === "email") return fc.constantFrom("ada@example.com", "grace+1@example.org");
  if (format === "uri") return fc.constantFrom("https://hook.example.com/x");
  if (typeof pattern === "string") {
    // Some expressions look around, which the generator does not.
    try {
      return fc.stringMatching(new RegExp(pattern, "u"));
    } catch {
      return fc.stringMatching(/^[a-z]{3,8}$/);
    }
  }
  const minLength = Number(own["minLength"] ?? 0);
  return fc.string({
    minLength,
    maxLength: Math.min(Number(own["maxLength"] ?? 40), minLength + 40),
  });
}

/** Nested deeper than any schema of ours. */
const DEEP: unknown = JSON.parse(`${"[".repeat(2_000)}${"]".repeat(2_000)}`);

const strange = (naughty: readonly string[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...naughty) },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(null, true, -1, 1.5, 1e308, [], {}, DEEP) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  );

/** Values that fit but for one leaf, an added field or a missing one; sometimes nothing fits. */
export function hostile(
  document: Node,
  schema: Node,
  naughty: readonly string[],
): fc.Arbitrary<unknown> {
  const spoilt = fc
    .tuple(fitting(document, schema), fc.nat(), strange(naughty), fc.constantFrom(...naughty))
    .map(([value, at, odd, name]) => spoil(value, at, odd, name));
  return fc.oneof({ weight: 8, arbitrary: spoilt }, { weight: 1, arbitrary: strange(naughty) });
}

/** `value` with one of its fields replaced, added or left out. */
function spoil(value: unknown, at: number, odd: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return odd;
  const fields = Object.entries(value);
  const chosen = fields[at % Math.max(1, fields.length)];
  if (chosen === undefined || at % 7 === 0) return Object.fromEntries([...fields, [name, odd]]);
  const [field, inner] = chosen;
  const others = fields.filter(([key]) => key !== field);
  if (at % 11 === 0) return Object.fromEntries(others);
  return Object.fromEntries([
    ...others,
    [field, at % 3 === 0 ? spoil(inner, Math.floor(at / 3), odd, name) : odd],
  ]);
}
