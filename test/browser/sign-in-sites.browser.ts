/** Signing in at a provider that is another site: what a browser does with our cookies on the way there and back. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { freePort } from "../../local/ports.ts";
import { startOidc, type FakeOidc } from "../fakes/sign-in.ts";
import { launch, type Launch } from "../launcher.ts";
import { browserTest, found, openWindow, startBrowser } from "./chromium.ts";

let product: Launch;
let browser: Browser;
let provider: FakeOidc;
const folder = mkdtempSync(join(tmpdir(), "edgewright-sites-"));

beforeAll(async () => {
  if (!found) return;
  const port = await freePort("127.0.0.1");
  provider = await startOidc(`http://localhost:${port}`, "127.0.0.1");
  const settings = {
    ...provider.settings,
    SIGNUP: "open",
    EGRESS_ALLOW: new URL(provider.url).host,
  };
  writeFileSync(
    join(folder, "settings.env"),
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(""),
  );
  [product, browser] = await Promise.all([
    launch({ stateDir: folder, flags: ["--port", String(port)] }),
    startBrowser(),
  ]);
  // The first setup; until then the console shows nothing else.
  await product.token();
});
afterAll(async () => {
  if (found) {
    await browser.close();
    await product.stop();
    await provider.close();
  }
  rmSync(folder, { recursive: true, force: true });
});

browserTest(
  "[ID2] [TK14] across sites the state comes back, a session is set that pages alone may use, and it holds",
  async () => {
    const { context, page, complaints } = await openWindow(browser);
    await page.goto(`${product.api}/login`);
    await page.getByRole("link", { name: "Continue with Company login" }).click();
    await page.getByLabel("Account").fill("grace");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    const cookies = await context.cookies(product.api);
    expect(cookies.map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite }))).toEqual([
      { name: "ew_refresh", httpOnly: true, sameSite: "Strict" },
    ]);
    await page.reload();
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  },
);
