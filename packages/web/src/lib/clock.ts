/**
 * The one clock of the page and its worker, in ms. Monotonic, and the same in both: HR-Time level 3 (section 5, "time
 * origin") makes `timeOrigin + now()` comparable between a page and its workers, which plain `now()` is not.
 */
export function nowMs(): number {
  return performance.timeOrigin + performance.now()
}
