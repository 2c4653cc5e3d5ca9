/** Why the way through a provider ended here, in the words of the API. */
import type { ReactNode } from "react";
import { ErrorCode } from "../../ui/failure.tsx";
import { loginError } from "./login-errors.ts";

/** Looks like a code of ours; anything else in the address is somebody's text and is not repeated. */
const CODE = /^[a-z_]{1,40}$/;

export function LoginFailed({ code, children }: { code: string; children?: ReactNode }) {
  const { title, remedy } = loginError(code);
  const known = CODE.test(code);
  return (
    <div role="alert" className="mb-4 rounded-md border border-fail bg-fail-wash px-3 py-2">
      <p className="font-medium text-fail">{title}</p>
      <p className="text-soft">{remedy}</p>
      {children}
      {known ? (
        <ErrorCode error={{ code, docs: `/docs/errors/${code}`, requestId: undefined }} />
      ) : null}
    </div>
  );
}
