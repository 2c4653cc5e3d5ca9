/** The OpenAPI 3.1 document, made from the routes [AP1]. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "./plumbing.ts";

export type OpenApiDocument = ReturnType<OpenAPIHono<AppEnv>["getOpenAPI31Document"]>;

/** The same for every installation: no address of one is in it. */
export function documentOf(app: OpenAPIHono<AppEnv>): OpenApiDocument {
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Edgewright",
      version: "1",
      description:
        "Explains failed CI runs, runs tasks on one engine. Errors are application/problem+json with a stable code.",
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, { key: [] }],
  });
}

export function declareSecurity(app: OpenAPIHono<AppEnv>): void {
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "An access token, or an API key.",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "key", {
    type: "apiKey",
    in: "header",
    name: "X-API-Key",
    description: "An API key.",
  });
}
