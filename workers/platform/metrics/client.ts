/** Sends metrics to an OTLP/HTTP receiver, which the operator of the installation named. */
import type { Otlp } from "../adapters/configuration.ts";
import { Fault } from "../model.ts";
import type { OtlpMetrics } from "./rules.ts";

const TIMEOUT_MS = 10_000;

/** @throws Fault("otlp") when the receiver is not there or refuses; the next minute sends the sums again */
export async function sendMetrics({ endpoint, headers }: Otlp, body: OtlpMetrics): Promise<void> {
  const answer = await fetch(`${endpoint}/v1/metrics`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new Fault("otlp", { retryable: true, cause });
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Fault("otlp", { retryable: true, cause: `status ${answer.status}` });
}
