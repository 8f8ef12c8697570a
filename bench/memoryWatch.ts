/** Looks at the memory of the process as often as it can. */
export function watchMemory(): () => { readonly rss: number; readonly heap: number } {
  const before = process.memoryUsage();
  let rss = before.rss;
  let heap = before.heapUsed;
  const look = (): void => {
    const now = process.memoryUsage();
    rss = Math.max(rss, now.rss);
    heap = Math.max(heap, now.heapUsed);
  };
  const timer = setInterval(look, 1);
  return () => {
    clearInterval(timer);
    look();
    return { rss: rss - before.rss, heap: heap - before.heapUsed };
  };
}
