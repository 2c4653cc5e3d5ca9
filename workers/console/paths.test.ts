/** Every URL the console spells leads to a page with a crumb. */
import { QueryClient } from "@tanstack/react-query";
import { createMemoryHistory } from "@tanstack/react-router";
import { expect, test } from "vitest";
import { paths } from "./paths.ts";
import { createConsoleRouter } from "./routes.tsx";

const router = createConsoleRouter(new QueryClient());
router.update({ ...router.options, history: createMemoryHistory({ initialEntries: ["/login"] }) });

const ALL = {
  login: paths.login({ return_to: "/o/acme" }),
  setup: paths.setup(),
  link: paths.link(),
  overview: paths.overview("acme"),
  runs: paths.runs("acme", { status: "failed" }),
  run: paths.run("acme", "r1", { task: "sys.analyses~0~t1" }),
  analyses: paths.analyses("acme", { category: "test.assertion", cursor: "c2" }),
  analysisNew: paths.analysisNew("acme"),
  analysis: paths.analysis("acme", "a1", { block: 2, q: "a b", wrap: true }),
  keys: paths.keys("acme", { dialog: "new" }),
  account: paths.account("acme", { dialog: "unlink", identity: "i1" }),
  secrets: paths.secrets("acme", { dialog: "put", name: "env.TOKEN" }),
  webhooks: paths.webhooks("acme", { dialog: "new" }),
  webhook: paths.webhook("acme", "w1", { status: "failed", delivery: "d1" }),
  usage: paths.usage("acme", { month: "2026-11", meter: "tasks" }),
  audit: paths.audit("acme", { action: "keys.create", from: "2026-11-01", entry: "7" }),
  members: paths.members("acme", { dialog: "change", member: "u1" }),
  settingsOrg: paths.settingsOrg("acme", { dialog: "delete" }),
  invite: paths.invite(),
  orgNew: paths.orgNew(),
};

test("[CN1] paths.ts spells every URL, and each leads to a route with a crumb", () => {
  const spelled = Object.entries(ALL).map(([name, path]) => {
    const location = router.buildLocation(path);
    const [, , route] = router.getMatchedRoutes(location.pathname);
    return `${name}: ${location.href} -> ${route?.options.staticData?.crumb ?? "no crumb"}`;
  });
  expect(spelled).toMatchInlineSnapshot(`
    [
      "login: /login?return_to=%2Fo%2Facme -> Sign in",
      "setup: /setup -> Set up",
      "link: /link -> Sign in by link",
      "overview: /o/acme -> Overview",
      "runs: /o/acme/runs?status=failed -> Runs",
      "run: /o/acme/runs/r1?task=sys.analyses%7E0%7Et1 -> Run",
      "analyses: /o/acme/analyses?category=test.assertion&cursor=c2 -> Analyses",
      "analysisNew: /o/acme/analyses/new -> New analysis",
      "analysis: /o/acme/analyses/a1?block=2&q=a+b&wrap=true -> Analysis",
      "keys: /o/acme/keys?dialog=new -> API keys",
      "account: /o/acme/account?dialog=unlink&identity=i1 -> Account",
      "secrets: /o/acme/secrets?dialog=put&name=env.TOKEN -> Secrets",
      "webhooks: /o/acme/webhooks?dialog=new -> Webhooks",
      "webhook: /o/acme/webhooks/w1?status=failed&delivery=d1 -> Webhook",
      "usage: /o/acme/usage?month=2026-11&meter=tasks -> Usage",
      "audit: /o/acme/audit?action=keys.create&from=2026-11-01&entry=%227%22 -> Audit",
      "members: /o/acme/members?dialog=change&member=u1 -> Members",
      "settingsOrg: /o/acme/settings/org?dialog=delete -> Settings",
      "invite: /invite -> Invitation",
      "orgNew: /orgs/new -> New organization",
    ]
  `);
  expect(Object.keys(paths).toSorted()).toEqual([...Object.keys(ALL), "home"].toSorted());
});

test("[CN1] what a URL says is what the page reads back", () => {
  const location = router.buildLocation(ALL.analysis);
  expect(
    router.parseLocation({
      ...router.history.location,
      href: location.href,
      pathname: location.pathname,
      search: location.searchStr,
      hash: "",
    }).search,
  ).toEqual({ block: 2, q: "a b", wrap: true });
});
