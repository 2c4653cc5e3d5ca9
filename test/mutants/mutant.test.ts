/** The mutant format itself: exactly one place, or an error. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { applyMutant, parseMutant } from "./mutant.ts";

const described = (find: string) =>
  parseMutant(
    "m",
    JSON.stringify({ file: "a/b.ts", find, replace: "true", tests: ["a/b.test.ts"] }),
  );

test("a mutant replaces the one place it names", () => {
  expect(applyMutant(described("x < 1"), "if (x < 1) stop();")).toBe("if (true) stop();");
});

test("a mutant whose text is missing is an error, not a survivor", () => {
  expect(() => applyMutant(described("y < 1"), "if (x < 1) stop();")).toThrow("occurs 0 times");
});

test("a mutant whose text occurs twice is an error", () => {
  expect(() => applyMutant(described("x"), "x + x")).toThrow("occurs 2 times");
});

test("a description with an unknown field is refused by name", () => {
  expect(() => parseMutant("m7", '{"file":"a.ts","finds":"x"}')).toThrow("mutant m7");
});

const ROOT = join(import.meta.dirname, "../..");
const mutants = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".json"));

test.each(mutants)("%s fits the code as it is, and its tests exist", (name) => {
  const mutant = parseMutant(name, readFileSync(join(import.meta.dirname, name), "utf8"));
  expect(applyMutant(mutant, readFileSync(join(ROOT, mutant.file), "utf8"))).toContain(
    mutant.replace,
  );
  for (const named of mutant.tests) {
    const [file = "", title = ""] = named.split("#");
    expect(readFileSync(join(ROOT, file), "utf8"), named).toContain(title);
  }
});
