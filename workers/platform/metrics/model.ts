/** What an installation tells about itself: every metric with its names, its kind and what it counts. */
import type { Counted } from "../../../durable-objects/metrics/model.ts";

export interface Metric {
  /** As Prometheus names it. */
  readonly prometheus: string;
  /** As OpenTelemetry names it. */
  readonly otlp: string;
  readonly kind: "histogram" | "gauge" | "counter";
  readonly unit: "s" | "{task}" | "{delivery}" | "{message}";
  readonly labels: readonly string[];
  readonly help: string;
}

/** docs/metrics.md holds the same table; a test compares the two. */
export const METRICS = {
  requests: {
    prometheus: "edgewright_http_request_duration_seconds",
    otlp: "http.server.request.duration",
    kind: "histogram",
    unit: "s",
    labels: ["route", "method", "status"],
    help: "How long requests took, by template of the route, method and class of status.",
  },
  backlog: {
    prometheus: "edgewright_engine_backlog_tasks",
    otlp: "edgewright.engine.backlog",
    kind: "gauge",
    unit: "{task}",
    labels: ["dag"],
    help: "Tasks that are not done, by DAG.",
  },
  deliveries: {
    prometheus: "edgewright_deliveries_waiting",
    otlp: "edgewright.deliveries.waiting",
    kind: "gauge",
    unit: "{delivery}",
    labels: ["status"],
    help: "Deliveries that were not sent yet, by status.",
  },
  deadLetters: {
    prometheus: "edgewright_dead_letters_total",
    otlp: "edgewright.queue.dead_letters",
    kind: "counter",
    unit: "{message}",
    labels: [],
    help: "Queue messages that no consumer took; any is worth a look.",
  },
} as const satisfies Record<string, Metric>;

/** A number of a label. */
export interface Labelled {
  readonly label: string;
  readonly value: number;
}

/** All of it at one moment. */
export interface Snapshot {
  readonly at: number;
  readonly counted: Counted;
  readonly backlog: readonly Labelled[];
  readonly deliveries: readonly Labelled[];
}
