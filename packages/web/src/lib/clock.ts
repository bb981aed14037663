/**
 * Returns monotonic ms, the same in the page and its workers. `timeOrigin + now()` is comparable between them (HR-Time
 * level 3, section 5, "time origin"); plain `now()` is not.
 */
export function nowMs(): number {
  return performance.timeOrigin + performance.now()
}
