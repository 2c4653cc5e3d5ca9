/** One real browser for the console's tests: found, started, and watched for what it complains about. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { test } from "vitest";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/** Path of a Chromium, undefined when there is none. `CHROMIUM_PATH` comes first. */
function chromiumPath(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const onPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const named = process.env["CHROMIUM_PATH"];
  return [...(named === undefined ? [] : [named]), ...onPath, MAC].find((path) => existsSync(path));
}

const executablePath = chromiumPath();
if (executablePath === undefined) {
  const line = "SKIPPED browser: no Chromium found; install it or set CHROMIUM_PATH";
  if (process.env["REQUIRE_BROWSER"] === "1") throw new Error(line);
  console.log(line);
}

/** Whether the tests of a file can run at all. */
export const found = executablePath !== undefined;

/** In `npm test` one look at each page has to do; CI and a run of one file look at all of it. */
export const short = process.env["BROWSER"] === "short";

/** Of the pages of a table those that are looked at: a name with a comma tells a state of a page shown before. */
export const looks = <T extends readonly [name: string, ...rest: unknown[]]>(
  pages: readonly T[],
): readonly T[] => (short ? pages.filter(([name]) => !/[,?]/.test(name)) : pages);

/** `test` where a browser was found; elsewhere the test is counted as skipped. */
export const browserTest = test.skipIf(!found);

export async function startBrowser(): Promise<Browser> {
  if (executablePath === undefined) throw new Error("call only where `found` is true");
  return chromium.launch({
    executablePath,
    // Chromium refuses its sandbox to root.
    chromiumSandbox: process.getuid?.() !== 0,
    args: ["--disable-gpu"],
  });
}

export interface Watched {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Console errors, uncaught exceptions and requests to other hosts so far; a test expects none. */
  readonly complaints: string[];
}

type ContextOptions = Parameters<Browser["newContext"]>[0];

/** A window of its own: no cookie, no storage of another test. */
export async function openWindow(browser: Browser, options: ContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  return { context, page, complaints: watch(page) };
}

/** Collects what a page complains about. */
export function watch(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    const host = new URL(request.url()).hostname;
    if (!["localhost", "127.0.0.1", ""].includes(host)) complaints.push(`asked ${host}`);
  });
  return complaints;
}

/** Serious and critical findings of axe, each with the elements it names. */
export async function axeFindings(page: Page): Promise<string[]> {
  // No page of ours has a frame of another origin, so axe needs no window of its own; and only violations are written out.
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode()
    .options({ resultTypes: ["violations"] })
    .analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

/** Does the first-run setup by hand and ends on the overview. */
export async function setUp(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByLabel("Your name").fill("Ada Lovelace");
  await page.getByLabel("Organization").fill("Acme");
  await page.getByRole("button", { name: "Create the organization" }).click();
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
}
