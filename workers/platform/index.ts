/** Entry of the control plane: a table of contents. */
import { app } from "./app.ts";
import { deliveriesTick } from "./alerts/schedule.ts";
import { analysesTick } from "./analyses/schedule.ts";
import { auditTick } from "./audit/schedule.ts";
import { identityTick } from "./identity/schedule.ts";
import { metricsTick } from "./metrics/schedule.ts";
import { orgsTick } from "./orgs/schedule.ts";
import { secretsTick } from "./secrets/schedule.ts";
import { registry } from "./registry.ts";
import { runner } from "./tasks/consumer.ts";
import { tasksTick } from "./tasks/schedule.ts";

export { Dispatcher } from "../../durable-objects/dispatcher/object.ts";
export { Limiter } from "../../durable-objects/limiter/object.ts";
export { Metrics } from "../../durable-objects/metrics/object.ts";
export { Pool } from "../../durable-objects/pool/object.ts";

const engine = runner(registry);
export const { Runner } = engine;

const scheduled = async (event: ScheduledController, env: Env): Promise<void> => {
  await Promise.all([
    analysesTick(event.cron, env),
    deliveriesTick(event.cron, env),
    auditTick(event.cron, env),
    identityTick(event.cron, env),
    metricsTick(event.cron, env),
    orgsTick(event.cron, env),
    secretsTick(event, env),
    tasksTick(env),
  ]);
};

const worker = { fetch: app.fetch, queue: engine.queue, scheduled } satisfies ExportedHandler<Env>;

// workerd takes a Worker's handlers from the default export
export default worker;
