/** The dispatcher under seeded faults, odd seeds; a file of its own, so that a second core plays them. */
import { simulation } from "./suite.ts";

simulation(
  "[T1] [T2] [T3] [T5] [T8] [L1] [L2] [E4] [Q6] invariants hold in each step and at rest",
  1,
);
