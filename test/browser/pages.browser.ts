/** Every page of the console: reachable by its URL, free of errors, accessible in light and dark, usable from 360 px. */
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, type Launch } from "../launcher.ts";
import { axeFindings, found, looks, openWindow, setUp, startBrowser, watch } from "./chromium.ts";
import { failedTestLog } from "./logs.ts";

let product: Launch;
let browser: Browser;
let context: BrowserContext;
/** Paths of things the setup made. */
const made = { analysis: "", run: "" };

/** Page, and the heading that says it is there. */
const PAGES: readonly (readonly [name: string, path: () => string, heading: string | RegExp])[] = [
  ["overview", () => "/o/acme", "Overview"],
  ["analyses", () => "/o/acme/analyses", "Analyses"],
  ["analyses, none match", () => "/o/acme/analyses?category=network.dns", "Analyses"],
  ["new analysis", () => "/o/acme/analyses/new", "New analysis"],
  ["analysis", () => made.analysis, "failed tests"],
  [
    "analysis, lines selected, searched, wrapped",
    () => `${made.analysis}?q=module&wrap=true#L3-L5`,
    "failed tests",
  ],
  ["analysis, delete dialog", () => `${made.analysis}?dialog=delete`, /Delete this/],
  ["runs", () => "/o/acme/runs", "Runs"],
  ["run", () => made.run, "sys.analyses"],
  ["run, cancel dialog", () => `${made.run}?dialog=cancel`, /Cancel this/],
  ["keys", () => "/o/acme/keys", "API keys"],
  ["keys, new dialog", () => "/o/acme/keys?dialog=new", "Create an API key"],
  ["account", () => "/o/acme/account", "Account"],
  ["no such page", () => "/o/acme/nothing", "There is no such page"],
  ["sign in", () => "/login?error=link_invalid", "Sign in"],
  ["set up without a token", () => "/setup", "Set up Edgewright"],
  ["link without a token", () => "/link", "This link does not work"],
];

beforeAll(async () => {
  if (!found) return;
  [product, browser] = await Promise.all([launch(), startBrowser()]);
  const window = await openWindow(browser);
  context = window.context;
  const { page } = window;
  await setUp(page, product.setup ?? "");
  await page.goto(`${product.api}/o/acme/analyses/new`);
  await page.getByText("Where does it come from?").click();
  await page.getByRole("textbox", { name: /^Name/ }).fill("failed tests");
  await page.getByLabel("Or paste the log").fill(failedTestLog());
  await page.getByRole("button", { name: "Analyse" }).click();
  await page.getByRole("heading", { name: "Most likely cause" }).waitFor();
  made.analysis = new URL(page.url()).pathname;
  await page.getByRole("link", { name: "Run", exact: true }).click();
  await page.getByRole("table", { name: "Tasks" }).waitFor();
  made.run = new URL(page.url()).pathname;
  await page.close();
});
afterAll(async () => {
  if (!found) return;
  await browser.close();
  await product.stop();
});

// Two cores: a page waits for the network while axe reads another.
test.skipIf(!found).each(looks(PAGES))(
  "[CN1] [CN2] [CN23] %s: by its URL, no error, axe clean in light and dark, 360 px wide",
  { concurrent: true },
  async (_name, path, heading) => {
    const page = await context.newPage();
    const complaints = watch(page);
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto(product.api + path());
    await page.getByRole("heading", { name: heading }).first().waitFor();
    expect(await axeFindings(page), "light, 1280 px").toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await axeFindings(page), "dark, 360 px").toEqual([]);
    expect(
      await page.evaluate<number>("document.documentElement.scrollWidth"),
      "no sideways scrolling",
    ).toBe(360);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

test.skipIf(!found)("[CN23] axe does find what is wrong with a page", async () => {
  const page = await context.newPage();
  await page.setContent('<html lang="en"><title>x</title><button></button><img src="data:,">');
  expect((await axeFindings(page)).map((finding) => finding.split(":")[0])).toEqual([
    "button-name",
    "image-alt",
  ]);
  await page.close();
});

test.skipIf(!found)(
  "[CN12] filters stand in the URL, survive a reload, and Back undoes them",
  async () => {
    const page = await context.newPage();
    await page.goto(`${product.api}/o/acme/analyses`);
    await page.getByLabel("Status").selectOption("failed");
    await page.waitForURL(/\?status=failed$/);
    await page.getByText("No analysis matches").waitFor();
    await page.reload();
    expect(await page.getByLabel("Status").inputValue()).toBe("failed");
    await page.goBack();
    await page.getByRole("table", { name: "Analyses" }).waitFor();
    await page.close();
  },
);

test.skipIf(!found)("[CN1] Back closes a dialog", async () => {
  const page = await context.newPage();
  await page.goto(`${product.api}/o/acme/keys`);
  await page.getByRole("button", { name: "Create a key" }).click();
  const dialog = page.getByRole("dialog", { name: "Create an API key" });
  await dialog.waitFor();
  await page.goBack();
  await dialog.waitFor({ state: "detached" });
  await page.close();
});

test.skipIf(!found)(
  "[CN22] the first load is at most 200 KB of script and style, compressed",
  async () => {
    const html = await (await fetch(`${product.api}/login`)).text();
    const assets = [...html.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css))"/g)].map(
      (match) => match[1] ?? "",
    );
    let bytes = 0;
    for (const path of assets)
      bytes += gzipSync(
        new Uint8Array(await (await fetch(product.api + path)).arrayBuffer()),
      ).byteLength;
    expect(assets.length).toBeGreaterThanOrEqual(3);
    expect(bytes).toBeLessThanOrEqual(200 * 1_024);
  },
);

test.skipIf(!found)("[CN10] the page runs only scripts of its own origin", async () => {
  const answer = await fetch(`${product.api}/o/acme`);
  expect(answer.headers.get("content-security-policy")).toContain("script-src 'self';");
  expect(await answer.text()).not.toMatch(/<script(?![^>]*src=)/);
});
