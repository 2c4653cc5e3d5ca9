/** The API of version 1 only grows: the served document against the one of the last release [AP10]. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createPlatform, WORKER_PORTS } from "../../workers/platform/app.ts";
import { documentOf } from "../../workers/platform/http/document.ts";
import { breaksOf } from "./api-growth.ts";

const released: unknown = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../docs/openapi.released.json"), "utf8"),
);

test("[AP10] nothing a client of the last release relies on is gone; docs/api-changes.md says what to do", () => {
  expect(breaksOf(released, documentOf(createPlatform(WORKER_PORTS)))).toEqual([]);
});

const LIST = {
  get: {
    parameters: [{ in: "query", name: "status", schema: { type: "string", enum: ["a", "b"] } }],
    responses: {
      200: { content: { "application/json": { schema: { $ref: "#/components/schemas/Thing" } } } },
      404: { content: { "application/problem+json": { schema: { type: "object" } } } },
    },
  },
  post: {
    requestBody: {
      content: {
        "application/json": {
          schema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
        },
      },
    },
    responses: { 201: {} },
  },
};
const THING = {
  type: "object",
  properties: {
    id: { type: "string" },
    state: { type: "string", enum: ["open", "done"] },
    note: { type: ["string", "null"] },
    parts: { type: "array", items: { $ref: "#/components/schemas/Thing" } },
  },
};
const DOCUMENT = { paths: { "/things": LIST }, components: { schemas: { Thing: THING } } };

/** The document after a text replacement in its JSON. */
function changed(from: string, to: string): unknown {
  const text = JSON.stringify(DOCUMENT);
  expect(text).toContain(from);
  return JSON.parse(text.replace(from, to));
}

const PLANTED = [
  ["path", '"/things":', '"/other":', "GET /things is gone"],
  ["method", '"post":', '"put":', "POST /things is gone"],
  ["status", '"404":', '"410":', "GET /things, answer 404 is gone"],
  ["field", '"id":{"type":"string"},', "", "field id is gone"],
  ["enum member of an answer", '["open","done"]', '["open"]', "value done is gone"],
  ["enum member of an input", '["a","b"]', '["b"]', "value a is gone"],
  ["type", '["string","null"]', '["null"]', "is no string any more"],
  ["parameter", '"name":"status"', '"name":"state"', "parameter query.status is gone"],
  ["content type", '"application/json":{"schema":{"$ref"', '"x/y":{"schema":{"$ref"', "is gone"],
  ["required parameter", '"name":"status"', '"name":"status","required":true', "is required now"],
  [
    "required field of an input",
    '{"name":{"type":"string"}},"required":["name"]',
    '{"name":{"type":"string"},"x":{"type":"string"}},"required":["name","x"]',
    "field x is required now",
  ],
  ["required body", '"requestBody":{', '"requestBody":{"required":true,', "body is required now"],
] as const;

test.each(PLANTED)("[AP10] a break of the %s is found", (_what, from, to, sentence) => {
  expect(breaksOf(DOCUMENT, changed(from, to)).join("; ")).toContain(sentence);
});

test("[AP10] growth is no break", () => {
  expect(breaksOf(DOCUMENT, DOCUMENT)).toEqual([]);
  const grown = [
    ['"/things":', '"/more":{"get":{}},"/things":'],
    ['"id":{"type":"string"},', '"id":{"type":"string"},"new":{"type":"string"},'],
    ['["open","done"]', '["open","done","lost"]'],
    ['"404":', '"409":{},"404":'],
    ['"name":"status"', '"name":"status","description":"?"'],
  ] as const;
  for (const [from, to] of grown) expect(breaksOf(DOCUMENT, changed(from, to))).toEqual([]);
});
