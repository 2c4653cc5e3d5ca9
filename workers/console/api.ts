/** The console's one API client, joined with the console's one session. */
import { createApi } from "./client.ts";
import { credentials } from "./session.ts";

export const api = createApi(credentials);
