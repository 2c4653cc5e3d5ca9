/** Buttons and links that look like buttons. A button that cannot act stays focusable and says why [CN6]. */
import { Link } from "@tanstack/react-router";
import type { LinkProps } from "@tanstack/react-router";
import { useEffect, useId, useRef } from "react";
import type { ComponentProps, ReactNode, RefObject } from "react";
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
  const frame = useRef<HTMLSpanElement>(null);
  const reason = disabledReason ?? null;
  const off = reason !== null || pending;
  return (
    <span ref={frame} className="inline-flex">
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
      {reason === null ? null : <Reason id={id} text={reason} of={frame} />}
    </span>
  );
}

/** Shown on hover and focus above everything, so that no scrolling table cuts it, and read out as the description. */
function Reason({
  id,
  text,
  of,
}: {
  id: string;
  text: string;
  of: RefObject<HTMLSpanElement | null>;
}) {
  const tip = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const frame = of.current;
    if (frame === null) return;
    const show = () => place(tip.current, frame.getBoundingClientRect());
    const hide = () => tip.current?.hidePopover();
    const onKey = (event: KeyboardEvent) => event.key === "Escape" && hide();
    const ways = { pointerenter: show, focusin: show, pointerleave: hide, focusout: hide };
    for (const [name, way] of Object.entries(ways)) frame.addEventListener(name, way);
    frame.addEventListener("keydown", onKey);
    document.addEventListener("scroll", hide, { capture: true, passive: true });
    return () => {
      for (const [name, way] of Object.entries(ways)) frame.removeEventListener(name, way);
      frame.removeEventListener("keydown", onKey);
      document.removeEventListener("scroll", hide, { capture: true });
    };
  }, [of]);
  return (
    <span
      ref={tip}
      id={id}
      role="tooltip"
      popover="manual"
      className="pointer-events-none fixed inset-auto m-0 w-max max-w-[260px] rounded-md border border-line bg-ink px-2 py-1 text-left text-sm font-normal whitespace-normal text-page"
    >
      {text}
    </span>
  );
}

const GAP = 4;

/** Below the button, its right edge at the button's; above it where the window ends. */
function place(tip: HTMLElement | null, at: DOMRect): void {
  if (tip === null) return;
  tip.showPopover();
  const { offsetWidth: width, offsetHeight: height } = tip;
  const left = Math.max(GAP, Math.min(at.right - width, innerWidth - width - GAP));
  const below = at.bottom + GAP;
  tip.style.left = `${left}px`;
  tip.style.top = `${below + height > innerHeight ? at.top - height - GAP : below}px`;
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
