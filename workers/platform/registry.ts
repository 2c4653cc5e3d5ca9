/** Every operator of the platform, from all capabilities. */
import { deliveryOperators } from "./alerts/operators.ts";
import { analysesOperators } from "./analyses/operators.ts";
import { probeOperators } from "./tasks/operators.ts";
import type { Operator } from "./tasks/service.ts";

export const registry: readonly Operator[] = [
  ...analysesOperators,
  ...deliveryOperators,
  ...probeOperators,
];
