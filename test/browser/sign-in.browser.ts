/** Signing in through a provider in the console: an invited address joins, an identity is linked and unlinked. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEmulator, type Emulator } from "emulate";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { launch, type Launch } from "../launcher.ts";
import {
  axeFindings,
  browserTest,
  found,
  openWindow,
  setUp,
  startBrowser,
  watch,
} from "./chromium.ts";

let product: Launch;
let browser: Browser;
let github: Emulator;
let owner: BrowserContext;
const folder = mkdtempSync(join(tmpdir(), "edgewright-sign-in-"));

beforeAll(async () => {
  if (!found) return;
  // The provider knows where it sends people back to, so the port is chosen before it starts.
  const port = await freePort();
  github = await createEmulator({
    service: "github",
    port: 0,
    seed: {
      github: {
        users: [
          { login: "grace", email: "grace@example.com", name: "Grace Hopper" },
          { login: "ada", email: "ada@example.com", name: "Ada Lovelace" },
        ],
        oauth_apps: [
          {
            client_id: "edgewright-tests",
            client_secret: "secret-of-the-tests",
            name: "Edgewright",
            redirect_uris: [`http://localhost:${port}/api/v1/auth/github/callback`],
          },
        ],
      },
    },
  });
  writeFileSync(
    join(folder, "settings.env"),
    [
      "GITHUB_CLIENT_ID=edgewright-tests",
      "GITHUB_CLIENT_SECRET=secret-of-the-tests",
      `GITHUB_URL=${github.url}`,
      `GITHUB_API_URL=${github.url}`,
      `EGRESS_ALLOW=${new URL(github.url).host}`,
      "",
    ].join("\n"),
    { mode: 0o600 },
  );
  [product, browser] = await Promise.all([
    launch({ stateDir: folder, flags: ["--port", String(port)] }),
    startBrowser(),
  ]);
  const window = await openWindow(browser);
  owner = window.context;
  await setUp(window.page, product.setup ?? "");
  await window.page.close();
});
afterAll(async () => {
  if (found) {
    await browser.close();
    await product.stop();
    await github.close();
  }
  rmSync(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}

/** On the provider's page: picks an account and is sent back. */
async function pick(page: Page, login: string): Promise<void> {
  await page.waitForURL(`${github.url}/**`);
  await page.getByRole("button", { name: new RegExp(login) }).click();
}

browserTest(
  "[CN9] an invited address joins through GitHub: the token waits in the tab, never in an address",
  async () => {
    const page = await owner.newPage();
    await page.goto(`${product.api}/o/acme/members?dialog=invite`);
    await page.getByLabel("E-mail").fill("grace@example.com");
    await page.getByRole("radio", { name: /^Developer/ }).check();
    await page.getByRole("button", { name: "Create the link" }).click();
    const link = (await page.getByTestId("one-time").textContent()) ?? "";
    const token = link.split("#t=")[1] ?? "none";

    const grace = await openWindow(browser);
    const asked: string[] = [];
    grace.page.on("request", (request) => asked.push(request.url()));
    await grace.page.goto(link);
    await grace.page.getByText("Sign in with grace@example.com to accept.").waitFor();
    expect(await axeFindings(grace.page)).toEqual([]);
    await grace.page.getByRole("link", { name: "Continue with GitHub" }).click();
    await pick(grace.page, "grace");
    await grace.page.getByText("Signed in as Grace Hopper").waitFor();
    await grace.page.getByRole("button", { name: "Join Acme" }).click();
    await grace.page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    expect(asked.filter((url) => url.split("#")[0]?.includes(token) === true)).toEqual([]);
    expect(grace.complaints).toEqual([]);
    await grace.context.close();

    await page.goto(`${product.api}/o/acme/members`);
    const row = page.getByRole("row").filter({ hasText: "Grace Hopper" });
    await row.getByText("grace@example.com").last().waitFor();
    await page.close();
  },
);

browserTest("[CN7] somebody who is not invited reads why, and what to do", async () => {
  const { context, page, complaints } = await openWindow(browser);
  await page.goto(`${product.api}/login`);
  await page.getByRole("link", { name: "Continue with GitHub" }).click();
  await pick(page, "ada");
  await page.getByText("There is no account for this identity").waitFor();
  await page.getByText("Ask an administrator of an organization for an invitation.").waitFor();
  expect(complaints).toEqual([]);
  await context.close();
});

browserTest("[CN6] an identity is linked, and unlinked after the consequences", async () => {
  const page = await owner.newPage();
  const complaints = watch(page);
  await page.goto(`${product.api}/o/acme/account`);
  await page.getByRole("link", { name: "Link GitHub" }).click();
  await pick(page, "ada");
  await page.waitForURL("**/o/acme/account");
  const section = page.getByRole("region", { name: "How you sign in" });
  await section.getByRole("button", { name: /^Unlink/ }).click();
  await page.getByText("You can no longer sign in with it.").waitFor();
  expect(await axeFindings(page)).toEqual([]);
  await page.getByRole("dialog").getByRole("button", { name: "Unlink" }).click();
  await section.getByRole("link", { name: "Link GitHub" }).waitFor();
  expect(complaints).toEqual([]);
  await page.goto(`${product.api}/o/acme/account?error=identity_taken`);
  await section.getByText("This identity belongs to another user").waitFor();
  await page.close();
});
