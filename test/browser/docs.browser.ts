/** The API reference in a real browser: drawn from our document, by our own assets alone. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { launch, type Launch } from "../launcher.ts";
import { browserTest, found, openWindow, startBrowser } from "./chromium.ts";

let product: Launch;
let browser: Browser;

beforeAll(async () => {
  if (!found) return;
  [product, browser] = await Promise.all([launch(), startBrowser()]);
});
afterAll(async () => {
  if (!found) return;
  await browser.close();
  await product.stop();
});

browserTest(
  "[AP1] /docs shows every operation of the document under its policy, and asks no other host",
  async () => {
    const { page, complaints } = await openWindow(browser);
    await page.goto(`${product.api}/docs`);
    await page.getByRole("heading", { name: "Edgewright", level: 1 }).waitFor();
    await page.getByRole("heading", { name: "Explain a log" }).waitFor();
    const document = (await (await fetch(`${product.api}/api/v1/openapi.json`)).json()) as {
      tags: { name: string }[];
    };
    for (const { name } of document.tags)
      expect(await page.getByText(name, { exact: true }).count(), name).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
  },
);
