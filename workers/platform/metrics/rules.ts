/** A snapshot as Prometheus reads it, and as OpenTelemetry takes it. */
import { BOUNDS_MS, type Series } from "../../../durable-objects/metrics/model.ts";
import { type Labelled, type Metric, METRICS, type Snapshot } from "./model.ts";

/** Source: Prometheus exposition formats, text format 0.0.4. */
export function prometheusText(snapshot: Snapshot): string {
  const { requests, backlog, deliveries, deadLetters } = METRICS;
  return [
    ...headOf(requests),
    ...snapshot.counted.series.flatMap(histogramLines),
    ...headOf(backlog),
    ...snapshot.backlog.map((one) => sample(backlog, one)),
    ...headOf(deliveries),
    ...snapshot.deliveries.map((one) => sample(deliveries, one)),
    ...headOf(deadLetters),
    `${deadLetters.prometheus} ${snapshot.counted.counters.dead_letters ?? 0}`,
    "",
  ].join("\n");
}

const headOf = ({ prometheus, kind, help }: Metric): readonly string[] => [
  `# HELP ${prometheus} ${help}`,
  `# TYPE ${prometheus} ${kind}`,
];

const sample = ({ prometheus, labels }: Metric, { label, value }: Labelled): string =>
  `${prometheus}${labelText([[labels[0] ?? "name", label]])} ${value}`;

function histogramLines(series: Series): readonly string[] {
  const { prometheus } = METRICS.requests;
  const labels = labelsOf(series);
  let below = 0;
  const buckets = series.buckets.map((count, i) => {
    below += count;
    const bound = BOUNDS_MS[i];
    const le = bound === undefined ? "+Inf" : String(bound / 1000);
    return `${prometheus}_bucket${labelText([...labels, ["le", le]])} ${below}`;
  });
  return [
    ...buckets,
    `${prometheus}_sum${labelText(labels)} ${series.sum_ms / 1000}`,
    `${prometheus}_count${labelText(labels)} ${series.count}`,
  ];
}

type Labels = readonly (readonly [name: string, value: string])[];

const labelsOf = ({ route, method, status }: Series): Labels => [
  ["route", route],
  ["method", method],
  ["status", status],
];

const labelText = (labels: Labels): string =>
  `{${labels.map(([name, value]) => `${name}="${escaped(value)}"`).join(",")}}`;

const escaped = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

/** Sums since the start, not since the last time. Source: OpenTelemetry, metrics data model. */
const CUMULATIVE = 2;

/**
 * The body of POST /v1/metrics. Whole numbers of 64 bits are texts, times nanoseconds since 1970.
 * Source: OTLP 1.x, "JSON Protobuf Encoding", opentelemetry/proto/metrics/v1/metrics.proto.
 */
export function otlpBody(snapshot: Snapshot, version: string): OtlpMetrics {
  const { at, counted } = snapshot;
  const span = { startTimeUnixNano: nano(counted.started_at), timeUnixNano: nano(at) };
  const gauge = (metric: Metric, rows: readonly Labelled[]) => ({
    ...nameOf(metric),
    gauge: {
      dataPoints: rows.map(({ label, value }) => ({
        attributes: [attribute(metric.labels[0] ?? "name", label)],
        timeUnixNano: nano(at),
        asInt: String(value),
      })),
    },
  });
  const metrics = [
    {
      ...nameOf(METRICS.requests),
      histogram: {
        aggregationTemporality: CUMULATIVE,
        dataPoints: counted.series.map((series) => histogramPoint(series, span)),
      },
    },
    gauge(METRICS.backlog, snapshot.backlog),
    gauge(METRICS.deliveries, snapshot.deliveries),
    {
      ...nameOf(METRICS.deadLetters),
      sum: {
        aggregationTemporality: CUMULATIVE,
        isMonotonic: true,
        dataPoints: [
          { attributes: [], ...span, asInt: String(counted.counters.dead_letters ?? 0) },
        ],
      },
    },
  ];
  const resource = {
    attributes: [
      attribute("service.name", "edgewright-platform"),
      attribute("service.version", version),
    ],
  };
  return {
    resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: "edgewright" }, metrics }] }],
  };
}

export interface OtlpMetrics {
  readonly resourceMetrics: readonly unknown[];
}

const nameOf = ({ otlp, help, unit }: Metric) => ({ name: otlp, description: help, unit });

const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } });

/** Milliseconds as nanoseconds, which a number cannot hold. */
const nano = (ms: number): string => `${Math.floor(ms)}000000`;

function histogramPoint(
  series: Series,
  span: { readonly startTimeUnixNano: string; readonly timeUnixNano: string },
) {
  return {
    attributes: [
      attribute("http.route", series.route),
      attribute("http.request.method", series.method),
      attribute("edgewright.status_class", series.status),
    ],
    ...span,
    count: String(series.count),
    sum: series.sum_ms / 1000,
    bucketCounts: series.buckets.map(String),
    explicitBounds: BOUNDS_MS.map((bound) => bound / 1000),
  };
}
