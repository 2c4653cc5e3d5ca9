/** A log of 50 MB in the console: uploaded, explained, paged; never loaded whole. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { launch, type Launch } from "../launcher.ts";
import { browserTest, found, openWindow, setUp, startBrowser } from "./chromium.ts";
import { HUGE_FAILURE_LINE, hugeLog } from "./logs.ts";

const HEAP_BYTES_MAX = 150 * 1_024 ** 2;
/** Lines the viewer may hold: 20 pages of 1,000. */
const JUMPS = [1, 99_999, 250_000, 311_111, 500_000, 123_456, 2_000, 480_000];

let product: Launch;
let browser: Browser;
const folder = mkdtempSync(join(tmpdir(), "edgewright-browser-"));

beforeAll(async () => {
  if (!found) return;
  [product, browser] = await Promise.all([launch(), startBrowser()]);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  if (!found) return;
  await browser.close();
  await product.stop();
});

browserTest(
  "[CN21] 50 MB: upload, first block, any line, the last line, below 150 MB of heap",
  async () => {
    const { context, page, complaints } = await openWindow(browser);
    const file = join(folder, "huge.log");
    const { bytes, lines } = hugeLog();
    writeFileSync(file, bytes);
    await setUp(page, product.setup ?? "");
    await page.goto(`${product.api}/o/acme/analyses/new`);
    await page.getByLabel("Log file").setInputFiles(file);
    await page.getByRole("button", { name: "Analyse" }).click();
    await page.getByRole("heading", { name: "Most likely cause" }).waitFor({ timeout: 60_000 });
    const log = page.getByRole("region", { name: "Lines of the log" });
    await log.getByText("error TS2322").waitFor();
    expect(await log.locator(`[data-line="${HUGE_FAILURE_LINE}"]`).textContent()).toContain(
      "error TS2322",
    );

    const waits: number[] = [];
    for (const line of JUMPS) {
      await page.getByRole("button", { name: "Line", exact: true }).click();
      await page.getByLabel(/^Go to line/).fill(String(line));
      const from = performance.now();
      await page.keyboard.press("Enter");
      await log.locator(`[data-line="${line}"]`).getByText(`compiled module ${line} of`).waitFor();
      waits.push(performance.now() - from);
    }
    console.log(`jump to a line: ${waits.map((ms) => Math.round(ms)).join(", ")} ms`);

    await log.focus();
    await page.keyboard.press("End");
    await log.locator(`[data-line="${lines}"]`).getByText("exit code 1").waitFor();
    await page.goto(`${page.url().replace(/[?#].*/, "")}#L300000-L300002`);
    await log.locator('[data-line="300001"]').getByText("compiled module 300001").waitFor();

    expect(await page.locator("[data-line]").count()).toBeLessThan(200);
    const devtools = await context.newCDPSession(page);
    await devtools.send("HeapProfiler.collectGarbage");
    const { usedSize } = await devtools.send("Runtime.getHeapUsage");
    console.log(`heap after it: ${(usedSize / 1_024 ** 2).toFixed(1)} MB`);
    expect(usedSize).toBeLessThan(HEAP_BYTES_MAX);
    expect(complaints).toEqual([]);
  },
);

browserTest("[CN21] a file above the limit is refused before a byte is sent", async () => {
  const { page, complaints } = await openWindow(browser);
  const made = await fetch(`${product.api}/internal/v1/local/login-link`, {
    method: "POST",
    headers: { authorization: `Bearer ${product.launcherToken}` },
  });
  const { url } = Object.assign({ url: "" }, await made.json());
  await page.goto(url);
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  const file = join(folder, "larger.log");
  writeFileSync(file, new Uint8Array(52_428_801).fill(97));
  let sent = 0;
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().includes("/api/v1/analyses")) sent += 1;
  });
  await page.goto(`${product.api}/o/acme/analyses/new`);
  await page.getByLabel("Log file").setInputFiles(file);
  await page.getByRole("button", { name: "Analyse" }).click();
  await page.getByText("The log has 52,428,801 bytes; the limit is 52,428,800 (50 MB).").waitFor();
  expect(sent).toBe(0);
  expect(complaints).toEqual([]);
});
