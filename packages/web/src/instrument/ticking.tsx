import { age, minutesAndSeconds, stopwatch } from '../lib/format.ts'
import { useNow } from '../lib/use-now.ts'

/** Counts up from `sinceMs`. Hidden from screen readers, which announce events only. */
export function Elapsed({
  sinceMs,
  decimals = 1,
  className,
}: {
  sinceMs: number
  decimals?: 1 | 2
  className?: string
}) {
  const now = useNow(decimals === 2 ? 50 : 100)
  return (
    <span className={`tabular-nums ${className ?? ''}`} aria-hidden="true" translate="no">
      {stopwatch(now - sinceMs, decimals)}
    </span>
  )
}

/** Counts down to a time of the API's clock, as `0:30`. @param skewMs the API's clock minus the browser's. */
export function LeaseCountdown({ endsAt, skewMs }: { endsAt: string; skewMs: number }) {
  useNow(250)
  return (
    <span className="tabular-nums" translate="no">
      {minutesAndSeconds(Date.parse(endsAt) - Date.now() - skewMs, Math.ceil)}
    </span>
  )
}

/** The time since `at` of the API's clock, as `3 min` or as `1:12`. */
export function Since({ at, skewMs, as }: { at: string; skewMs: number; as: 'age' | 'minutes' }) {
  useNow(1_000)
  const ms = Date.now() + skewMs - Date.parse(at)
  return (
    <span className="tabular-nums" translate="no">
      {as === 'age' ? age(ms) : minutesAndSeconds(ms)}
    </span>
  )
}
