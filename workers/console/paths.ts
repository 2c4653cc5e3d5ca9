/** The only place that spells URLs of the console. Each entry is spread on a `Link` or given to `navigate` [CN1]. */
import type {
  AccountSearch,
  AnalysesSearch,
  AnalysisSearch,
  AuditSearch,
  KeysSearch,
  MembersSearch,
  RunSearch,
  RunsSearch,
  SecretsSearch,
  SettingsOrgSearch,
  UsageSearch,
  WebhookSearch,
  WebhooksSearch,
} from "./search.ts";

export const paths = {
  home: () => ({ to: "/" }) as const,
  login: (search: { return_to?: string; error?: string } = {}) =>
    ({ to: "/login", search }) as const,
  setup: () => ({ to: "/setup" }) as const,
  link: () => ({ to: "/link" }) as const,
  invite: () => ({ to: "/invite" }) as const,
  orgNew: () => ({ to: "/orgs/new" }) as const,
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
  secrets: (org: string, search: SecretsSearch = {}) =>
    ({ to: "/o/$org/secrets", params: { org }, search }) as const,
  webhooks: (org: string, search: WebhooksSearch = {}) =>
    ({ to: "/o/$org/webhooks", params: { org }, search }) as const,
  webhook: (org: string, webhook: string, search: WebhookSearch = {}) =>
    ({ to: "/o/$org/webhooks/$webhook", params: { org, webhook }, search }) as const,
  usage: (org: string, search: UsageSearch = {}) =>
    ({ to: "/o/$org/usage", params: { org }, search }) as const,
  audit: (org: string, search: AuditSearch = {}) =>
    ({ to: "/o/$org/audit", params: { org }, search }) as const,
  members: (org: string, search: MembersSearch = {}) =>
    ({ to: "/o/$org/members", params: { org }, search }) as const,
  settingsOrg: (org: string, search: SettingsOrgSearch = {}) =>
    ({ to: "/o/$org/settings/org", params: { org }, search }) as const,
  account: (org: string, search: AccountSearch = {}) =>
    ({ to: "/o/$org/account", params: { org }, search }) as const,
};
