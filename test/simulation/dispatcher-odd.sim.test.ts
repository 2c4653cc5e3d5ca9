/** The dispatcher under seeded faults, odd seeds; a file of its own, so that a second core plays them. */
import { simulation } from "./suite.ts";

simulation(1);
