/** A load that failed: what it was, what to do, and everything needed to report it [CN7]. */
import { useLocation } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { ApiError } from "../errors.ts";
import { asApiError } from "../errors.ts";
import { paths } from "../paths.ts";
import { Button, ButtonLink } from "./button.tsx";
import { Icon } from "./icons.tsx";
import { useTitle } from "./page.tsx";

/** The boundary of a page: 404 and 403 have no Retry, 429 counts down. */
export function Failure({ error: thrown, retry }: { error: unknown; retry?: () => void }) {
  const error = asApiError(thrown);
  useTitle(error.title);
  const final = error.status === 404 || error.status === 403;
  return (
    <div className="mx-auto max-w-lg px-4 py-16">
      <h1 tabIndex={-1} className="flex items-center gap-2 text-xl font-semibold">
        {final ? null : (
          <span className="text-fail">
            <Icon name="alert" />
          </span>
        )}
        {error.title}
      </h1>
      <ErrorBody error={error} />
      {final || retry === undefined ? null : <RetryButton error={error} retry={retry} />}
    </div>
  );
}

/** Detail, remedy, code and request id; used by pages and forms alike. */
export function ErrorBody({ error }: { error: ApiError }) {
  return (
    <div className="mt-1">
      {error.detail === undefined ? null : <p className="break-words">{error.detail}</p>}
      <p className="text-soft">{error.remedy}</p>
      <SignInAgain error={error} />
      <ErrorCode error={error} />
    </div>
  );
}

/** What the API answers only soon after a sign-in offers that sign-in, and the way back to this page. */
export function SignInAgain({ error }: { error: ApiError }) {
  const here = useLocation({ select: (location) => location.href });
  if (error.code !== "reauth_required") return null;
  return (
    <p className="my-1.5">
      <ButtonLink {...paths.login({ return_to: here })} icon="account">
        Sign in again
      </ButtonLink>
    </p>
  );
}

/** The code, which leads to its page, and the request to quote. */
export function ErrorCode({ error }: { error: Pick<ApiError, "code" | "docs" | "requestId"> }) {
  return (
    <p className="mt-1 font-mono text-xs break-all text-faint">
      {error.docs === undefined ? (
        error.code
      ) : (
        <a href={error.docs} target="_blank" rel="noopener" className="underline hover:text-ink">
          {error.code}
        </a>
      )}
      {error.requestId === undefined ? null : ` · request ${error.requestId}`}
    </p>
  );
}

/** An error inside a form or a box, announced when it appears. */
export function InlineError({ error }: { error: unknown }) {
  if (error === null || error === undefined) return null;
  const shown = asApiError(error);
  return (
    <div role="alert" className="rounded-md border border-fail bg-fail-wash px-3 py-2">
      <p className="font-medium text-fail">{shown.title}</p>
      <ErrorBody error={shown} />
    </div>
  );
}

function RetryButton({ error, retry }: { error: ApiError; retry: () => void }) {
  const [now, setNow] = useState(() => Date.now());
  const waitS =
    error.retryAt === undefined ? 0 : Math.max(0, Math.ceil((error.retryAt - now) / 1_000));
  useEffect(() => {
    if (waitS === 0) return;
    const timer = setTimeout(() => setNow(Date.now()), 1_000);
    return () => clearTimeout(timer);
  }, [waitS, now]);
  return (
    <div className="mt-4">
      <Button
        variant="primary"
        icon="retry"
        onClick={retry}
        disabledReason={waitS === 0 ? null : `The API asks to wait ${waitS} s.`}
      >
        {waitS === 0 ? "Retry" : `Retry in ${waitS} s`}
      </Button>
    </div>
  );
}
