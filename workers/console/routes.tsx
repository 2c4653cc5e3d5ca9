/** The table of contents of the console: every path, its page, what it loads, its crumb, and the permission it needs. */
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  notFound,
  Outlet,
  redirect,
  useRouter,
} from "@tanstack/react-router";
import { permits } from "./can.ts";
import { ApiError } from "./errors.ts";
import { needs, signedIn } from "./guards.ts";
import { paths } from "./paths.ts";
import { analysesQuery, analysisQuery } from "./queries/analyses.ts";
import { auditQuery } from "./queries/audit.ts";
import { keysQuery } from "./queries/keys.ts";
import { identitiesQuery, sessionsQuery } from "./queries/account.ts";
import { invitationsQuery, membersQuery } from "./queries/members.ts";
import { anyMeQuery, meQuery, orgQuery, overviewQuery, providersQuery } from "./queries/orgs.ts";
import { runQuery, runsQuery } from "./queries/runs.ts";
import { secretsQuery } from "./queries/secrets.ts";
import { capsQuery, limitsQuery, monthQuery } from "./queries/usage.ts";
import { deliveriesQuery, webhookQuery, webhooksQuery } from "./queries/webhooks.ts";
import {
  accountSearch,
  analysesSearch,
  analysisSearch,
  auditSearch,
  keysSearch,
  loginSearch,
  membersSearch,
  runSearch,
  runsSearch,
  secretsSearch,
  settingsOrgSearch,
  usageSearch,
  webhookSearch,
  webhooksSearch,
} from "./search.ts";
import { switchOrg } from "./session.ts";
import { Shell } from "./shell.tsx";
import { Failure } from "./ui/failure.tsx";
import { NotFound } from "./ui/not-found.tsx";
import { PageSkeleton } from "./ui/skeleton.tsx";
import { Toaster } from "./ui/toast.tsx";

interface Context {
  readonly queryClient: QueryClient;
}

declare module "@tanstack/react-router" {
  interface StaticDataRouteOption {
    /** Name in the way from the start page to this one. */
    crumb?: string;
  }
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}

const root = createRootRouteWithContext<Context>()({
  component: () => (
    <>
      <Outlet />
      <Toaster />
    </>
  ),
  notFoundComponent: NotFound,
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: async ({ context, location }) => {
    const me = await signedIn(context.queryClient, location.href);
    throw redirect(paths.overview(me.org.slug));
  },
});

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: loginSearch,
  staticData: { crumb: "Sign in" },
  loader: ({ context }) => context.queryClient.ensureQueryData(providersQuery),
  component: lazyRouteComponent(() => import("./pages/orgs/session-start.tsx"), "SessionStart"),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  staticData: { crumb: "Set up" },
  component: lazyRouteComponent(() => import("./pages/orgs/org-setup.tsx"), "OrgSetup"),
});

const link = createRoute({
  getParentRoute: () => root,
  path: "/link",
  staticData: { crumb: "Sign in by link" },
  component: lazyRouteComponent(() => import("./pages/orgs/link-redeem.tsx"), "LinkRedeem"),
});

const invite = createRoute({
  getParentRoute: () => root,
  path: "/invite",
  staticData: { crumb: "Invitation" },
  loader: ({ context }) => context.queryClient.ensureQueryData(providersQuery),
  component: lazyRouteComponent(() => import("./pages/orgs/invite-accept.tsx"), "InviteAccept"),
});

const orgNew = createRoute({
  getParentRoute: () => root,
  path: "/orgs/new",
  staticData: { crumb: "New organization" },
  loader: async ({ context }) => {
    try {
      return await context.queryClient.ensureQueryData(anyMeQuery);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401)
        throw redirect(paths.login({ return_to: "/orgs/new" }));
      throw error;
    }
  },
  component: lazyRouteComponent(() => import("./pages/orgs/org-new.tsx"), "OrgNewPage"),
});

const org = createRoute({
  getParentRoute: () => root,
  path: "/o/$org",
  // The credential's organization decides what is read; a URL of another one switches first [CN3].
  beforeLoad: async ({ context, params, location, preload }) => {
    const me = await signedIn(context.queryClient, location.href);
    if (me.org.slug === params.org || preload) return;
    const other = me.orgs.find((candidate) => candidate.slug === params.org);
    if (other === undefined) throw notFound();
    // Pages of the organization before are drawn with its data: the next one begins with none.
    if (context.queryClient.getQueryCache().findAll({ type: "active" }).length > 0)
      await reloaded();
    await switchOrg(other.id);
    context.queryClient.clear();
    await context.queryClient.ensureQueryData(meQuery);
  },
  component: Shell,
});

const overview = createRoute({
  getParentRoute: () => org,
  path: "/",
  staticData: { crumb: "Overview" },
  loader: ({ context }) => context.queryClient.ensureQueryData(overviewQuery),
  component: lazyRouteComponent(() => import("./pages/orgs/org-overview.tsx"), "OrgOverview"),
});

const runs = createRoute({
  getParentRoute: () => org,
  path: "/runs",
  staticData: { crumb: "Runs" },
  validateSearch: runsSearch,
  loaderDeps: ({ search }) => search,
  beforeLoad: ({ context }) => needs(context.queryClient, "runs.read"),
  loader: ({ context, deps }) => context.queryClient.ensureQueryData(runsQuery(deps)),
  component: lazyRouteComponent(() => import("./pages/runs/run-list.tsx"), "RunList"),
});

const run = createRoute({
  getParentRoute: () => org,
  path: "/runs/$run",
  staticData: { crumb: "Run" },
  validateSearch: runSearch,
  beforeLoad: ({ context }) => needs(context.queryClient, "runs.read"),
  loader: ({ context, params }) => context.queryClient.ensureQueryData(runQuery(params.run)),
  component: lazyRouteComponent(() => import("./pages/runs/run-detail.tsx"), "RunDetail"),
});

const analyses = createRoute({
  getParentRoute: () => org,
  path: "/analyses",
  staticData: { crumb: "Analyses" },
  validateSearch: analysesSearch,
  loaderDeps: ({ search }) => search,
  beforeLoad: ({ context }) => needs(context.queryClient, "analyses.read"),
  loader: ({ context, deps }) => context.queryClient.ensureQueryData(analysesQuery(deps)),
  component: lazyRouteComponent(() => import("./pages/analyses/analysis-list.tsx"), "AnalysisList"),
});

const analysisNew = createRoute({
  getParentRoute: () => org,
  path: "/analyses/new",
  staticData: { crumb: "New analysis" },
  beforeLoad: ({ context }) => needs(context.queryClient, "analyses.read"),
  component: lazyRouteComponent(() => import("./pages/analyses/analysis-new.tsx"), "AnalysisNew"),
});

const analysis = createRoute({
  getParentRoute: () => org,
  path: "/analyses/$analysis",
  staticData: { crumb: "Analysis" },
  validateSearch: analysisSearch,
  beforeLoad: ({ context }) => needs(context.queryClient, "analyses.read"),
  loader: ({ context, params }) =>
    context.queryClient.ensureQueryData(analysisQuery(params.analysis)),
  component: lazyRouteComponent(
    () => import("./pages/analyses/analysis-detail.tsx"),
    "AnalysisDetail",
  ),
});

const keys = createRoute({
  getParentRoute: () => org,
  path: "/keys",
  staticData: { crumb: "API keys" },
  validateSearch: keysSearch,
  beforeLoad: ({ context }) => needs(context.queryClient, "keys.read"),
  loader: ({ context }) => context.queryClient.ensureQueryData(keysQuery),
  component: lazyRouteComponent(() => import("./pages/keys/key-list.tsx"), "KeyList"),
});

const secrets = createRoute({
  getParentRoute: () => org,
  path: "/secrets",
  staticData: { crumb: "Secrets" },
  validateSearch: secretsSearch,
  beforeLoad: ({ context }) => needs(context.queryClient, "secrets.list"),
  loader: ({ context }) => context.queryClient.ensureQueryData(secretsQuery),
  component: lazyRouteComponent(() => import("./pages/secrets/secret-list.tsx"), "SecretList"),
});

const webhooks = createRoute({
  getParentRoute: () => org,
  path: "/webhooks",
  staticData: { crumb: "Webhooks" },
  validateSearch: webhooksSearch,
  beforeLoad: ({ context }) => needs(context.queryClient, "webhooks.read"),
  loader: ({ context }) => context.queryClient.ensureQueryData(webhooksQuery),
  component: lazyRouteComponent(() => import("./pages/webhooks/webhook-list.tsx"), "WebhookList"),
});

const webhook = createRoute({
  getParentRoute: () => org,
  path: "/webhooks/$webhook",
  staticData: { crumb: "Webhook" },
  validateSearch: webhookSearch,
  loaderDeps: ({ search: { status, cursor } }) => ({ status, cursor }),
  beforeLoad: ({ context }) => needs(context.queryClient, "webhooks.read"),
  loader: ({ context, params, deps }) =>
    Promise.all([
      context.queryClient.ensureQueryData(webhookQuery(params.webhook)),
      context.queryClient.ensureQueryData(deliveriesQuery(params.webhook, deps)),
    ]),
  component: lazyRouteComponent(
    () => import("./pages/webhooks/webhook-detail.tsx"),
    "WebhookDetail",
  ),
});

const usage = createRoute({
  getParentRoute: () => org,
  path: "/usage",
  staticData: { crumb: "Usage" },
  validateSearch: usageSearch,
  loaderDeps: ({ search: { month } }) => ({ month }),
  beforeLoad: ({ context }) => needs(context.queryClient, "usage.read"),
  loader: ({ context, deps: { month } }) =>
    Promise.all([
      context.queryClient.ensureQueryData(limitsQuery),
      context.queryClient.ensureQueryData(monthQuery(month, "meter")),
      context.queryClient.ensureQueryData(capsQuery),
    ]),
  component: lazyRouteComponent(() => import("./pages/usage/usage-summary.tsx"), "UsageSummary"),
});

const audit = createRoute({
  getParentRoute: () => org,
  path: "/audit",
  staticData: { crumb: "Audit" },
  validateSearch: auditSearch,
  // What is unfolded is no reason to read again.
  loaderDeps: ({ search: { action, resource, from, to, cursor } }) => ({
    action,
    resource,
    from,
    to,
    cursor,
  }),
  beforeLoad: ({ context }) => needs(context.queryClient, "audit.read"),
  loader: ({ context, deps }) => context.queryClient.ensureQueryData(auditQuery(deps)),
  component: lazyRouteComponent(() => import("./pages/audit/audit-list.tsx"), "AuditList"),
});

const members = createRoute({
  getParentRoute: () => org,
  path: "/members",
  staticData: { crumb: "Members" },
  validateSearch: membersSearch,
  loaderDeps: ({ search: { cursor } }) => ({ cursor }),
  beforeLoad: ({ context }) => needs(context.queryClient, "members.read"),
  loader: async ({ context, deps }) => {
    const me = await context.queryClient.ensureQueryData(meQuery);
    await Promise.all([
      context.queryClient.ensureQueryData(membersQuery(deps.cursor)),
      // The list of invitations is for those who may send them.
      permits(me.grants, "members.write", "members")
        ? context.queryClient.ensureQueryData(invitationsQuery)
        : null,
    ]);
  },
  component: lazyRouteComponent(() => import("./pages/orgs/member-list.tsx"), "MemberList"),
});

const settingsOrg = createRoute({
  getParentRoute: () => org,
  path: "/settings/org",
  staticData: { crumb: "Settings" },
  validateSearch: settingsOrgSearch,
  beforeLoad: ({ context }) => needs(context.queryClient, "org.read"),
  loader: ({ context }) => context.queryClient.ensureQueryData(orgQuery),
  component: lazyRouteComponent(() => import("./pages/orgs/org-settings.tsx"), "OrgSettings"),
});

const account = createRoute({
  getParentRoute: () => org,
  path: "/account",
  staticData: { crumb: "Account" },
  validateSearch: accountSearch,
  loader: ({ context }) =>
    Promise.all([
      context.queryClient.ensureQueryData(sessionsQuery),
      context.queryClient.ensureQueryData(identitiesQuery),
      context.queryClient.ensureQueryData(providersQuery),
    ]),
  component: lazyRouteComponent(() => import("./pages/orgs/account-detail.tsx"), "AccountDetail"),
});

export const routeTree = root.addChildren([
  home,
  login,
  setup,
  link,
  invite,
  orgNew,
  org.addChildren([
    overview,
    runs,
    run,
    analyses,
    analysisNew,
    analysis,
    keys,
    secrets,
    webhooks,
    webhook,
    usage,
    audit,
    members,
    settingsOrg,
    account,
  ]),
]);

export function createConsoleRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: "intent",
    defaultPreloadDelay: 50,
    // The query cache decides what is fresh, not the router.
    defaultPreloadStaleTime: 0,
    // Until then the page before stays: an answer on the same machine never flashes a skeleton [CN8].
    defaultPendingMs: 150,
    defaultPendingMinMs: 0,
    defaultPendingComponent: PageSkeleton,
    defaultErrorComponent: Failed,
    defaultNotFoundComponent: NotFound,
    scrollToTopSelectors: ["#content"],
    // The log scrolls by the line of its URL, which a remembered position would undo.
    scrollRestoration: ({ location }) => !/\/analyses\/[^/]+$/.test(location.pathname),
    defaultHashScrollIntoView: false,
  });
}

/** Retry runs the loaders again; the router alone would only draw the same error once more. */
function Failed({ error }: { error: unknown }) {
  const router = useRouter();
  return <Failure error={error} retry={() => void router.invalidate()} />;
}

/** The page is loaded anew at its address; nothing after it happens. */
function reloaded(): Promise<never> {
  window.location.reload();
  return new Promise(() => {});
}
