/** Entry of the control plane: a table of contents. */
import { app } from "./app.ts";

export { Pool } from "../../durable-objects/pool/object.ts";

const worker = { fetch: app.fetch } satisfies ExportedHandler<Env>;

// oxlint-disable-next-line import/no-default-export -- workerd takes a Worker's handlers from the default export
export default worker;
