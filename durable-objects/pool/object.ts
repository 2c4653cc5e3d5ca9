/** Keeps the local install's connections to Postgres: one object, many transactions. */
import { DurableObject } from "cloudflare:workers";

export class Pool extends DurableObject<Env> {}
