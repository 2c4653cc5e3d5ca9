/** The answers to OWASP ASVS 5.0 are whole, and what they say holds is shown by rules that are tested. */
import { expect, test } from "vitest";
import { exists, idsOf, isTest, readText, repositoryFiles, titlesOf } from "./files.ts";

interface Answer {
  readonly id: string;
  readonly level: string;
  readonly state: string;
  readonly shownBy: string;
}

const answers: readonly Answer[] = readText("docs/security/asvs.csv")
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => {
    const cells = /^(V[\d.]+),([12]),(?:"[^"]*"|[^,]*),([a-z ]+),(?:"([^"]*)"|(.*))$/.exec(line);
    const [, id = "", level = "", state = "", quoted, plain = ""] = cells ?? [];
    return { id, level, state, shownBy: quoted ?? plain };
  });

const tested = new Set(
  repositoryFiles()
    .filter((file) => isTest(file))
    .flatMap((file) => titlesOf(readText(file)).flatMap((title) => idsOf(title))),
);

test("every requirement of levels 1 and 2 has one answer", () => {
  expect(answers.filter(({ level }) => level === "1")).toHaveLength(70);
  expect(answers.filter(({ level }) => level === "2")).toHaveLength(183);
  expect(new Set(answers.map(({ id }) => id)).size).toBe(253);
});

test("what holds is shown by tested rules or a page, the rest has a reason", () => {
  const unshown = answers.flatMap(({ id, state, shownBy }) => {
    if (state !== "holds") {
      const known = ["not applicable", "deployment", "open"].includes(state);
      return known && shownBy.length > 6 ? [] : [`${id}: ${state} ${shownBy}`];
    }
    const missing = shownBy
      .split(" ")
      .filter((proof) =>
        proof.startsWith("[") ? !tested.has(proof.slice(1, -1)) : !exists(proof),
      );
    return shownBy === "" || missing.length > 0 ? [`${id}: ${missing.join(" ")}`] : [];
  });
  expect(unshown).toEqual([]);
});
