/** Buttons and links that look like buttons. A button that cannot act stays focusable and says why [CN6]. */
import { Link } from "@tanstack/react-router";
import type { LinkProps } from "@tanstack/react-router";
import { useId } from "react";
import type { ComponentProps, ReactNode } from "react";
import { Icon } from "./icons.tsx";
import type { IconName } from "./icons.tsx";

type Variant = "primary" | "plain" | "ghost" | "danger";

const LOOK: Readonly<Record<Variant, string>> = {
  primary: "border-transparent bg-accent text-accent-ink hover:opacity-90",
  plain: "border-edge bg-panel text-ink hover:bg-raised",
  ghost: "border-transparent text-soft hover:bg-raised hover:text-ink",
  danger: "border-fail bg-panel text-fail hover:bg-fail-wash",
};
/** A button that cannot act steps back, whatever it looks like otherwise. */
const OFF: Readonly<Record<Variant, string>> = {
  primary: "border-transparent bg-raised text-faint",
  plain: "border-line bg-panel text-faint",
  ghost: "border-transparent text-faint",
  danger: "border-line bg-panel text-faint",
};
const SHAPE =
  "inline-flex min-h-7 items-center justify-center gap-1.5 rounded-md border px-2.5 py-0.5 font-medium whitespace-nowrap select-none";

interface ButtonProps extends Omit<ComponentProps<"button">, "disabled"> {
  readonly variant?: Variant;
  readonly icon?: IconName;
  /** Why the button cannot act now; null or absent when it can. */
  readonly disabledReason?: string | null | undefined;
  readonly pending?: boolean;
}

export function Button(props: ButtonProps) {
  const {
    variant = "plain",
    icon,
    disabledReason,
    pending = false,
    className = "",
    children,
    onClick,
    ...rest
  } = props;
  const id = useId();
  const reason = disabledReason ?? null;
  const off = reason !== null || pending;
  return (
    <span className="group relative inline-flex">
      <button
        type="button"
        {...rest}
        className={`${SHAPE} ${off ? OFF[variant] : LOOK[variant]} ${className}`}
        aria-disabled={off}
        aria-busy={pending}
        {...(reason === null ? {} : { "aria-describedby": id })}
        onClick={(event) => {
          if (off) event.preventDefault();
          else onClick?.(event);
        }}
      >
        {pending ? <Icon name="spinner" /> : icon === undefined ? null : <Icon name={icon} />}
        {children}
      </button>
      {reason === null ? null : <Reason id={id} text={reason} />}
    </span>
  );
}

/** Shown on hover and focus, and read out as the button's description. */
function Reason({ id, text }: { id: string; text: string }) {
  return (
    <span
      id={id}
      role="tooltip"
      className="pointer-events-none invisible absolute top-full right-0 z-30 mt-1 w-max max-w-[260px] rounded-md border border-line bg-ink px-2 py-1 text-left text-sm whitespace-normal text-page group-focus-within:visible group-hover:visible"
    >
      {text}
    </span>
  );
}

export function ButtonLink({
  variant = "plain",
  icon,
  children,
  ...to
}: LinkProps & { variant?: Variant; icon?: IconName; children: ReactNode }) {
  return (
    <Link {...to} className={`${SHAPE} ${LOOK[variant]}`}>
      {icon === undefined ? null : <Icon name={icon} />}
      {children}
    </Link>
  );
}

/** A square button with an icon alone; the label is read out and shown as a title. */
export function IconButton({
  label,
  icon,
  ...rest
}: Omit<ComponentProps<"button">, "children"> & { label: string; icon: IconName }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className="flex size-7 shrink-0 items-center justify-center rounded-md text-soft hover:bg-raised hover:text-ink"
    >
      <Icon name={icon} />
    </button>
  );
}
