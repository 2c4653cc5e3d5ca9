/** Metrics as their readers want them, and the table that describes them. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { BOUNDS_MS, merged, seriesOf } from "../../../durable-objects/metrics/model.ts";
import { METRICS, type Snapshot } from "./model.ts";
import { otlpBody, prometheusText } from "./rules.ts";

const seen = (status: number, ms: number) =>
  seriesOf({ route: '/api/v1/"keys"/:id', method: "GET", status, ms });

const SNAPSHOT: Snapshot = {
  at: 1_800_000_060_000,
  counted: {
    started_at: 1_800_000_000_000,
    series: [...merged([seen(200, 3), seen(204, 70), seen(200, 60_000), seen(404, 5)]).values()],
    counters: { dead_letters: 2 },
  },
  backlog: [{ label: "sys.analyses", value: 7 }],
  deliveries: [{ label: "retry", value: 1 }],
};

test("[OB2] Prometheus reads sums of buckets in seconds, with labels it can parse", () => {
  const lines = prometheusText(SNAPSHOT).split("\n");
  const name = "edgewright_http_request_duration_seconds";
  const labels = 'route="/api/v1/\\"keys\\"/:id",method="GET",status="2xx"';
  expect(lines).toContain(`# TYPE ${name} histogram`);
  expect(lines).toContain(`${name}_bucket{${labels},le="0.005"} 1`);
  expect(lines).toContain(`${name}_bucket{${labels},le="0.1"} 2`);
  expect(lines).toContain(`${name}_bucket{${labels},le="10"} 2`);
  expect(lines).toContain(`${name}_bucket{${labels},le="+Inf"} 3`);
  expect(lines).toContain(`${name}_sum{${labels}} 60.073`);
  expect(lines).toContain(`${name}_count{${labels}} 3`);
  expect(lines).toContain('edgewright_engine_backlog_tasks{dag="sys.analyses"} 7');
  expect(lines).toContain('edgewright_deliveries_waiting{status="retry"} 1');
  expect(lines).toContain("edgewright_dead_letters_total 2");
  const form = /^(?:# (?:HELP|TYPE) \w+ .+|\w+(?:\{(?:\w+="(?:[^"\\\n]|\\.)*",?)+\})? \S+|)$/;
  expect(lines.filter((line) => !form.test(line))).toEqual([]);
});

/** Source: opentelemetry/proto/metrics/v1/metrics.proto in its JSON form: 64-bit numbers are texts, enumerations numbers. */
const Uint64 = z.string().regex(/^\d{1,20}$/);
const Attribute = z.strictObject({
  key: z.string(),
  value: z.strictObject({ stringValue: z.string() }),
});
const Point = { attributes: z.array(Attribute), timeUnixNano: Uint64 };
const Named = { name: z.string().min(1), description: z.string(), unit: z.string() };
const HistogramPoint = z
  .strictObject({
    ...Point,
    startTimeUnixNano: Uint64,
    count: Uint64,
    sum: z.number(),
    bucketCounts: z.array(Uint64),
    explicitBounds: z.array(z.number()),
  })
  .refine((point) => point.bucketCounts.length === point.explicitBounds.length + 1)
  .refine(
    (point) => point.bucketCounts.reduce((sum, n) => sum + Number(n), 0) === Number(point.count),
  );
const OtlpMetric = z.union([
  z.strictObject({
    ...Named,
    histogram: z.strictObject({
      aggregationTemporality: z.literal(2),
      dataPoints: z.array(HistogramPoint),
    }),
  }),
  z.strictObject({
    ...Named,
    gauge: z.strictObject({ dataPoints: z.array(z.strictObject({ ...Point, asInt: z.string() })) }),
  }),
  z.strictObject({
    ...Named,
    sum: z.strictObject({
      aggregationTemporality: z.literal(2),
      isMonotonic: z.literal(true),
      dataPoints: z.array(
        z.strictObject({ ...Point, startTimeUnixNano: Uint64, asInt: z.string() }),
      ),
    }),
  }),
]);
export const OtlpRequest = z.strictObject({
  resourceMetrics: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes: z.array(Attribute) }),
      scopeMetrics: z.array(
        z.strictObject({
          scope: z.strictObject({ name: z.string() }),
          metrics: z.array(OtlpMetric),
        }),
      ),
    }),
  ),
});

test("[OB3] OpenTelemetry takes the same: cumulative, numbers of 64 bits as texts, buckets apart", () => {
  const request = OtlpRequest.parse(JSON.parse(JSON.stringify(otlpBody(SNAPSHOT, "1.2.3"))));
  const [resource] = request.resourceMetrics;
  const metrics = resource?.scopeMetrics[0]?.metrics ?? [];
  expect(metrics.map(({ name }) => name)).toEqual(Object.values(METRICS).map(({ otlp }) => otlp));
  expect(metrics[0]).toMatchObject({
    histogram: {
      dataPoints: [
        {
          count: "3",
          sum: 60.073,
          startTimeUnixNano: "1800000000000000000",
          timeUnixNano: "1800000060000000000",
          explicitBounds: BOUNDS_MS.map((bound) => bound / 1000),
        },
        { count: "1" },
      ],
    },
  });
  expect(metrics[3]).toMatchObject({ sum: { dataPoints: [{ asInt: "2" }] } });
});

test("[OB4] docs/metrics.md describes every metric, and no other", () => {
  const rows = readFileSync("docs/metrics.md", "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `edgewright_"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("`", "")),
    );
  expect(rows).toEqual(
    Object.values(METRICS).map(({ prometheus, otlp, kind, unit, labels, help }) => [
      prometheus,
      otlp,
      kind,
      unit,
      labels.join(", "),
      help,
    ]),
  );
});
