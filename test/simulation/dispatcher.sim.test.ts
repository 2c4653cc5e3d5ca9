/** The dispatcher under seeded faults, even seeds: nothing lost, nothing doubled, nothing stuck. */
import { simulation } from "./suite.ts";

simulation(
  "[T1] [T2] [T3] [T5] [T8] [L1] [L2] [E4] [Q6] invariants hold in each step and at rest",
  0,
);
