/** The rooms for machines: keys, secrets, webhooks, usage and audit, used as an administrator and as those who may not. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, DATABASE, urlOf } from "../../local/postgres-connection.ts";
import { readState, secretsOf, statePaths } from "../../local/state.ts";
import { paths } from "../../workers/console/paths.ts";
import { openReceiver, type Receiver } from "../fakes/receiver.ts";
import { launch, type Launch } from "../launcher.ts";
import {
  axeFindings,
  browserTest,
  found,
  looks,
  short,
  openWindow,
  setUp,
  startBrowser,
  watch,
} from "./chromium.ts";
import { failedTestLog } from "./logs.ts";

let product: Launch;
let browser: Browser;
let receiver: Receiver;
/** The window of the owner, who did the setup. */
let owner: BrowserContext;

beforeAll(async () => {
  if (!found) return;
  receiver = await openReceiver();
  [product, browser] = await Promise.all([
    launch({ flags: ["--var", `EGRESS_ALLOW=${receiver.target}`] }),
    startBrowser(),
  ]);
  const { context, page } = await openWindow(browser);
  owner = context;
  await setUp(page, product.setup ?? "");
  await page.close();
  await seed();
});
afterAll(async () => {
  if (!found) return;
  await browser.close();
  await product.stop();
  await receiver.close();
});

/** A page of the owner that must end without a complaint. */
async function visit(path: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await owner.newPage();
  const complaints = watch(page);
  await page.goto(product.api + path);
  return { page, complaints };
}

/** Takes the value out of the dialog that shows it once, and closes the dialog. */
async function takeOnce(page: Page): Promise<string> {
  const value = (await page.getByTestId("one-time").textContent()) ?? "";
  await page.getByRole("checkbox", { name: "I have stored it" }).check();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByTestId("one-time").waitFor({ state: "detached" });
  return value;
}

const statusWith = async (key: string): Promise<number> =>
  (await fetch(`${product.api}/api/v1/analyses`, { headers: { "x-api-key": key } })).status;

async function makeKey(page: Page, name: string): Promise<string> {
  await page.goto(`${product.api}/o/acme/keys?dialog=new`);
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Create", exact: true }).click();
  return takeOnce(page);
}

browserTest(
  "[CN24] a key is rotated: the successor works, the old one works on for the chosen time or not at all",
  async () => {
    const { page, complaints } = await visit("/o/acme/keys");
    const leaked = await makeKey(page, "leaked");
    const row = page.getByRole("row").filter({ hasText: "leaked" });
    await row.getByRole("button", { name: "Rotate" }).click();
    await page.getByRole("radio", { name: /^Not at all/ }).check();
    await page.getByRole("button", { name: "Rotate the key" }).click();
    const successor = await takeOnce(page);
    expect(successor).not.toBe(leaked);
    expect(await statusWith(successor)).toBe(200);
    expect(await statusWith(leaked)).toBe(401);

    const slow = await makeKey(page, "slow");
    const old = page.getByRole("row").filter({ hasText: "slow" });
    await old.getByRole("button", { name: "Rotate" }).click();
    await page.getByRole("radio", { name: /^24 hours/ }).check();
    await page.getByRole("button", { name: "Rotate the key" }).click();
    expect(await statusWith(await takeOnce(page))).toBe(200);
    expect(await statusWith(slow)).toBe(200);

    const retiring = page.getByRole("row").filter({ hasText: "Rotated" });
    const again = retiring.getByRole("button", { name: "Rotate" });
    expect(await reasonOf(again)).toBe("This key was rotated already; its successor can be.");
    await retiring.getByRole("link", { name: "slow" }).click();
    await page.getByRole("dialog").getByText("Successor", { exact: true }).waitFor();
    await page.getByRole("dialog").getByRole("link", { name: /^slow/ }).click();
    await page.getByRole("dialog").getByText("Took the place of").waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);

/** The reason of a button that cannot act; empty for one that can. */
async function reasonOf(button: ReturnType<Page["getByRole"]>): Promise<string> {
  expect(await button.getAttribute("aria-disabled")).toBe("true");
  const id = await button.getAttribute("aria-describedby");
  return (
    (await button
      .page()
      .locator(`[id="${id ?? ""}"]`)
      .textContent()) ?? ""
  );
}

browserTest(
  "[CN5] who saves second sees theirs beside yours, and chooses; the key filter stays in the URL",
  async () => {
    const { page: one, complaints } = await visit("/o/acme/keys");
    await makeKey(one, "shared");
    await one.goto(`${product.api}/o/acme/keys?status=active`);
    await one.getByRole("link", { name: "shared" }).click();
    await one.getByRole("button", { name: "Edit" }).click();
    const edit = one.getByRole("dialog", { name: "Edit shared" });
    await edit.getByLabel("Name").fill("shared by one");
    const { page: two } = await visit(one.url().slice(product.api.length));
    await two.getByRole("dialog").getByLabel("Name").fill("shared by two");
    await two.getByRole("button", { name: "Save" }).click();
    await two.getByRole("dialog").waitFor({ state: "detached" });
    expect(new URL(two.url()).search).toBe("?status=active");
    await two.close();

    await edit.getByRole("button", { name: "Save", exact: true }).click();
    const conflict = one.getByRole("alert");
    await conflict.getByText("Somebody else changed this meanwhile").waitFor();
    expect(await conflict.getByRole("row", { name: /^Name/ }).textContent()).toBe(
      "Nameshared by twoshared by one",
    );
    await conflict.getByRole("button", { name: "Save mine over it" }).click();
    await one.getByRole("link", { name: "shared by one" }).waitFor();
    // The refused save is a 412, which a browser logs as an error of its own.
    expect(complaints.filter((line) => !line.includes("412"))).toEqual([]);
    await one.close();
  },
);

browserTest(
  "[CN25] a secret's value is typed once and is in no answer, page, address or storage afterwards",
  async () => {
    const value = "canary-7f3a9d21c4";
    const page = await owner.newPage();
    const complaints = watch(page);
    const answers: Promise<string>[] = [];
    page.on("response", (response) => {
      if (response.url().includes("/api/")) answers.push(response.text().catch(() => ""));
    });
    await page.goto(`${product.api}/o/acme/secrets`);
    await page.getByRole("button", { name: "Set a secret" }).click();
    const dialog = page.getByRole("dialog", { name: "Set a secret" });
    await dialog.getByLabel("Name").fill("PAYMENTS_TOKEN");
    await dialog.getByLabel("Value").fill(value);
    await dialog.getByRole("button", { name: "Set the secret" }).click();
    await dialog.waitFor({ state: "detached" });
    const row = page.getByRole("row").filter({ hasText: "PAYMENTS_TOKEN" });
    expect(await row.textContent()).toMatch(/env\.PAYMENTS_TOKEN[0-9a-f]{8}1/);

    await row.getByRole("button", { name: "Replace" }).click();
    await page.getByRole("textbox", { name: "Value" }).fill(value);
    await page.getByRole("button", { name: "Replace the value" }).click();
    await page.getByText("is at version 2; the value is the same as before.").waitFor();
    await page.goto(`${product.api}/o/acme/audit?action=secrets.put`);
    await page.getByRole("link", { name: "secrets.put" }).first().click();
    await page.getByRole("table", { name: "Changes" }).getByText("fingerprint").waitFor();
    const seen = await page.evaluate<string>(
      "location.href + JSON.stringify({ ...localStorage, ...sessionStorage }) + document.documentElement.outerHTML",
    );
    expect([seen, ...(await Promise.all(answers))].join("\n")).not.toContain(value);

    await page.goto(`${product.api}/o/acme/secrets?dialog=delete&name=env.PAYMENTS_TOKEN`);
    const confirm = page.getByRole("button", { name: "Delete the secret" });
    expect(await reasonOf(confirm)).toBe("Type the name first.");
    await page.getByRole("dialog").getByRole("textbox").fill("env.PAYMENTS_TOKEN");
    await confirm.click();
    await page.getByText("The secret is deleted.").waitFor();
    await row.waitFor({ state: "detached" });
    expect(complaints).toEqual([]);
    await page.close();
  },
);

browserTest(
  "[CN26] a refused address is an error of its field; a taken one shows its secret once, its test, its deliveries",
  async () => {
    const { page, complaints } = await visit("/o/acme/webhooks?dialog=new");
    const address = page.getByLabel("Address");
    await address.fill("https://10.1.2.3/hook");
    await page.getByRole("button", { name: "Add the endpoint" }).click();
    await page.getByText("(egress_refused)").waitFor();
    expect(await address.getAttribute("aria-invalid")).toBe("true");
    const hint = page.locator(`[id="${(await address.getAttribute("aria-describedby")) ?? ""}"]`);
    expect(await hint.textContent()).toContain("IP address");
    expect(complaints.splice(0).filter((line) => !line.includes("422"))).toEqual([]);

    await address.fill(receiver.url("/ok"));
    await page.getByRole("button", { name: "Add the endpoint" }).click();
    await page.getByRole("group", { name: "Receiver that checks the signature" }).waitFor();
    expect(await takeOnce(page)).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    await page.getByRole("heading", { name: "127.0.0.1", level: 1 }).waitFor();

    await page.getByRole("button", { name: "Send a test" }).click();
    await page.getByRole("button", { name: "Send the test" }).click();
    await page.getByRole("status").getByText("The endpoint took it.").waitFor();
    await page.getByRole("button", { name: "Close" }).click();

    const sent = await fetch(`${product.api}/api/v1/analyses?name=for-the-hook`, {
      method: "POST",
      headers: { authorization: `Bearer ${await tokenOf(page)}`, "content-type": "text/plain" },
      body: failedTestLog(),
    });
    expect(sent.status).toBe(201);
    await product.idle();
    await page.reload();
    const delivery = page.getByRole("row").filter({ hasText: "analysis.completed" });
    await delivery.getByText("Delivered").waitFor();
    await delivery.getByRole("link", { name: "analysis.completed" }).click();
    const drawer = page.getByRole("dialog", { name: "analysis.completed" });
    await drawer.getByText('"type": "analysis.completed"').waitFor();
    expect(await drawer.getByRole("list", { name: "Attempts" }).textContent()).toContain("200");
    const received = receiver.received.length;
    await drawer.getByRole("button", { name: "Send again" }).click();
    await receiver.until(received + 1);
    const ids = receiver.received
      .filter(({ path, body }) => path === "/ok" && body.includes("analysis.completed"))
      .map(({ headers }) => headers["webhook-id"]);
    expect(ids).toEqual([ids[0], ids[0]]);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

browserTest(
  "[CN26] an endpoint that is switched off says so, takes no replay with the reason, and is enabled again",
  async () => {
    const { page, complaints } = await visit(`/o/acme/webhooks/${made.webhook}`);
    await page.getByRole("button", { name: "Switch off" }).click();
    await page.getByText("Switched off by a member.").waitFor();
    expect(await reasonOf(page.getByRole("button", { name: "Send again" }).first())).toBe(
      "The endpoint is switched off. Enable it first.",
    );
    await page.getByRole("button", { name: "Enable" }).click();
    await page.getByText("Switched off by a member.").waitFor({ state: "detached" });
    expect(complaints).toEqual([]);
    await page.close();
  },
);

browserTest(
  "[CN27] usage: what was sent counts by day and key, the month is saved as a file, a spend cap is set and changed",
  async () => {
    const { page, complaints } = await visit("/o/acme/usage?meter=deliveries");
    const limits = page.getByRole("table", { name: "Limits" });
    const month = limits.getByRole("row", { name: /^Requests per month/ });
    expect(await month.textContent()).toMatch(/unlimited/);
    await page.getByRole("img", { name: /^Deliveries by day/ }).waitFor();
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "CSV" }).click();
    expect((await saved).suggestedFilename()).toMatch(/^usage-\d{4}-\d{2}\.csv$/);

    await page.getByRole("button", { name: "Set a cap" }).click();
    await page.getByLabel(/^US dollars/).fill("12.5");
    await page.getByRole("radio", { name: /refuse new work/ }).check();
    await page.getByRole("button", { name: "Save" }).click();
    const cap = page.getByRole("row").filter({ hasText: "the organization" });
    await cap.getByText("$12.50").waitFor();
    expect(await cap.textContent()).toContain("new work is refused, live apps go on");
    await cap.getByRole("button", { name: "Edit" }).click();
    await page.getByRole("radio", { name: /^Tell the members/ }).check();
    await page.getByRole("button", { name: "Save" }).click();
    await cap.getByText("members are told, nothing stops").waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);

/** A connection to the launch's database that no row policy binds. The caller ends it. */
function superuserOf(launched: Launch): postgres.Sql {
  const dir = statePaths(launched.stateDir);
  const { postgres: running } = readState(dir);
  if (running === undefined) throw new Error("the launch has no database");
  return connect(urlOf(running.port, "superuser", DATABASE, secretsOf(dir)));
}

browserTest(
  "[CN28] the chain of the page is checked; one altered record is named with the reason",
  async () => {
    const { page, complaints } = await visit("/o/acme/audit");
    const check = page.getByRole("button", { name: "Check these records" });
    await check.click();
    await page.getByText(/^The chain is whole: \d+ records? checked\.$/).waitFor();
    await page.getByRole("button", { name: "Check the whole chain" }).click();
    await page.getByText(/^The chain is whole/).waitFor();

    const sql = superuserOf(product);
    const forge = (from: string, to: string) =>
      sql.begin(async (tx) => {
        // The trigger that keeps records as they are is off in this role alone.
        await tx`set local session_replication_role = replica`;
        await tx`update platform.audit_log set record = replace(record, ${from}, ${to}) where seq = 2`;
      });
    const [second] = await sql<{ action: string }[]>`select l.action from platform.audit_log l
      join platform.orgs o on o.id = l.org_id where o.slug = 'acme' and l.seq = 2`;
    const action = second?.action ?? "";
    await forge(`"action":"${action}"`, '"action":"none.none"');
    await check.click();
    await page
      .getByRole("alert")
      .getByText("The chain breaks at record #2: its hash does not follow")
      .waitFor();
    await forge('"action":"none.none"', `"action":"${action}"`);
    await sql.end();
    await check.click();
    await page.getByText(/^The chain is whole/).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);

browserTest("[CN12] the audit page keeps filters and the unfolded record in the URL", async () => {
  const { page, complaints } = await visit("/o/acme/audit");
  await page.getByLabel("Action").selectOption("webhooks");
  await page.waitForURL(/action=webhooks$/);
  await expect.poll(() => page.getByRole("link", { name: /^secrets\./ }).count()).toBe(0);
  await page.getByRole("link", { name: "webhooks.create" }).first().click();
  await page.waitForURL(/entry=/);
  await page.getByRole("table", { name: "Changes" }).waitFor();
  await page.reload();
  await page.getByRole("table", { name: "Changes" }).waitFor();
  expect(await page.getByRole("link", { name: /^secrets\./ }).count()).toBe(0);
  await page.goto(`${product.api}/o/acme/audit?from=2020-01-01&to=2020-01-02`);
  await page.getByText("No record matches").waitFor();
  await page.getByRole("link", { name: "Show all records" }).click();
  await page.getByRole("table", { name: "Audit records" }).waitFor();
  expect(complaints).toEqual([]);
  await page.close();
});

/** Every action of these rooms: where its button is, what it is called, what it needs, and the request behind it. */
interface Guarded {
  readonly path: () => string;
  readonly button: string | RegExp;
  readonly needs: string;
  readonly request: () => readonly [method: string, path: string, body?: unknown];
}

const made = { webhook: "", delivery: "", key: "" };

const GUARDED: readonly Guarded[] = [
  {
    path: () => "/o/acme/secrets",
    button: "Set a secret",
    needs: "secrets.write",
    request: () => ["PUT", "/secrets/env.A", { value: "x" }],
  },
  {
    path: () => "/o/acme/secrets",
    button: "Replace",
    needs: "secrets.write",
    request: () => ["PUT", "/secrets/env.SEEN", { value: "x" }],
  },
  {
    path: () => "/o/acme/secrets",
    button: "Delete",
    needs: "secrets.write",
    request: () => ["DELETE", "/secrets/env.SEEN"],
  },
  {
    path: () => "/o/acme/webhooks",
    button: "Add an endpoint",
    needs: "webhooks.write",
    request: () => ["POST", "/webhooks", { url: "https://example.com/" }],
  },
  ...["Send a test", "Edit", "Switch off", "Delete", "Rotate"].map((button) => ({
    path: () => `/o/acme/webhooks/${made.webhook}`,
    button,
    needs: "webhooks.write",
    request: () => ["POST", `/webhooks/${made.webhook}/test`, {}] as const,
  })),
  {
    path: () => `/o/acme/webhooks/${made.webhook}`,
    button: "Send again",
    needs: "deliveries.retry",
    request: () => ["POST", `/deliveries/${made.delivery}/retry`, {}],
  },
  {
    path: () => "/o/acme/usage",
    button: /^Set a cap$|^Edit$/,
    needs: "usage.write",
    request: () => ["PUT", "/usage/caps/org", { usd: "5.00", action: "notify" }],
  },
];

/** Whose rooms there are, and which of the actions above each may not do. */
const ROLES = [
  { role: "viewer", rooms: ["Webhooks", "Usage"], may: [] },
  { role: "operator", rooms: ["Webhooks", "Usage"], may: ["deliveries.retry"] },
  {
    role: "developer",
    rooms: ["Secrets", "Webhooks", "Usage"],
    may: ["deliveries.retry", "webhooks.write"],
  },
] as const;

const ALL_ROOMS = ["API keys", "Secrets", "Webhooks", "Usage", "Audit"];

// The viewer may least; the others differ by a few actions.
for (const { role, rooms, may } of short ? ROLES.slice(0, 1) : ROLES)
  browserTest(
    `[CN6] ${role}: each forbidden action is disabled with the permission that the API names in its refusal; other rooms do not exist`,
    async () => {
      const { context, page } = await joinAs(role);
      const nav = page.getByRole("navigation", { name: "Rooms" });
      for (const room of ALL_ROOMS) {
        const there = rooms.some((name) => name === room);
        expect(await nav.getByRole("link", { name: room }).count(), room).toBe(there ? 1 : 0);
      }
      for (const room of ALL_ROOMS.filter((name) => !rooms.some((there) => there === name))) {
        const path = room === "API keys" ? "keys" : room.toLowerCase();
        await page.goto(`${product.api}/o/acme/${path}`);
        await page.getByRole("heading", { name: "There is no such page" }).waitFor();
      }
      const token = await tokenOf(page);
      for (const guarded of GUARDED) {
        if (guarded.needs.startsWith("secrets") && role !== "developer") continue;
        await page.goto(product.api + guarded.path());
        const button = page.getByRole("button", { name: guarded.button, exact: true }).first();
        await button.waitFor();
        if (may.some((name) => name === guarded.needs)) {
          expect(await button.getAttribute("aria-disabled"), String(guarded.button)).toBe("false");
          continue;
        }
        await button.focus();
        expect(await reasonOf(button), String(guarded.button)).toContain(guarded.needs);
        const [method, path, body] = guarded.request();
        const refused = await fetch(`${product.api}/api/v1${path}`, {
          method,
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        expect(refused.status, `${method} ${path}`).toBe(403);
        expect(await refused.text()).toContain(guarded.needs);
      }
      const dialogs = ["/o/acme/usage?dialog=cap"];
      if (role !== "developer")
        dialogs.push(
          "/o/acme/webhooks?dialog=new",
          `/o/acme/webhooks/${made.webhook}?dialog=delete`,
        );
      else
        dialogs.push("/o/acme/secrets?dialog=put", "/o/acme/secrets?dialog=delete&name=env.SEEN");
      for (const dialog of dialogs) {
        await page.goto(product.api + dialog);
        await page.getByRole("heading", { level: 1 }).waitFor();
        expect(await page.getByRole("dialog").count(), dialog).toBe(0);
      }
      await context.close();
    },
  );

/** Somebody new with this role, in a window of their own: invited by the owner, joined by the link. */
async function joinAs(role: string): Promise<{ context: BrowserContext; page: Page }> {
  const { url } = await asOwner("POST", "/invitations", { role });
  const { context, page } = await openWindow(browser);
  await page.goto(url);
  await page.getByLabel("Your name").fill(`A ${role}`);
  await page.getByRole("button", { name: "Join Acme" }).click();
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  return { context, page };
}

interface Answer {
  readonly items: readonly { readonly id: string }[];
  readonly webhook: { readonly id: string };
  readonly key: { readonly id: string };
  readonly url: string;
}

/** A request of the owner, which must succeed. */
async function asOwner(method: string, path: string, body?: unknown): Promise<Answer> {
  const { page } = await visit("/o/acme");
  const token = await tokenOf(page);
  await page.close();
  const answer = await fetch(`${product.api}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(answer.ok, `${method} ${path} ${answer.status}`).toBe(true);
  return Object.assign(
    { items: [], webhook: { id: "" }, key: { id: "" }, url: "" },
    await answer.json(),
  );
}

/** One secret, one endpoint with one delivery: what several tests look at. */
async function seed(): Promise<void> {
  await asOwner("PUT", "/secrets/env.SEEN", { value: "seen" });
  const { webhook } = await asOwner("POST", "/webhooks", { url: receiver.url("/created") });
  made.webhook = webhook.id;
  const { key } = await asOwner("POST", "/keys", { name: "seen", grants: ["analyses.read@**"] });
  made.key = key.id;
  await asOwner("POST", "/analyses", { log: failedTestLog() });
  await product.idle();
  made.delivery = (await asOwner("GET", `/webhooks/${webhook.id}/deliveries`)).items[0]?.id ?? "";
  expect(made.delivery).not.toBe("");
}

/** A token of the page's session. */
const tokenOf = (page: Page): Promise<string> =>
  page.evaluate<string>(
    `fetch("/api/v1/auth/refresh", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" })
      .then((answer) => answer.json()).then((session) => session.access_token)`,
  );

const webhookAt = (search: string) => () => `/o/acme/webhooks/${made.webhook}${search}`;

/** Page, dialog or drawer, and the heading that says it is there. */
const PAGES: readonly (readonly [name: string, path: () => string, heading: string | RegExp])[] = [
  ["keys", () => "/o/acme/keys", "API keys"],
  ["keys, none in this state", () => "/o/acme/keys?status=expired", "API keys"],
  ["keys, drawer", () => `/o/acme/keys?key=${made.key}`, "seen"],
  ["keys, edit dialog", () => `/o/acme/keys?dialog=edit&key=${made.key}`, "Edit seen"],
  ["keys, rotate dialog", () => `/o/acme/keys?dialog=rotate&key=${made.key}`, "Rotate seen"],
  ["keys, revoke dialog", () => `/o/acme/keys?dialog=revoke&key=${made.key}`, "Revoke seen?"],
  ["secrets", () => "/o/acme/secrets", "Secrets"],
  ["secrets, set dialog", () => "/o/acme/secrets?dialog=put", "Set a secret"],
  [
    "secrets, delete dialog",
    () => "/o/acme/secrets?dialog=delete&name=env.SEEN",
    "Delete this secret?",
  ],
  ["webhooks", () => "/o/acme/webhooks", "Webhooks"],
  ["webhooks, new dialog", () => "/o/acme/webhooks?dialog=new", "Add an endpoint"],
  ["webhook", webhookAt(""), "Deliveries"],
  ["webhook, none with this status", webhookAt("?status=voided"), "Deliveries"],
  ["webhook, delivery", () => webhookAt(`?delivery=${made.delivery}`)(), "Attempts"],
  ["webhook, edit dialog", webhookAt("?dialog=edit"), "Edit the endpoint"],
  ["webhook, rotate dialog", webhookAt("?dialog=rotate"), "Rotate the signing secret?"],
  ["webhook, delete dialog", webhookAt("?dialog=delete"), "Delete this endpoint?"],
  ["webhook, test dialog", webhookAt("?dialog=test"), "Send a test event"],
  ["usage", () => "/o/acme/usage", "By day"],
  ["usage of an empty month", () => "/o/acme/usage?month=2020-01", "By day"],
  ["usage, cap dialog", () => "/o/acme/usage?dialog=cap", "Spend cap of the organization"],
  ["audit", () => "/o/acme/audit", "Audit"],
  ["audit, a record unfolded", () => "/o/acme/audit?entry=2", "Audit"],
  ["audit, none match", () => "/o/acme/audit?action=none.none", "Audit"],
];

// Two cores: a page waits for the network while axe reads another.
test.skipIf(!found).each(looks(PAGES))(
  "[CN1] [CN2] [CN23] %s: by its URL, no error, axe clean in light and dark, 360 px wide",
  { concurrent: true },
  async (_name, path, heading) => {
    const page = await owner.newPage();
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

if (!short)
  browserTest(
    "[C6.11] every route of the console is a page: orgs, keys, runs, audit, deliveries",
    async () => {
      const ids: Readonly<Record<string, string>> = {
        org: "acme",
        webhook: made.webhook,
        run: (await asOwner("GET", "/runs")).items[0]?.id ?? "",
        analysis: (await asOwner("GET", "/analyses")).items[0]?.id ?? "",
      };
      const source = readFileSync(
        join(import.meta.dirname, "../../workers/console/routes.tsx"),
        "utf8",
      );
      // The routes below an organization are written without its part of the path.
      const routes = [
        ...source.matchAll(/getParentRoute: \(\) => (root|org),\n\s+path: "([^"]+)"/g),
      ]
        .map(([, parent, path = ""]) =>
          (parent === "org" ? `/o/$org${path}` : path).replace(/(?<=.)\/$/, ""),
        )
        .toSorted();
      expect(routes.length).toBeGreaterThanOrEqual(21);
      const spelled = Object.values(paths).map((path) => path("$org", "$id").to as string);
      expect(routes.filter((route) => !spelled.includes(route))).toEqual([]);
      for (const route of routes) {
        const { page, complaints } = await visit(
          route.replaceAll(/\$(\w+)/g, (_, name: string) => ids[name] ?? ""),
        );
        await page.getByRole("heading", { level: 1 }).first().waitFor();
        expect(await page.getByText("There is no such page").count(), route).toBe(0);
        expect(complaints, route).toEqual([]);
        await page.close();
      }
    },
  );
