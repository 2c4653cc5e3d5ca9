/** An endpoint as its form holds it: lists as text that is typed, and back. Pure. */
import type { EventType, Webhook, WebhookFilters } from "../../wire.ts";

type Band = WebhookFilters["bands"][number];

export interface WebhookFields {
  readonly url: string;
  /** Empty: all of them, also those to come. */
  readonly events: readonly EventType[];
  /** Entries between commas or spaces; empty takes everything. */
  readonly repositories: string;
  readonly branches: string;
  readonly categories: string;
  readonly bands: readonly Band[];
}

/** Confidence of an analysis; the type keeps the list complete. */
const BAND_LABELS = { high: "high", medium: "medium", low: "low" } as const satisfies Record<
  Band,
  string
>;
export const BANDS = Object.keys(BAND_LABELS).filter((band): band is Band => band in BAND_LABELS);

export const NO_FIELDS: WebhookFields = {
  url: "",
  events: [],
  repositories: "",
  branches: "",
  categories: "",
  bands: [],
};

export const fieldsOf = ({ url, events, filters }: Webhook): WebhookFields => ({
  url,
  events,
  repositories: filters.repositories.join(", "),
  branches: filters.branches.join(", "),
  categories: filters.categories.join(", "),
  bands: filters.bands,
});

export interface WebhookInput {
  readonly url: string;
  readonly events: readonly EventType[];
  readonly filters: WebhookFilters;
}

export const inputOf = (fields: WebhookFields): WebhookInput => ({
  url: fields.url.trim(),
  events: fields.events,
  filters: {
    repositories: entriesOf(fields.repositories),
    branches: entriesOf(fields.branches),
    categories: entriesOf(fields.categories),
    bands: [...fields.bands],
  },
});

/** None of the four can hold a comma or a space. */
const entriesOf = (text: string): string[] => [
  ...new Set(text.split(/[\s,]+/).filter((entry) => entry !== "")),
];

/** What is let through, in words: `repositories acme/*; branches main`; null for everything. */
export function filtersText({
  repositories,
  branches,
  categories,
  bands,
}: WebhookFilters): string | null {
  const parts = Object.entries({ repositories, branches, categories, confidence: bands })
    .filter(([, entries]) => entries.length > 0)
    .map(([name, entries]) => `${name} ${entries.join(", ")}`);
  return parts.length === 0 ? null : parts.join("; ");
}
