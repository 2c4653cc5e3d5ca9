/** Every operator of the platform, from all capabilities. */
import { analysesOperators } from "./analyses/operators.ts";
import { probeOperators } from "./tasks/operators.ts";
import type { Operator } from "./tasks/service.ts";

export const registry: readonly Operator[] = [...analysesOperators, ...probeOperators];
