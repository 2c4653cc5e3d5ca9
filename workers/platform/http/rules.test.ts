/** Grants as text and what they cover. */
import { expect, test } from "vitest";
import type { Principal } from "./model.ts";
import { allows, covers, decide, includesGrant, parseGrant } from "./rules.ts";

test.each([
  ["apps/*", "apps/1", true],
  ["apps/*", "apps/1/files", false],
  ["apps/*", "apps", false],
  ["apps/**", "apps/1/files", true],
  ["apps/**", "apps", true],
  ["**", "anything/at/all", true],
  ["apps/*/files/**", "apps/1/files", true],
  ["apps/*/files/**", "apps/1/logs", false],
  ["apps/1*", "apps/12", false],
  ["", "", true],
] as const)("[ID20] %s over %s is %s", (pattern, resource, expected) => {
  expect(covers(pattern, resource)).toBe(expected);
});

const principal = (grants: readonly string[], kind: "user" | "key" = "user"): Principal => ({
  kind,
  id: "p",
  org: "o",
  name: "p",
  grants: grants.map(parseGrant).filter((grant) => grant !== undefined),
});

test("[ID21] creating is checked on the parent", () => {
  expect(decide(principal(["keys.write@keys", "keys.read@keys"]), "keys.write", "keys")).toBe(
    "allowed",
  );
  expect(decide(principal(["keys.write@keys/*", "keys.read@**"]), "keys.write", "keys")).toBe(
    "forbidden",
  );
});

test("[ID22] without reading it is not there, with reading it is forbidden", () => {
  expect(decide(principal([]), "tasks.retry", "tasks/1")).toBe("not_found");
  expect(decide(principal(["runs.read"]), "tasks.retry", "tasks/1")).toBe("forbidden");
  expect(decide(principal(["runs.read", "tasks.retry"]), "tasks.retry", "tasks/1")).toBe("allowed");
});

test("[ID23] no grants allow nothing", () => {
  expect(allows([], "org.read", "org")).toBe(false);
});

test("[KY3] a key with the grant still may not", () => {
  expect(decide(principal(["keys.write", "keys.read"], "key"), "keys.write", "keys")).toBe(
    "key_cannot",
  );
  expect(decide(principal(["keys.write"], "key"), "keys.write", "keys")).toBe("not_found");
});

test.each([
  ["apps.read", "apps.read@apps/1", true],
  ["apps.read@apps/*", "apps.read@apps/1", true],
  ["apps.read@apps/*", "apps.read@apps/**", false],
  ["apps.read@apps/1", "apps.read@apps/*", false],
  ["apps.read@apps/**", "apps.read@apps/1/**", true],
  ["apps.read@apps/**", "apps.read", false],
  ["apps.read@apps/*/x", "apps.read@apps/**", false],
  ["apps.write", "apps.read", false],
] as const)("[KY3] who holds %s may give %s: %s", (held, wanted, expected) => {
  const [have, want] = [parseGrant(held), parseGrant(wanted)];
  if (have === undefined || want === undefined) throw new Error("both are grants");
  expect(includesGrant([have], want)).toBe(expected);
});

test.each(["apps", "apps.read@", "Apps.read", "apps.read@a b", "apps.read.more", ""])(
  "%s is no grant",
  (text) => {
    expect(parseGrant(text)).toBeUndefined();
  },
);
