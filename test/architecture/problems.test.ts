/** Every error code can be met: at least one test provokes it. */
import { expect, test } from "vitest";
import { PROBLEMS } from "../../workers/platform/http/model.ts";
import { isTest, readText, repositoryFiles } from "./files.ts";

/** Codes that no route gives yet; each is part of the contract because codes are never taken back. */
const NOT_GIVEN_YET: Readonly<Record<string, string>> = {
  dag_reserved: "customers' DAGs are not deployed yet",
  deadline_exceeded: "no route has a deadline beyond the runtime's own",
};

const CODES = Object.keys(PROBLEMS);
const tests = repositoryFiles()
  .filter((file) => isTest(file) && !file.startsWith("test/architecture/"))
  .map((file) => readText(file));

/** A test names what it expects; a fake that hands a refusal out does not expect it. */
const provoked = (code: string): boolean => {
  const named = new RegExp(`["'\`/]${code}["'\`\\s,]`);
  return tests.some((text) =>
    text
      .split("\n")
      .some(
        (line) =>
          named.test(line) && !/^\s*(?:\/\/|\*)|refuse\(|refusal: \{ code|PROBLEMS\./.test(line),
      ),
  );
};

test("[AP3] every code has a test that provokes it", () => {
  expect(CODES.filter((code) => !(code in NOT_GIVEN_YET) && !provoked(code))).toEqual([]);
});

test("[AP3] a code that is given is not on the list of those that are not", () => {
  const code = repositoryFiles().filter(
    (file) => /^(?:workers\/platform|durable-objects)\/.*\.ts$/.test(file) && !isTest(file),
  );
  const given = code
    .filter((file) => file !== "workers/platform/http/model.ts")
    .map((file) => readText(file));
  expect(
    Object.keys(NOT_GIVEN_YET).filter((name) => given.some((text) => text.includes(`"${name}"`))),
  ).toEqual([]);
});
