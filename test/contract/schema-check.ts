/** Whether a value is what a schema of the document says: the part of JSON Schema our routes use, and nothing is skipped. */
import { listOf, type Node, nodeOf, resolved } from "./openapi.ts";

/** Words that say nothing about a value. */
const SILENT = new Set(["description", "default", "example", "examples", "title", "deprecated"]);

type Check = (wanted: unknown, value: unknown, at: Place) => readonly string[];

interface Place {
  readonly document: Node;
  readonly schema: Node;
  readonly where: string;
}

/** What is wrong with `value`, one sentence each; empty when it fits. @throws on a word this does not know */
export function misfits(document: Node, schema: Node, value: unknown, where = "$"): string[] {
  const own = resolved(document, schema);
  return Object.entries(own).flatMap(([word, wanted]) => {
    if (SILENT.has(word) || word.startsWith("x-")) return [];
    const check = CHECKS[word];
    if (check === undefined) throw new Error(`the schema word ${word} is not known to the check`);
    return [...check(wanted, value, { document, schema: own, where })];
  });
}

const unless = (fits: boolean, sentence: string): readonly string[] => (fits ? [] : [sentence]);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function typeOf(value: unknown): readonly string[] {
  if (value === null) return ["null"];
  if (Array.isArray(value)) return ["array"];
  if (typeof value === "number")
    return Number.isInteger(value) ? ["integer", "number"] : ["number"];
  return [typeof value];
}

const FORMATS: Readonly<Record<string, RegExp>> = {
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/,
  date: /^\d{4}-\d\d-\d\d$/,
  email: /^[^@\s]+@[^@\s]+$/,
  uri: /^[a-z][a-z0-9+.-]*:/i,
  ipv4: /^\d+(?:\.\d+){3}$/,
  binary: /[\s\S]*/,
};

/** Applies to numbers only; other values are the business of `type`. */
const forNumber =
  (fits: (value: number, bound: number) => boolean, words: string): Check =>
  (wanted, value, { where }) =>
    typeof value !== "number" ? [] : unless(fits(value, Number(wanted)), `${where} ${words}`);
const forLength =
  (fits: (length: number, bound: number) => boolean, words: string): Check =>
  (wanted, value, { where }) =>
    typeof value === "string" || Array.isArray(value)
      ? unless(fits(value.length, Number(wanted)), `${where} ${words}`)
      : [];

const choice: Check = (wanted, value, { document, where }) =>
  unless(
    listOf(wanted).some((option) => misfits(document, nodeOf(option), value, where).length === 0),
    `${where} fits no choice`,
  );

const CHECKS: Readonly<Record<string, Check>> = {
  type: (wanted, value, { where }) => {
    const types = Array.isArray(wanted) ? wanted : [wanted];
    return unless(
      typeOf(value).some((type) => types.includes(type)),
      `${where} is ${typeOf(value).join("/")}, not ${types.join("/")}`,
    );
  },
  enum: (wanted, value, { where }) =>
    unless(listOf(wanted).includes(value), `${where} is no member`),
  const: (wanted, value, { where }) => unless(wanted === value, `${where} is another constant`),
  format: (wanted, value, { where }) =>
    typeof value !== "string"
      ? []
      : unless(FORMATS[String(wanted)]?.test(value) === true, `${where} is no ${String(wanted)}`),
  pattern: (wanted, value, { where }) =>
    typeof value !== "string"
      ? []
      : unless(new RegExp(String(wanted), "u").test(value), `${where} does not match its pattern`),
  minimum: forNumber((value, bound) => value >= bound, "is too small"),
  maximum: forNumber((value, bound) => value <= bound, "is too large"),
  exclusiveMinimum: forNumber((value, bound) => value > bound, "is too small"),
  exclusiveMaximum: forNumber((value, bound) => value < bound, "is too large"),
  minLength: forLength((length, bound) => length >= bound, "is too short"),
  maxLength: forLength((length, bound) => length <= bound, "is too long"),
  minItems: forLength((length, bound) => length >= bound, "has too few items"),
  maxItems: forLength((length, bound) => length <= bound, "has too many items"),
  required: (wanted, value, { where }) =>
    isRecord(value)
      ? listOf(wanted).flatMap((name) =>
          unless(String(name) in value, `${where}.${String(name)} is missing`),
        )
      : [],
  properties: (wanted, value, { document, where }) =>
    isRecord(value)
      ? Object.entries(nodeOf(wanted)).flatMap(([name, schema]) =>
          name in value ? misfits(document, nodeOf(schema), value[name], `${where}.${name}`) : [],
        )
      : [],
  additionalProperties: (wanted, value, { document, schema, where }) => {
    if (!isRecord(value) || wanted === true) return [];
    const declared = nodeOf(schema["properties"]);
    const others = Object.keys(value).filter((name) => !(name in declared));
    return others.flatMap((name) =>
      wanted === false
        ? [`${where} has the undeclared field ${name}`]
        : misfits(document, nodeOf(wanted), value[name], `${where}.${name}`),
    );
  },
  propertyNames: (wanted, value, { document, where }) =>
    isRecord(value)
      ? Object.keys(value).flatMap((name) => misfits(document, nodeOf(wanted), name, where))
      : [],
  items: (wanted, value, { document, schema, where }) => {
    if (!Array.isArray(value)) return [];
    const first = listOf(schema["prefixItems"]).length;
    return value
      .slice(first)
      .flatMap((item, i) => misfits(document, nodeOf(wanted), item, `${where}[${first + i}]`));
  },
  prefixItems: (wanted, value, { document, where }) =>
    Array.isArray(value)
      ? listOf(wanted).flatMap((schema, i) =>
          i < value.length ? misfits(document, nodeOf(schema), value[i], `${where}[${i}]`) : [],
        )
      : [],
  anyOf: choice,
  oneOf: choice,
  allOf: (wanted, value, { document, where }) =>
    listOf(wanted).flatMap((schema) => misfits(document, nodeOf(schema), value, where)),
};
