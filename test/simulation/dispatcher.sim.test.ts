/** The dispatcher under seeded faults, even seeds: nothing lost, nothing doubled, nothing stuck. */
import { simulation } from "./suite.ts";

simulation(0);
