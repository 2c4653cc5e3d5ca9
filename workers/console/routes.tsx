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
import { paths } from "./paths.ts";
import { analysesQuery, analysisQuery } from "./queries/analyses.ts";
import { keysQuery } from "./queries/keys.ts";
import { meQuery, overviewQuery, providersQuery } from "./queries/orgs.ts";
import { runQuery, runsQuery } from "./queries/runs.ts";
import {
  analysesSearch,
  analysisSearch,
  keysSearch,
  loginSearch,
  runSearch,
  runsSearch,
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

const org = createRoute({
  getParentRoute: () => root,
  path: "/o/$org",
  // The credential's organization decides what is read; a URL of another one switches first [CN3].
  beforeLoad: async ({ context, params, location }) => {
    const me = await signedIn(context.queryClient, location.href);
    if (me.org.slug === params.org) return;
    const other = me.orgs.find((candidate) => candidate.slug === params.org);
    if (other === undefined) throw notFound();
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

const account = createRoute({
  getParentRoute: () => org,
  path: "/account",
  staticData: { crumb: "Account" },
  component: lazyRouteComponent(() => import("./pages/orgs/account-detail.tsx"), "AccountDetail"),
});

export const routeTree = root.addChildren([
  home,
  login,
  setup,
  link,
  org.addChildren([overview, runs, run, analyses, analysisNew, analysis, keys, account]),
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

/** Who is signed in; without a session the way leads to /login and back. */
async function signedIn(queryClient: QueryClient, href: string) {
  try {
    return await queryClient.ensureQueryData(meQuery);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401)
      throw redirect(paths.login({ return_to: href }));
    throw error;
  }
}

/** An area whose `.read` is missing does not exist for this user [CN6]. */
async function needs(queryClient: QueryClient, action: string): Promise<void> {
  const me = await queryClient.ensureQueryData(meQuery);
  const area = action.slice(0, action.indexOf("."));
  if (!permits(me.grants, action, area)) throw notFound();
}
