/**
 * The JSON the console reads from the API, as the API's own schemas type it. Types only: a route that changes its answer
 * fails to compile here, and zod stays out of the first load.
 */
import type { Analysis, AnalysisSummary } from "../platform/analyses/model.ts";
import type { AccessToken, Me as MeAnswer } from "../platform/identity/model.ts";
import type { ApiKey } from "../platform/keys/model.ts";
import type { Member, OrgMembership, Role } from "../platform/orgs/model.ts";
import type { Run, RunWithTasks } from "../platform/tasks/model.ts";

export type {
  Analysis,
  AnalysisStatus,
  AnalysisSummary,
  Block,
  Diagnostic,
  FailedTest,
  LogHits,
  LogPage,
  Result,
  RetryHint,
  ShownLine as LogLine,
} from "../platform/analyses/model.ts";
export type {
  Delivery,
  DeliveryAttempt,
  DeliveryDetail,
  DeliveryStatus,
  EventType,
  TestResult,
  Webhook,
  WebhookFilters,
  WebhookWithSecret,
} from "../platform/alerts/model.ts";
export type { AuditEntry, AuditHead, AuditVerification } from "../platform/audit/model.ts";
export type { Secret, SecretKind, SecretVersion } from "../platform/secrets/model.ts";
export type {
  Invitation,
  InvitationWithLink,
  Member,
  Org,
  OrgMembership,
  Role,
} from "../platform/orgs/model.ts";
export type {
  IdentityView as Identity,
  Provider,
  Providers,
  SessionView,
} from "../platform/identity/model.ts";
export type { Run, Task } from "../platform/tasks/model.ts";
export type {
  Limits,
  LimitName,
  LimitState,
  Meter,
  PutSpendCap,
  SpendCap,
  UsageReport,
  UsageRow,
} from "../platform/usage/model.ts";
export type Session = AccessToken;
export type Key = ApiKey;
export type RunDetail = RunWithTasks;

export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

/** A session that has an organization; one without sees no room of the console. */
export type Me = AnyMe & { readonly org: OrgMembership };
export type AnyMe = MeAnswer;

/** What a membership may carry beside its role. */
export type ExtraGrant = Member["grants"][number];

/** What an invitation is for, as its link alone tells. */
export interface InvitationPreview {
  readonly org_name: string;
  readonly role: Role;
  readonly email: string | null;
}

/** What an upload answers: the finished analysis (201), or where it will be (202). */
export type Uploaded = Analysis | { readonly id: string; readonly status: "pending" };

interface DayOfAnalyses {
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
  readonly pending: number;
}

interface DayOfRuns {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly running: number;
}

export interface Overview {
  readonly analyses: {
    readonly day: DayOfAnalyses;
    readonly by_category: readonly { readonly category: string; readonly count: number }[];
  };
  readonly runs: { readonly day: DayOfRuns };
  readonly latest_analyses: readonly AnalysisSummary[];
  readonly latest_failed_runs: readonly Run[];
}
