import { useEffect, useState } from 'react'
import { nowMs } from './clock.ts'

/** The present, {@link nowMs}, renewed each `everyMs`; once a second for those who asked for less motion. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(nowMs)
  useEffect(() => {
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches
    const timer = setInterval(() => setNow(nowMs()), calm ? Math.max(everyMs, 1_000) : everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}
