/** What a call sends, and which refusals are tried again with a fresh token. */
import { afterEach, expect, test, vi } from "vitest";
import { createApi } from "./client.ts";

afterEach(() => vi.unstubAllGlobals());

const problem = (status: number, code: string) =>
  new Response(JSON.stringify({ code, status, title: "t", remedy: "r" }), {
    status,
    headers: { "content-type": "application/problem+json" },
  });

/** An API whose network gives these answers in turn; what was asked is kept. */
function apiOver(...answers: readonly Response[]) {
  const asked: Request[] = [];
  const left = [...answers];
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    asked.push(new Request(new URL(path, "http://localhost"), init));
    return Promise.resolve(left.shift());
  });
  const renewed: string[] = [];
  const api = createApi({
    token: () => Promise.resolve("first"),
    renew: (refused) => {
      renewed.push(refused);
      return Promise.resolve("second");
    },
  });
  return { api, asked, renewed };
}

test("[CN4] a refused token is renewed once and the request sent again", async () => {
  const { api, asked, renewed } = apiOver(problem(401, "token_expired"), Response.json({ ok: 1 }));
  expect(await api.call("GET", "/me")).toEqual({ ok: 1 });
  expect(renewed).toEqual(["first"]);
  expect(asked.map((request) => request.headers.get("authorization"))).toEqual([
    "Bearer first",
    "Bearer second",
  ]);
});

test("[CN7] a refusal that asks for a new sign-in is not repeated: a fresh token would not help", async () => {
  const { api, asked, renewed } = apiOver(problem(401, "reauth_required"));
  await expect(api.call("POST", "/me/revoke-all")).rejects.toMatchObject({
    code: "reauth_required",
  });
  expect(renewed).toEqual([]);
  expect(asked).toHaveLength(1);
});

test("[CN5] an edit names the version it is based on, in the form of an ETag", async () => {
  const { api, asked } = apiOver(Response.json({}), new Response(null, { status: 204 }));
  await api.call("PATCH", "/org", { body: { name: "Acme" }, ifMatch: 7 });
  await api.call("DELETE", "/org", { ifMatch: 8 });
  expect(asked.map((request) => request.headers.get("if-match"))).toEqual(['"7"', '"8"']);
  expect(await asked[0]?.json()).toEqual({ name: "Acme" });
  expect(asked[1]?.headers.get("content-type")).toBeNull();
});
