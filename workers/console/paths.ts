/** The only place that spells URLs of the console. Each entry is spread on a `Link` or given to `navigate` [CN1]. */
import type {
  AnalysesSearch,
  AnalysisSearch,
  KeysSearch,
  RunSearch,
  RunsSearch,
} from "./search.ts";

export const paths = {
  home: () => ({ to: "/" }) as const,
  login: (search: { return_to?: string; error?: string } = {}) =>
    ({ to: "/login", search }) as const,
  setup: () => ({ to: "/setup" }) as const,
  link: () => ({ to: "/link" }) as const,
  overview: (org: string) => ({ to: "/o/$org", params: { org } }) as const,
  runs: (org: string, search: RunsSearch = {}) =>
    ({ to: "/o/$org/runs", params: { org }, search }) as const,
  run: (org: string, run: string, search: RunSearch = {}) =>
    ({ to: "/o/$org/runs/$run", params: { org, run }, search }) as const,
  analyses: (org: string, search: AnalysesSearch = {}) =>
    ({ to: "/o/$org/analyses", params: { org }, search }) as const,
  analysisNew: (org: string) => ({ to: "/o/$org/analyses/new", params: { org } }) as const,
  analysis: (org: string, analysis: string, search: AnalysisSearch = {}) =>
    ({ to: "/o/$org/analyses/$analysis", params: { org, analysis }, search }) as const,
  keys: (org: string, search: KeysSearch = {}) =>
    ({ to: "/o/$org/keys", params: { org }, search }) as const,
  account: (org: string) => ({ to: "/o/$org/account", params: { org } }) as const,
};
