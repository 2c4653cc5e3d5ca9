/** What stands in for a page while its data is on the way; the router waits 150 ms before it shows it [CN8]. */

export function PageSkeleton() {
  return (
    <div role="status" aria-label="Loading" className="mx-auto max-w-xl px-4 pt-6 md:px-7">
      <Bar className="mb-6 h-6 w-48" />
      {[0, 1, 2, 3, 4, 5].map((row) => (
        <Bar key={row} className="mb-2 h-9 w-full" />
      ))}
    </div>
  );
}

export function Bar({ className }: { className: string }) {
  return <div className={`animate-pulse rounded-md bg-raised ${className}`} />;
}
