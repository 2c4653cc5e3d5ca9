/** People in the console: invited, joined, given a role, removed; what each role sees; conflicts; the keyboard alone. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, type Launch } from "../launcher.ts";
import {
  axeFindings,
  browserTest,
  found,
  looks,
  openWindow,
  setUp,
  startBrowser,
  watch,
} from "./chromium.ts";

let product: Launch;
let browser: Browser;
/** Ada, who did the setup and owns Acme; and two whom she invites below. */
let owner: BrowserContext;
let viewer: BrowserContext;

beforeAll(async () => {
  if (!found) return;
  [product, browser] = await Promise.all([launch(), startBrowser()]);
  const window = await openWindow(browser);
  owner = window.context;
  await setUp(window.page, product.setup ?? "");
  viewer = (await join(window.page, "Viewer", "Vera Rubin")).context;
  await window.page.close();
});
afterAll(async () => {
  if (!found) return;
  await browser.close();
  await product.stop();
});

/** Makes an invitation as who is signed in, and gives its link. */
async function invite(page: Page, role: string): Promise<string> {
  await page.goto(`${product.api}/o/acme/members`);
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByRole("radio", { name: new RegExp(`^${role}`) }).check();
  await page.getByRole("button", { name: "Create the link" }).click();
  const link = (await page.getByTestId("one-time").textContent()) ?? "";
  const dialog = page.getByRole("dialog", { name: "Send this link" });
  await page.keyboard.press("Escape");
  expect(await dialog.isVisible()).toBe(true);
  await dialog.getByRole("checkbox", { name: "I have copied it" }).check();
  await dialog.getByRole("button", { name: "Done" }).click();
  await dialog.waitFor({ state: "detached" });
  return link;
}

/** Somebody new opens an invitation in a browser of their own and joins by a name. */
async function join(inviter: Page, role: string, name: string) {
  const link = await invite(inviter, role);
  const window = await openWindow(browser);
  await window.page.goto(link);
  await window.page.getByRole("heading", { name: "Join Acme" }).waitFor();
  await window.page.getByLabel("Your name").fill(name);
  await window.page.getByRole("button", { name: "Join Acme" }).click();
  await window.page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  return { ...window, link };
}

const rowOf = (page: Page, table: string, text: string) =>
  page.getByRole("table", { name: table }).getByRole("row").filter({ hasText: text });

/** The reason a button gives for being off; null when it is on. */
async function reasonOf(page: Page, name: string | RegExp): Promise<string | null> {
  const button = page.getByRole("button", { name }).first();
  await button.focus();
  if ((await button.getAttribute("aria-disabled")) !== "true") return null;
  const id = await button.getAttribute("aria-describedby");
  const reason = page.locator(`[id="${id ?? ""}"]`);
  expect(await reason.isVisible(), "the reason is shown").toBe(true);
  return reason.textContent();
}

/** Calls the API with the token that a page of this user carries. */
async function callAs(page: Page, method: string, path: string, body?: object) {
  const seen = page.waitForRequest((request) => "authorization" in request.headers());
  await page.reload();
  const { authorization = "" } = (await seen).headers();
  const answer = await fetch(`${product.api}/api/v1${path}`, {
    method,
    headers: { authorization, "content-type": "application/json", "if-match": '"1"' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const problem: { code?: string; title?: string; detail?: string; remedy?: string } =
    await answer.json();
  return { status: answer.status, ...problem };
}

browserTest(
  "[CN9] [CN12] invited, joined in another browser, given another role, removed",
  async () => {
    const page = await owner.newPage();
    const complaints = watch(page);
    const grace = await join(page, "Developer", "Grace Hopper");
    expect(new URL(grace.page.url()).pathname).toBe("/o/acme");
    expect(await grace.page.evaluate<string>("JSON.stringify(sessionStorage)")).not.toContain(
      grace.link.split("#t=")[1],
    );

    await page.goto(`${product.api}/o/acme/members`);
    const row = rowOf(page, "Members", "Grace Hopper");
    await row.getByRole("button", { name: "Role of Grace Hopper: Developer" }).click();
    await page.getByRole("radio", { name: /^Admin/ }).check();
    await page.getByRole("button", { name: "Save" }).click();
    await row.getByRole("button", { name: "Role of Grace Hopper: Admin" }).waitFor();

    // A new role is in the next token: signing in again asks for one.
    await grace.page.goto(`${product.api}/o/acme/keys?dialog=new`);
    await grace.page.getByLabel("Name").fill("nightly");
    await grace.page.getByRole("button", { name: "Create", exact: true }).click();
    await grace.page.getByTestId("one-time").waitFor();

    await page.goto(`${product.api}/o/acme/members`);
    await row.getByRole("button", { name: "Remove Grace Hopper" }).click();
    const dialog = page.getByRole("dialog", { name: "Remove Grace Hopper?" });
    await dialog.getByText("1 API key made by Grace Hopper (nightly) is revoked").waitFor();
    await dialog.getByRole("checkbox", { name: /^Keep the keys working/ }).check();
    await dialog.getByText("1 API key made by Grace Hopper (nightly) keeps working").waitFor();
    await dialog.getByRole("checkbox", { name: /^Keep the keys working/ }).uncheck();
    await dialog.getByRole("button", { name: "Remove the member" }).click();
    await row.waitFor({ state: "detached" });
    await page.goto(`${product.api}/o/acme/keys`);
    await rowOf(page, "API keys", "nightly").getByText("Revoked", { exact: true }).waitFor();
    expect(complaints).toEqual([]);

    // What she still has open leads nowhere any more, and says so.
    await grace.page.goto(`${product.api}/o/acme/members`);
    await grace.page.getByRole("heading", { name: "You belong to no organization" }).waitFor();
    await grace.context.close();
    await page.close();
  },
);

browserTest("[CN9] [ID26] whoever may change nobody leaves by themselves", async () => {
  const page = await owner.newPage();
  const alan = await join(page, "Operator", "Alan Turing");
  await alan.page.goto(`${product.api}/o/acme/members`);
  await alan.page.getByRole("button", { name: "Leave" }).click();
  const dialog = alan.page.getByRole("dialog", { name: "Leave Acme?" });
  expect(await dialog.getByRole("checkbox").count()).toBe(0);
  await dialog.getByRole("button", { name: "Leave" }).click();
  await alan.page.getByRole("heading", { name: "You belong to no organization" }).waitFor();
  await page.goto(`${product.api}/o/acme/members`);
  await rowOf(page, "Members", "Vera Rubin").waitFor();
  expect(await rowOf(page, "Members", "Alan Turing").count()).toBe(0);
  expect(alan.complaints).toEqual([]);
  await alan.context.close();
  await page.close();
});

browserTest(
  "[CN9] [AU5] an account is deleted once its name is typed, and signs in nowhere",
  async () => {
    const page = await owner.newPage();
    const mary = await join(page, "Developer", "Mary Shaw");
    await mary.page.goto(`${product.api}/o/acme/account`);
    await mary.page.getByRole("button", { name: "Delete my account" }).click();
    const confirm = mary.page.getByRole("button", { name: "Delete it for good" });
    expect(await confirm.getAttribute("aria-disabled")).toBe("true");
    await mary.page.getByRole("dialog").getByRole("textbox").fill("Mary Shaw");
    await confirm.click();
    await mary.page.waitForURL("**/login*");
    await mary.page.goto(`${product.api}/o/acme`);
    await mary.page.waitForURL("**/login?return_to=*");
    await page.goto(`${product.api}/o/acme/audit?action=members`);
    await page.getByRole("table").getByRole("row").nth(1).waitFor();
    expect(await page.getByText("Mary Shaw").count()).toBe(0);
    await mary.context.close();
    await page.close();
  },
);

browserTest("[CN9] a used or revoked invitation says so, and asks for a new one", async () => {
  const page = await owner.newPage();
  const link = await invite(page, "Operator");
  const row = rowOf(page, "Open invitations", "Operator");
  await row.getByRole("button", { name: /^Revoke/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke the invitation" }).click();
  await row.waitFor({ state: "detached" });
  const stranger = await openWindow(browser);
  await stranger.page.goto(link);
  await stranger.page.getByRole("heading", { name: "This invitation does not work" }).waitFor();
  await stranger.page.getByText("invite_invalid").waitFor();
  expect(stranger.page.url(), "the token is out of the address").toBe(`${product.api}/invite`);
  await stranger.context.close();
  await page.close();
});

/** What a viewer may not do: page, button, and the request that it would send. */
const FORBIDDEN: readonly (readonly [
  path: string,
  button: string | RegExp,
  method: string,
  route: string,
  body?: object,
])[] = [
  ["/members", "Invite", "POST", "/invitations", { role: "viewer" }],
  ["/members", /^Role of Ada/, "PATCH", "/members/{ada}", { role: "viewer" }],
  ["/members", /^Remove Ada/, "DELETE", "/members/{ada}"],
  ["/settings/org", "Save", "PATCH", "/org", { name: "Mine" }],
  ["/settings/org", "Delete", "DELETE", "/org"],
];

browserTest(
  "[CN6] a viewer sees each forbidden action disabled, for the reason the API gives",
  async () => {
    const page = await viewer.newPage();
    const complaints = watch(page);
    await page.goto(`${product.api}/o/acme/members`);
    const ids = { ada: "", me: "" };
    const list = await (await page.waitForResponse("**/api/v1/members?*")).json();
    for (const { user_id: id, name } of list.items)
      ids[name === "Ada Lovelace" ? "ada" : "me"] = String(id);
    for (const [path, button, method, route, body] of FORBIDDEN) {
      await page.goto(`${product.api}/o/acme${path}`);
      const reason = await reasonOf(page, button);
      const target = route.replace("{ada}", ids.ada).replace("{me}", ids.me);
      const refused = await callAs(page, method, target, body);
      expect(refused.code, `${method} ${route}`).toBe("forbidden");
      const permission = /permission (\S+) /.exec(refused.detail ?? "")?.[1] ?? "none named";
      expect(reason, String(button)).toContain(`permission ${permission}.`);
    }
    expect(complaints).toEqual([]);
    await page.close();
  },
);

browserTest("[CN6] areas a viewer may not read have no entry and no page", async () => {
  const page = await viewer.newPage();
  await page.goto(`${product.api}/o/acme/members`);
  await page.getByRole("table", { name: "Members" }).waitFor();
  const rooms = await page
    .getByRole("navigation", { name: "Rooms" })
    .getByRole("link")
    .allTextContents();
  const names = rooms.map((room) => room.replace(/g .$/, ""));
  expect(names).toEqual([
    "Overview",
    "Analyses",
    "Runs",
    "Members",
    "Webhooks",
    "Usage",
    "Settings",
    expect.stringContaining("Vera Rubin"),
  ]);
  expect(await page.getByRole("heading", { name: "Open invitations" }).count()).toBe(0);
  for (const area of ["/keys", "/secrets", "/audit"]) {
    await page.goto(`${product.api}/o/acme${area}`);
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
  }
  await page.goto(`${product.api}/o/acme`);
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  expect(await page.getByRole("link", { name: "Create a key" }).count()).toBe(0);
  await page.close();
});

browserTest("[CN6] the last owner can neither step down nor leave, as the API says", async () => {
  const page = await owner.newPage();
  await page.goto(`${product.api}/o/acme/members`);
  const list = await (await page.waitForResponse("**/api/v1/members?*")).json();
  const ada = list.items.find((member: { name: string }) => member.name === "Ada Lovelace");
  const refused = await callAs(page, "PATCH", `/members/${ada.user_id}`, { role: "admin" });
  expect(refused.code).toBe("last_owner");
  const sentence = `${refused.title}. ${refused.remedy}`;
  expect(await reasonOf(page, /^Role of Ada/)).toBe(sentence);
  expect(await reasonOf(page, "Leave")).toBe(sentence);
  await page.close();
});

browserTest(
  "[CN5] who saves over somebody else's change sees theirs beside yours, and chooses",
  async () => {
    const page = await owner.newPage();
    const other = await owner.newPage();
    for (const one of [page, other]) {
      await one.goto(`${product.api}/o/acme/settings/org`);
      await one.getByRole("heading", { name: "Settings" }).waitFor();
    }
    await other.getByLabel("Name").fill("Acme Labs");
    await other.getByRole("button", { name: "Save" }).click();
    await other.getByText("The name is saved.").waitFor();
    await page.getByLabel("Name").fill("Acme Works");
    await page.getByRole("button", { name: "Save" }).click();
    const conflict = page.getByRole("alert").filter({ hasText: "Somebody else changed this" });
    await conflict.waitFor();
    expect(await conflict.getByRole("row").last().allTextContents()).toEqual([
      "NameAcme LabsAcme Works",
    ]);
    await conflict.getByRole("button", { name: "Take theirs" }).click();
    expect(await page.getByLabel("Name").inputValue()).toBe("Acme Labs");
    await page.getByLabel("Name").fill("Acme");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("The name is saved.").waitFor();
    await page.getByRole("button", { name: "Organization: Acme" }).waitFor();
    await other.close();
    await page.close();
  },
);

browserTest(
  "[CN3] a new organization is made, worked in, and left again by the switcher",
  async () => {
    const page = await owner.newPage();
    const complaints = watch(page);
    await page.goto(`${product.api}/o/acme`);
    await page.getByRole("button", { name: "Organization: Acme" }).click();
    await page.getByRole("menuitem", { name: "Create an organization" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("Beta Works");
    await page.getByRole("dialog").getByRole("button", { name: "Create", exact: true }).click();
    await page.waitForURL("**/o/beta-works");
    await page.getByRole("button", { name: "Organization: Beta Works" }).click();
    await page.getByRole("menuitem", { name: "Acme" }).click();
    await page.waitForURL("**/o/acme");
    await page.getByRole("button", { name: "Organization: Acme" }).waitFor();

    await page.goto(`${product.api}/o/beta-works/settings/org`);
    await page.getByRole("button", { name: "Delete" }).click();
    const confirm = page.getByRole("button", { name: "Delete the organization" });
    expect(await confirm.getAttribute("aria-disabled")).toBe("true");
    await page.getByRole("dialog").getByRole("textbox").fill("Beta Works");
    await confirm.click();
    await page.waitForURL("**/o/acme");
    expect(complaints).toEqual([]);
    await page.close();
  },
);

browserTest("[CN20] a role is changed by the keyboard alone", async () => {
  const page = await owner.newPage();
  await page.goto(`${product.api}/o/acme`);
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("p");
  await page.getByRole("heading", { name: "Members", level: 1 }).waitFor();
  await page.keyboard.press("j");
  await focused(page, "Role of Vera Rubin: Viewer");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Role of Vera Rubin" }).waitFor();
  await page.getByRole("radio", { name: /^Viewer/ }).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await focused(page, "Role of Vera Rubin: Operator");
  await page.keyboard.press("Enter");
  await page.getByRole("radio", { name: /^Operator/ }).focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await focused(page, "Role of Vera Rubin: Viewer");
  await page.close();
});

/** Waits until the focus stands on the button of this name. */
async function focused(page: Page, label: string): Promise<void> {
  await page.locator(`:focus[aria-label=${JSON.stringify(label)}]`).waitFor();
}

browserTest("[CN7] an action that needs a new sign-in offers it, and the way back", async () => {
  const page = await owner.newPage();
  await page.route("**/api/v1/me/revoke-all", (route) =>
    route.fulfill({
      status: 401,
      contentType: "application/problem+json",
      body: JSON.stringify({
        code: "reauth_required",
        title: "The last sign-in is too long ago for this",
        status: 401,
        remedy: "Sign in again, then repeat the action within ten minutes.",
      }),
    }),
  );
  await page.goto(`${product.api}/o/acme/account?dialog=everywhere`);
  await page.getByRole("button", { name: "End all sessions" }).click();
  const again = page.getByRole("alert").getByRole("link", { name: "Sign in again" });
  expect(await again.getAttribute("href")).toBe(
    "/login?return_to=%2Fo%2Facme%2Faccount%3Fdialog%3Deverywhere",
  );
  await page.close();
});

browserTest("[CN4] a session of another browser is ended from the account page", async () => {
  const link = await fetch(`${product.api}/internal/v1/local/login-link`, {
    method: "POST",
    headers: { authorization: `Bearer ${product.launcherToken}` },
  });
  const { url } = Object.assign({ url: "" }, await link.json());
  const elsewhere = await openWindow(browser);
  await elsewhere.page.goto(url);
  await elsewhere.page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  const page = await owner.newPage();
  await page.goto(`${product.api}/o/acme/account`);
  const sessions = page
    .getByRole("region", { name: "Where you are signed in" })
    .getByRole("listitem");
  await sessions.nth(1).waitFor();
  expect(await sessions.count()).toBe(2);
  expect(await sessions.filter({ hasText: "this browser" }).count()).toBe(1);
  await sessions
    .filter({ hasNotText: "this browser" })
    .getByRole("button", { name: /^End the session/ })
    .click();
  await page.getByText("That session is over.").waitFor();
  expect(await sessions.count()).toBe(1);
  await elsewhere.page.goto(`${product.api}/o/acme/runs`);
  await elsewhere.page.waitForURL("**/login?return_to=*");
  await elsewhere.context.close();
  await page.close();
});

browserTest("[CN7] the sign-in page has a button per provider and explains an error", async () => {
  const { context, page, complaints } = await openWindow(browser);
  await page.route("**/api/v1/auth/providers", (route) =>
    route.fulfill({
      json: {
        items: [
          { id: "github", name: "GitHub" },
          { id: "google", name: "Google" },
        ],
        command: null,
      },
    }),
  );
  await page.goto(`${product.api}/login?error=signup_closed&return_to=%2Fo%2Facme%2Fruns`);
  await page.getByText("Ask an administrator of an organization for an invitation.").waitFor();
  const hrefs = [];
  for (const name of ["GitHub", "Google"])
    hrefs.push(
      await page.getByRole("link", { name: `Continue with ${name}` }).getAttribute("href"),
    );
  expect(hrefs).toEqual([
    "/api/v1/auth/github/start?return_to=%2Fo%2Facme%2Fruns",
    "/api/v1/auth/google/start?return_to=%2Fo%2Facme%2Fruns",
  ]);
  expect(await axeFindings(page)).toEqual([]);
  await page.goto(`${product.api}/login?error=%3Cimg%20src%3Dx%3E`);
  await page.getByText("Signing in failed").waitFor();
  expect(await page.getByRole("alert").textContent()).not.toContain("img");
  expect(complaints).toEqual([]);
  await context.close();
});

/** Page, and what says that it is there. */
const PAGES: readonly (readonly [path: string, sign: string])[] = [
  ["/members", "Open invitations"],
  ["/members?dialog=invite", "Invite somebody"],
  ["/settings/org", "Danger zone"],
  ["/settings/org?dialog=delete", "Delete Acme?"],
  ["/account", "Where you are signed in"],
  ["/account?dialog=org", "Create an organization"],
  ["/account?dialog=everywhere", "Sign out everywhere?"],
  ["/account?dialog=delete", "Delete your account?"],
];

// Two cores: a page waits for the network while axe reads another.
test.skipIf(!found).each(looks(PAGES))(
  "[CN1] [CN23] %s: no error, axe clean in light and dark, 360 px wide",
  { concurrent: true },
  async (path, sign) => {
    const page = await owner.newPage();
    const complaints = watch(page);
    await page.emulateMedia({ colorScheme: "light" });
    await page.goto(`${product.api}/o/acme${path}`);
    await page.getByRole("heading", { name: sign }).waitFor();
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

browserTest("[CN23] on a phone the rooms unfold, and so does the switcher", async () => {
  const page = await owner.newPage();
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(`${product.api}/o/acme/members`);
  await page.getByRole("button", { name: "Show the rooms" }).click();
  await page.getByRole("button", { name: "Organization: Acme" }).click();
  expect(await axeFindings(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
  expect(await page.getByRole("link", { name: "Members" }).isVisible()).toBe(false);
  await page.close();
});
