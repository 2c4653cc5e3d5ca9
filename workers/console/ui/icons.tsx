/** The icons, drawn on a 16 px grid with one stroke width; always beside a word or a label. */

const SHAPES = {
  overview: "M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z",
  runs: "M3 3.5h6.5M3 8h10M3 12.5h6.5M12.5 2.5v2M12.5 11.5v2",
  analyses: "M9.5 2h-6v12h9V5zM9.5 2v3h3M5.5 8h5M5.5 10.7h3",
  keys: "M10.2 9.3a3.6 3.6 0 1 0-3.5-2.8L2 11.2V14h2.8v-1.6h1.6v-1.6h1.2zM11 5h.01",
  secrets: "M3.5 7h9v6.5h-9zM5.3 7V5a2.7 2.7 0 0 1 5.4 0v2M8 9.6v1.4",
  webhooks:
    "M5.6 7.2a2.7 2.7 0 1 1 4.6-1.6M10.2 5.6l-.3.6M6.2 4.9L3.6 10M4 13.4a2.3 2.3 0 1 1 1.8-3.7M5.9 11.6h5.6M9.3 4.7l2.6 4.9M12.3 13.5a2.3 2.3 0 1 0-1.8-3.6",
  usage: "M2.5 13.5h11M4.2 13.5V9M8 13.5v-11M11.8 13.5V6.2",
  audit: "M8 1.8l5.2 2v4c0 3.2-2.2 5.3-5.2 6.4-3-1.1-5.2-3.2-5.2-6.4v-4zM5.6 7.9l1.7 1.7 3.1-3.2",
  download: "M8 2.3v8M4.8 7.3L8 10.5l3.2-3.2M2.5 10.5v3h11v-3",
  edit: "M10.7 2.9l2.4 2.4L5.6 12.8l-3 .6.6-3z",
  send: "M13.7 2.3L2.2 6.6l4.6 2.3 2.3 4.8zM6.8 8.9l3-2.9",
  account:
    "M8 8.2a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4zM3 13.6c.6-2.4 2.5-3.6 5-3.6s4.4 1.2 5 3.6",
  members:
    "M6 7.8a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8zM1.8 13c.4-2.2 2-3.3 4.2-3.3s3.8 1.1 4.2 3.3M10.6 3.2a2.4 2.4 0 0 1 0 4.4M11.6 9.9c1.4.4 2.3 1.4 2.6 3.1",
  settings:
    "M2 4.5h6.5M12.5 4.5H14M10.5 6.3a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6zM2 11.5h1.5M7.5 11.5H14M5.5 13.3a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  plus: "M8 3v10M3 8h10",
  choose: "M5 6.3L8 3.3l3 3M5 9.7l3 3 3-3",
  mail: "M2 3.5h12v9H2zM2.3 4l5.7 4.7L13.7 4",
  device: "M3 3h10v7H3zM1.5 12.8h13",
  phone: "M5 1.8h6v12.4H5zM7.3 12h1.4",
  check: "M3 8.5l3.2 3.2L13 4.8",
  alert: "M8 2l6.3 11.3H1.7zM8 6.5v3M8 11.4h.01",
  close: "M4 4l8 8M12 4l-8 8",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3l3.4 3.4",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1",
  moon: "M13 9.6A5.5 5.5 0 0 1 6.4 3a5.5 5.5 0 1 0 6.6 6.6z",
  system: "M2 3h12v8H2zM6 14h4M8 11v3",
  help: "M6 6.1c.1-1.2.9-1.9 2-1.9s2 .7 2 1.8c0 1.6-2 1.7-2 3.3M8 11.8h.01M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z",
  upload: "M8 10.5v-8M4.8 5.5L8 2.3l3.2 3.2M2.5 10.5v3h11v-3",
  right: "M6 3.5L10.5 8 6 12.5",
  left: "M10 3.5L5.5 8l4.5 4.5",
  down: "M3.5 6L8 10.5 12.5 6",
  up: "M3.5 10L8 5.5 12.5 10",
  clock: "M8 14a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM8 4.8V8l2.2 1.6",
  stop: "M4 4h8v8H4z",
  dot: "M8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  retry: "M13 8a5 5 0 1 1-1.6-3.7M13 2.2v3h-3",
  trash: "M2.5 4h11M6 4V2.5h4V4M4 4l.7 9.5h6.6L12 4",
  terminal: "M2.5 4.5L6 8l-3.5 3.5M7.5 12h6",
  out: "M9.5 2.5h4v4M13.5 2.5L8 8M6.5 3.5h-4v10h10v-4",
} as const;

export type IconName = keyof typeof SHAPES | "spinner";

export function Icon({ name }: { name: IconName }) {
  const spinning = name === "spinner";
  return (
    <svg
      aria-hidden="true"
      className={`size-4 shrink-0 ${spinning ? "animate-spin" : ""}`}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={name === "spinner" ? "M8 2a6 6 0 1 1-6 6" : SHAPES[name]} />
    </svg>
  );
}

/** The sign of the product. */
export function Logo() {
  return (
    <svg aria-hidden="true" className="size-5 shrink-0" viewBox="0 0 32 32">
      <rect width="32" height="32" rx="7" fill="#4f46e5" />
      <path d="M9 8h14M9 16h9M9 24h14" stroke="#fff" strokeWidth="3.4" strokeLinecap="round" />
      <circle cx="23.2" cy="16" r="2.3" fill="#fbbf24" />
    </svg>
  );
}
