/** `npm run decisions`: prints how much of each paper is built. */
import { printed, readRegister } from "./register.ts";

process.stdout.write(`${printed(readRegister())}\n`);
