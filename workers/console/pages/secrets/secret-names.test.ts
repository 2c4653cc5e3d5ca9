/** Names of secrets, taken apart and put together. */
import { expect, test } from "vitest";
import type { Secret } from "../../wire.ts";
import { MODEL_KEY_NAMES, withKind, grouped, nameOf, partsOf, valueBytes } from "./secret-names.ts";

test.each([
  ["env.DATABASE_URL", { kind: "env", owner: "", name: "DATABASE_URL" }],
  ["model.openai", { kind: "model", owner: "", name: "openai" }],
  ["app.shop-1.STRIPE_KEY", { kind: "app", owner: "shop-1", name: "STRIPE_KEY" }],
  ["channel.0199aaaa-0000.signing", { kind: "channel", owner: "0199aaaa-0000", name: "signing" }],
] as const)("%s and its parts lead to each other", (name, parts) => {
  expect(partsOf(name)).toEqual(parts);
  expect(nameOf(parts)).toBe(name);
});

test("an owner left over from another kind does not get into a name without one", () => {
  expect(nameOf({ kind: "env", owner: "shop", name: "A" })).toBe("env.A");
});

test("groups come in one order, names within them by the alphabet, empty groups not at all", () => {
  const secret = (name: string): Secret => ({
    name,
    version: 1,
    fingerprint: "00000000",
    created_by: "x",
    created_at: "2026-11-20T10:00:00Z",
    uses: 0,
  });
  const groups = grouped([secret("model.openai"), secret("env.B"), secret("env.A")]);
  expect(groups.map(({ kind, secrets }) => [kind, secrets.map(({ name }) => name)])).toEqual([
    ["env", ["env.A", "env.B"]],
    ["model", ["model.openai"]],
  ]);
});

test("another reader keeps what is still valid of a name", () => {
  const env = { kind: "env", owner: "", name: "TOKEN" } as const;
  const model = withKind(env, "model");
  expect(MODEL_KEY_NAMES).toContain(model.name);
  expect(withKind(model, "app").name).toBe("");
  expect(withKind(env, "channel")).toEqual({ ...env, kind: "channel" });
  expect(withKind(env, "nonsense")).toBe(env);
});

test("a value is counted in bytes", () => {
  expect(valueBytes("aä€😀")).toBe(10);
});
