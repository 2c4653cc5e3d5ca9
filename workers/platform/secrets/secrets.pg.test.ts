/** Secrets through the real app and a real database: sealed, versioned, shredded, and shown to nobody. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPlatform, setUp, type SignedIn, type TestPlatform } from "../../../test/platform.ts";
import { deleteSecret, putSecret, resolveSecret } from "./service.ts";

let platform: TestPlatform;
let owner: SignedIn;

beforeAll(async () => {
  platform = await openPlatform();
  owner = await setUp(platform);
});
afterAll(() => platform.close());

const ports = () => ({ env: platform.env, sql: platform.sql, now: () => platform.clock.now });
const put = (name: string, value: string) =>
  platform.sql.transaction({ org: owner.orgId }, (tx) =>
    putSecret(ports(), tx, { org: owner.orgId, name, value, createdBy: "user:test" }),
  );
const resolve = (name: string, reader = "dags/test") =>
  resolveSecret(ports(), { org: owner.orgId, name, reader });

test("[SC4] a deleted secret loses the bytes of all its versions", async () => {
  await put("env.GONE", "one");
  await put("env.GONE", "two");
  expect(await resolve("env.GONE")).toEqual(["two"]);
  const remove = () =>
    platform.sql.transaction({ org: owner.orgId }, (tx) =>
      deleteSecret(tx, { org: owner.orgId, name: "env.GONE" }),
    );
  expect([await remove(), await remove()]).toEqual([true, false]);
  expect(await resolve("env.GONE")).toBeUndefined();
  expect((await put("env.GONE", "three")).version).toBe(3);
});
