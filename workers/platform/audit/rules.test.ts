/** The one text of a record, and what makes a chain of them. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonValue } from "../model.ts";
import { chainHash, follow, GENESIS, type ChainLine } from "./rules/chain.ts";
import { canonicalJson, recordAround } from "./rules.ts";

/** RFC 8785 done the slow way: properties by UTF-16 units, no white space, strings as ECMAScript writes them. */
function reference(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(reference).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value as Record<string, JsonValue>);
  entries.sort(([a], [b]) => compareUnits(a, b));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${reference(part)}`).join(",")}}`;
}

function compareUnits(a: string, b: string): number {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1)
    if (a.charCodeAt(i) !== b.charCodeAt(i)) return a.charCodeAt(i) - b.charCodeAt(i);
  return a.length - b.length;
}

/** JSON without fractions, U+0000 and halves of pairs: there both must agree. */
const plain = fc
  .jsonValue({ stringUnit: "grapheme" })
  .map((value): JsonValue => JSON.parse(JSON.stringify(value, tamed)))
  .filter((value) => !JSON.stringify(value).includes("\\u0000"));
const tamed = (_key: string, part: unknown): unknown =>
  typeof part === "number" ? Math.trunc(part % Number.MAX_SAFE_INTEGER) || 0 : part;

describe("canonical JSON", () => {
  test.each([
    ['{"b":1,"a":2}', '{"a":2,"b":1}'],
    ['{ "a" : [ 1, true , null ] }', '{"a":[1,true,null]}'],
    [
      '{"\\u20ac":1,"\\r":2,"\\ufb33":3,"1":4,"\\ud83d\\ude00":5,"\\u0080":6,"\\u00f6":7}',
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
    ],
    ['"\\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'],
    ["[-0, 0, 9007199254740991, -9007199254740991]", "[0,0,9007199254740991,-9007199254740991]"],
    ['{"":{"":[]}}', '{"":{"":[]}}'],
    ['"\\u007f\\u2028\\u2029"', '"\u007f\u2028\u2029"'],
    ['{"aa":1,"a":2,"A":3}', '{"A":3,"a":2,"aa":1}'],
  ])("[AU2] %s has one text", (given, text) => {
    expect(canonicalJson(JSON.parse(given))).toBe(text);
  });

  test("[AU2] it agrees with a reference of RFC 8785", () => {
    fc.assert(
      fc.property(plain, (value) => canonicalJson(value) === reference(value)),
      {
        numRuns: 2_000,
      },
    );
  });

  test("[AU2] its text is its own text, whatever characters it was made from", () => {
    const wild = fc.jsonValue({ stringUnit: "binary" }).map((value): JsonValue => {
      const tame = JSON.parse(JSON.stringify(value, tamed));
      return { value: tame, half: "\uD800 \0", "\uD800key": 1 };
    });
    fc.assert(
      fc.property(wild, (value) => {
        const text = canonicalJson(value);
        return canonicalJson(JSON.parse(text)) === text && text.isWellFormed();
      }),
      { numRuns: 2_000 },
    );
  });

  test("[AU2] characters that cannot be stored are replaced; fractions are refused", () => {
    expect(canonicalJson("a\0b\uD800c")).toBe('"a\uFFFDb\uFFFDc"');
    expect(() => canonicalJson({ n: 0.5 })).toThrow("integers only");
    expect(() => canonicalJson(2 ** 53)).toThrow("integers only");
  });
});

const recordText = (seq: number, action = "keys.create"): string => {
  const around = recordAround(
    {
      org: "01900000-0000-7000-8000-000000000001",
      actor: { kind: "user", id: "u" },
      requestId: "r",
      pii: { name: null, ip: null, userAgent: null },
      random: (bytes) => new Uint8Array(bytes),
      action,
      resource: "keys/1",
    },
    "1970-01-01T00:00:00.000Z",
    "p",
  );
  return around.before + String(seq) + around.behind;
};

function chainOf(length: number): ChainLine[] {
  const lines: ChainLine[] = [];
  let before = GENESIS.hash;
  for (let seq = 1; seq <= length; seq += 1) {
    const record = recordText(seq);
    before = chainHash(before, record);
    lines.push({ record, hash: before });
  }
  return lines;
}

const walk = (lines: readonly ChainLine[]): unknown => {
  let point = GENESIS;
  for (const line of lines) {
    const followed = follow(point, line);
    if (!followed.ok) return [followed.seq, followed.reason];
    point = followed.point;
  }
  return "whole";
};

describe("the chain", () => {
  test("[AU3] the hash of a record is SHA-256 over the domain, the hash before and its text", () => {
    // printf 'ewaudit1' ; 32 zero bytes ; '{}' | sha256sum
    expect(chainHash(GENESIS.hash, "{}")).toBe(
      "ce8374653098ae5968c3d95634988884f264e7ce864ecc5cfb39693bd8dd51ad",
    );
  });

  test("[AU3] a changed, a missing, a doubled and a moved record break it where they stand", () => {
    const lines = chainOf(5);
    const [one, two, three, four, five] = lines as [
      ChainLine,
      ChainLine,
      ChainLine,
      ChainLine,
      ChainLine,
    ];
    expect(walk(lines)).toBe("whole");
    const other = { ...three, record: recordText(3, "keys.revoke") };
    expect(walk([one, two, other, four, five])).toEqual([3, "hash"]);
    const fitting = { ...other, hash: chainHash(two.hash, other.record) };
    expect(walk([one, two, fitting, four, five])).toEqual([4, "hash"]);
    expect(walk([one, three, four, five])).toEqual([2, "gap"]);
    expect(walk([one, two, two, three])).toEqual([3, "gap"]);
    expect(walk([two, one])).toEqual([1, "gap"]);
    expect(walk([one, { ...two, hash: one.hash }])).toEqual([2, "hash"]);
  });

  test("[AU2] a text that is not in its one form is no record, even under a fitting hash", () => {
    const spaced = recordText(1).replace(",", ", ");
    expect(walk([{ record: spaced, hash: chainHash(GENESIS.hash, spaced) }])).toEqual([
      1,
      "record",
    ]);
    const broken = "no json";
    expect(walk([{ record: broken, hash: chainHash(GENESIS.hash, broken) }])).toEqual([
      1,
      "record",
    ]);
  });
});
