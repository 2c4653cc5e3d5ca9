/** Journeys through the console against the running product: first run, sessions, keys, the keyboard alone. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { launch, type Launch } from "../launcher.ts";
import { browserTest, found, openWindow, setUp, startBrowser, watch } from "./chromium.ts";
import { failedTestLog } from "./logs.ts";

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

/** State of the window that did the setup; later tests continue its session. */
let signedIn: Awaited<ReturnType<Browser["newContext"]>>;

browserTest("[CN11] first run: setup, a pasted log, its cause, a key, in one go", async () => {
  const { context, page, complaints } = await openWindow(browser);
  signedIn = context;
  await setUp(page, product.setup ?? "");
  expect(page.url()).toBe(`${product.api}/o/acme`);
  await page.getByRole("link", { name: "Paste a log" }).click();
  await page.getByLabel("Or paste the log").fill(failedTestLog());
  await page.getByRole("button", { name: "Analyse" }).click();
  await page.getByRole("heading", { name: "Most likely cause" }).waitFor();
  const top = page.getByRole("group", { name: "Findings" }).getByRole("button").first();
  expect(await top.textContent()).toContain("expected 41 to be 42");
  expect(await page.getByRole("list", { name: "Failed tests" }).textContent()).toContain(
    "adds the shipping of the cheapest carrier",
  );
  await page.getByRole("link", { name: "API keys" }).click();
  await page.getByRole("button", { name: "Create a key" }).click();
  await page.getByLabel("Name").fill("ci");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  const value = await page.getByTestId("one-time").textContent();
  expect(value).toMatch(/^ewk_[0-9a-z]{16}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
  const sent = await fetch(`${product.api}/api/v1/analyses?name=from-ci`, {
    method: "POST",
    headers: { "x-api-key": value ?? "", "content-type": "text/plain" },
    body: failedTestLog(),
  });
  expect(sent.status).toBe(201);
  expect(complaints).toEqual([]);
});

browserTest(
  "[CN9] the dialog with a key's value closes by its button alone, and the value is nowhere else",
  async () => {
    const page = await signedIn.newPage();
    await page.goto(`${product.api}/o/acme/keys?dialog=new`);
    await page.getByLabel("Name").fill("once");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Copy the key now" });
    await dialog.waitFor();
    const value = (await page.getByTestId("one-time").textContent()) ?? "";
    await page.keyboard.press("Escape");
    await page.mouse.click(5, 5);
    expect(await dialog.isVisible()).toBe(true);
    const done = dialog.getByRole("button", { name: "Done" });
    expect(await done.getAttribute("aria-disabled")).toBe("true");
    await dialog.getByRole("checkbox", { name: "I have stored it" }).check();
    await done.click();
    await dialog.waitFor({ state: "detached" });
    expect(page.url()).not.toContain("ewk_");
    expect(
      await page.evaluate<string>(
        "JSON.stringify({ ...localStorage, ...sessionStorage }) + document.body.innerText",
      ),
    ).not.toContain(value);
    await page.close();
  },
);

browserTest("[CN9] a key is revoked only after its name was typed", async () => {
  const page = await signedIn.newPage();
  await page.goto(`${product.api}/o/acme/keys`);
  const row = page.getByRole("row").filter({ hasText: "once" });
  await row.getByRole("button", { name: "Revoke" }).click();
  expect(new URL(page.url()).searchParams.get("dialog")).toBe("revoke");
  const confirm = page.getByRole("dialog").getByRole("button", { name: "Revoke the key" });
  expect(await confirm.getAttribute("aria-disabled")).toBe("true");
  await page.getByRole("dialog").getByRole("textbox").fill("once");
  await confirm.click();
  await row.getByText("Revoked", { exact: true }).waitFor();
  await page.close();
});

browserTest("[CN6] what cannot be done stays focusable and says why", async () => {
  const page = await signedIn.newPage();
  await page.goto(`${product.api}/o/acme/runs`);
  await page
    .getByRole("table", { name: "Runs" })
    .getByRole("link", { name: /sys.analyses/ })
    .first()
    .click();
  const retry = page
    .getByRole("table", { name: "Tasks" })
    .getByRole("button", { name: "Retry" })
    .first();
  await retry.focus();
  expect(await retry.getAttribute("aria-disabled")).toBe("true");
  const reason = await page.evaluate<string>(
    "document.getElementById(document.activeElement.getAttribute('aria-describedby')).textContent",
  );
  expect(reason).toBe("Only a failed task can be retried; this one is succeeded.");
  await page.getByRole("link", { name: "Open the analysis" }).click();
  await page.getByRole("heading", { name: "Most likely cause" }).waitFor();
  await page.close();
});

browserTest(
  "[CN10] text of a log is text: no element, no script, hidden characters visible",
  async () => {
    const page = await signedIn.newPage();
    const complaints = watch(page);
    await page.goto(`${product.api}/o/acme/analyses`);
    await page.getByRole("link", { name: "pasted log" }).first().click();
    const log = page.getByRole("region", { name: "Lines of the log" });
    await log.getByText("<img src=x onerror=alert(1)>").waitFor();
    expect(await page.locator("img").count()).toBe(0);
    expect(await log.getByText("\\u202e", { exact: true }).count()).toBe(1);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

browserTest(
  "[CN5] a lost answer is asked for again with the same Idempotency-Key, and one thing comes of it",
  async () => {
    const page = await signedIn.newPage();
    const keys: (string | undefined)[] = [];
    await page.route("**/api/v1/keys", async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      keys.push(route.request().headers()["idempotency-key"]);
      if (keys.length > 1) return route.continue();
      await route.fetch();
      return route.abort();
    });
    await page.goto(`${product.api}/o/acme/keys?dialog=new`);
    await page.getByLabel("Name").fill("lost answer");
    const create = page.getByRole("button", { name: "Create", exact: true });
    await create.click();
    await page.getByRole("alert").getByText("unreachable").waitFor();
    await create.click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(keys).toEqual([keys[0], keys[0]]);
    expect(await page.getByRole("row").filter({ hasText: "lost answer" }).count()).toBe(1);
    await page.close();
  },
);

browserTest(
  "[CN7] a fault shows its code, its remedy and the request, and a way to try again",
  async () => {
    const page = await signedIn.newPage();
    let down = true;
    await page.route("**/api/v1/runs?*", (route) =>
      down
        ? route.fulfill({
            status: 503,
            contentType: "application/problem+json",
            body: JSON.stringify({
              type: "x",
              title: "A service we depend on is not reachable",
              status: 503,
              code: "unavailable",
              request_id: "req_from_test",
              remedy: "Try again in a moment; GET /ready names the part.",
            }),
          })
        : route.continue(),
    );
    await page.goto(`${product.api}/o/acme/runs`);
    await page.getByRole("heading", { name: "A service we depend on is not reachable" }).waitFor();
    await page.getByText("unavailable · request req_from_test").waitFor();
    down = false;
    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByRole("table", { name: "Runs" }).waitFor();
    await page.close();
  },
);

browserTest("[CN7] a full limit counts down before it lets anyone try again", async () => {
  const page = await signedIn.newPage();
  let limited = true;
  await page.route("**/api/v1/runs?*", (route) =>
    limited
      ? route.fulfill({
          status: 429,
          contentType: "application/problem+json",
          headers: { "retry-after": "2" },
          body: JSON.stringify({
            title: "Too many requests",
            status: 429,
            code: "rate_limited",
            remedy: "Wait for the seconds of Retry-After.",
          }),
        })
      : route.continue(),
  );
  await page.goto(`${product.api}/o/acme/runs`);
  const waiting = page.getByRole("button", { name: /^Retry in \d s$/ });
  await waiting.waitFor();
  expect(await waiting.getAttribute("aria-disabled")).toBe("true");
  limited = false;
  await page.getByRole("button", { name: "Retry", exact: true }).click();
  await page.getByRole("table", { name: "Runs" }).waitFor();
  await page.close();
});

browserTest(
  "[CN8] data that cannot be read again stays, under a banner with its time",
  async () => {
    const page = await signedIn.newPage();
    let down = false;
    // A run that never ends keeps the list asking.
    await page.route("**/api/v1/runs?*", async (route) => {
      if (down) return route.abort();
      const answer = await route.fetch();
      const { items, ...rest }: { items: object[] } = await answer.json();
      return route.fulfill({
        response: answer,
        json: { ...rest, items: items.map((item) => ({ ...item, status: "running" })) },
      });
    });
    await page.goto(`${product.api}/o/acme/runs`);
    await page.getByRole("table", { name: "Runs" }).waitFor();
    down = true;
    const banner = page.getByText("The installation does not answer. What you see was read");
    await banner.waitFor();
    expect(await page.getByRole("table", { name: "Runs" }).isVisible()).toBe(true);
    down = false;
    await banner.waitFor({ state: "detached" });
    await page.close();
  },
);

browserTest(
  "[CN3] a URL of another organization switches to it, of a foreign one leads nowhere",
  async () => {
    const page = await signedIn.newPage();
    await page.goto(`${product.api}/o/nobody/runs`);
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
    await page.goto(`${product.api}/o/platform/runs`);
    await page.getByText("No runs yet").waitFor();
    await page.goto(`${product.api}/o/acme/runs`);
    await page.getByRole("table", { name: "Runs" }).waitFor();
    await page.close();
  },
);

browserTest("[CN6] an area that the role may not read has no entry and no page", async () => {
  const page = await signedIn.newPage();
  await page.route("**/api/v1/me", async (route) => {
    const answer = await route.fetch();
    const me: { grants: string[] } = await answer.json();
    await route.fulfill({
      response: answer,
      json: { ...me, grants: me.grants.filter((grant) => !grant.startsWith("keys.")) },
    });
  });
  await page.goto(`${product.api}/o/acme/runs`);
  await page.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
  expect(await page.getByRole("link", { name: "API keys" }).count()).toBe(0);
  await page.goto(`${product.api}/o/acme/keys`);
  await page.getByRole("heading", { name: "There is no such page" }).waitFor();
  await page.close();
});

browserTest("[CN8] a slow page shows nothing for 150 ms, then a skeleton", async () => {
  const page = await signedIn.newPage();
  await page.goto(`${product.api}/o/acme/account`);
  await page.getByRole("heading", { name: "Account", level: 1 }).waitFor();
  await page.route("**/api/v1/analyses?*", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await route.continue();
  });
  // Reads the page on every frame: when the link was pressed, when the skeleton came.
  await page.evaluate(`
    window.seen = { skeleton: null };
    document.addEventListener("click", () => { window.seen.from = performance.now(); }, { capture: true });
    (function look() {
      if (window.seen.skeleton === null && document.querySelector("[role=status][aria-label=Loading]") !== null) window.seen.skeleton = performance.now();
      requestAnimationFrame(look);
    })();
  `);
  await page.getByRole("link", { name: "Analyses" }).dispatchEvent("click");
  await page.getByRole("heading", { name: "Analyses", level: 1 }).waitFor();
  const shownMs = await page.evaluate<number>("window.seen.skeleton - window.seen.from");
  expect(shownMs).toBeGreaterThanOrEqual(140);
  expect(shownMs).toBeLessThan(1_000);
  await page.close();
});

browserTest("[CN4] a refused token is renewed once for all requests that met it", async () => {
  const page = await signedIn.newPage();
  await page.goto(`${product.api}/o/acme/account`);
  await page.getByRole("heading", { name: "Account", level: 1 }).waitFor();
  let refreshes = 0;
  let refused: string | undefined;
  await page.route("**/api/v1/**", (route) => {
    const { authorization } = route.request().headers();
    if (route.request().url().endsWith("/auth/refresh")) refreshes += 1;
    refused ??= authorization;
    if (authorization === undefined || authorization !== refused) return route.continue();
    return route.fulfill({
      status: 401,
      contentType: "application/problem+json",
      body: JSON.stringify({
        code: "token_expired",
        title: "The access token has expired",
        status: 401,
        remedy: "Refresh the session.",
      }),
    });
  });
  await page.getByRole("link", { name: "Overview" }).hover();
  await page.getByRole("link", { name: "Runs" }).click();
  await page.getByRole("table", { name: "Runs" }).waitFor();
  await page.getByRole("link", { name: "Overview" }).click();
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  expect(refreshes).toBe(1);
  await page.close();
});

browserTest(
  "[CN20] the keyboard alone: to analyses, into the first, from block to line to search, back to runs",
  async () => {
    const page = await signedIn.newPage();
    const complaints = watch(page);
    await page.goto(`${product.api}/o/acme`);
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    const focused = () =>
      page.evaluate<string>(
        "document.activeElement.tagName + ' ' + document.activeElement.textContent.trim()",
      );
    await page.keyboard.press("g");
    await page.keyboard.press("a");
    await page.getByRole("heading", { name: "Analyses", level: 1 }).waitFor();
    await expect.poll(focused).toBe("H1 Analyses");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Most likely cause" }).waitFor();
    await page.keyboard.press("w");
    await page.waitForURL(/wrap=true/);
    await page.keyboard.press("g");
    await page.keyboard.press("1");
    await page.locator("[inputmode=numeric]:focus").waitFor();
    await page.keyboard.press("2");
    await page.keyboard.press("Enter");
    await page.waitForURL(/#L12$/);
    await page.keyboard.press("n");
    await page.waitForURL(/block=\d/);
    await page.keyboard.press("/");
    await page.locator("[type=search]:focus").waitFor();
    await page.keyboard.type("module-4");
    await page.keyboard.press("Enter");
    await page.getByText("1 of 11").waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Keyboard" });
    await help.getByText("Next block").waitFor();
    await page.keyboard.press("Escape");
    await help.waitFor({ state: "detached" });
    await page.keyboard.press("g");
    await page.keyboard.press("r");
    await page.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
    await page.keyboard.press("Control+k");
    await page.locator("[role=combobox]:focus").waitFor();
    await page.keyboard.type("key");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Create an API key" }).waitFor();
    await page.keyboard.press("Escape");
    await page.waitForURL(/\/keys$/);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

browserTest(
  "[CN11] the setup token is taken out of the address and the history; the link works once",
  async () => {
    const { context, page } = await openWindow(browser);
    await page.goto(`${product.api}/setup#t=${"a".repeat(43)}`);
    await page.getByLabel("Your name").fill("Eve");
    await page.getByLabel("Organization").fill("Evil");
    expect(page.url()).toBe(`${product.api}/setup`);
    await page.getByRole("button", { name: "Create the organization" }).click();
    await page
      .getByRole("alert")
      .getByText(/setup_done|setup_token_invalid/)
      .waitFor();
    await context.close();
  },
);

browserTest(
  "[CN4] signing out ends the session in every tab; without one a page leads to sign-in and back",
  async () => {
    const one = await signedIn.newPage();
    const two = await signedIn.newPage();
    await two.goto(`${product.api}/o/acme/runs?status=failed`);
    await two.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
    await one.goto(`${product.api}/o/acme/account`);
    await one.getByRole("button", { name: "Sign out", exact: true }).click();
    await one.getByRole("heading", { name: "Sign in" }).waitFor();
    await two.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await two.getByRole("group", { name: /sign-in link/ }).textContent()).toBe(
      "npm run login",
    );
    const made = await fetch(`${product.api}/internal/v1/local/login-link`, {
      method: "POST",
      headers: { authorization: `Bearer ${product.launcherToken}` },
    });
    const { url } = Object.assign({ url: "" }, await made.json());
    await one.goto(url);
    await one.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    expect(one.url()).not.toContain("#t=");
    await two.waitForURL(/\/o\/acme\/runs\?status=failed$/);
    await signedIn.close();
  },
);
