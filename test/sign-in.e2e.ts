/** A local install with a provider, as its operator sets it up: a settings file, and one sign-in through every layer. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../local/ports.ts";
import { openState } from "../local/state.ts";
import { startOidc, type FakeOidc } from "./fakes/sign-in.ts";
import { launch, type Launch } from "./launcher.ts";

let provider: FakeOidc;
let product: Launch;
let stateDir: string;

beforeAll(async () => {
  // The provider must know the address it sends browsers back to before the product has it.
  const port = await freePort("127.0.0.1");
  provider = await startOidc(`http://localhost:${port}`);
  stateDir = mkdtempSync(join(tmpdir(), "edgewright-sign-in-"));
  openState(stateDir);
  const settings = { ...provider.settings, EGRESS_ALLOW: new URL(provider.url).host };
  writeFileSync(
    join(stateDir, "settings.env"),
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(""),
  );
  product = await launch({ stateDir, flags: ["--port", String(port)] });
});
afterAll(async () => {
  await product.stop();
  await provider.close();
  rmSync(stateDir, { recursive: true, force: true });
});

const cookieOf = (answer: Response, name: string): string =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(";")[0] ?? "")
    .find((pair) => pair.startsWith(`${name}=`)) ?? "";

test("[LN16] [ID14] a provider of the settings file signs an invited person in, who then is a member", async () => {
  const owner = await product.token();
  const invited = await fetch(`${product.api}/api/v1/invitations`, {
    method: "POST",
    headers: { authorization: `Bearer ${owner}`, "content-type": "application/json" },
    body: JSON.stringify({ email: "ada@example.com", role: "developer" }),
  });
  expect(invited.status).toBe(201);
  const { url } = (await invited.json()) as { url: string };
  const providers = await fetch(`${product.api}/api/v1/auth/providers`);
  expect(await providers.json()).toMatchObject({ items: [{ id: "oidc", name: "Company login" }] });

  const start = await fetch(`${product.api}/api/v1/auth/oidc/start?return_to=/invite`, {
    redirect: "manual",
  });
  const back = await provider.pick(start.headers.get("location") ?? "", "ada");
  const callback = await fetch(back, {
    redirect: "manual",
    headers: { cookie: cookieOf(start, "ew_oauth") },
  });
  expect(callback.headers.get("location")).toBe("/invite");
  const refreshed = await fetch(`${product.api}/api/v1/auth/refresh`, {
    method: "POST",
    headers: {
      cookie: cookieOf(callback, "ew_refresh"),
      origin: product.api,
      "content-type": "application/json",
    },
    body: "{}",
  });
  const { access_token: token } = (await refreshed.json()) as { access_token: string };
  const accepted = await fetch(`${product.api}/api/v1/invitations/accept`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ token: url.split("#t=")[1] }),
  });
  expect(await accepted.json()).toMatchObject({ role: "developer" });
});
