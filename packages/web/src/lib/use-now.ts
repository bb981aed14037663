import { useEffect, useState } from 'react'
import { nowMs } from './clock.ts'

/** Returns {@link nowMs}, renewed each `everyMs`, or once a second with reduced motion. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(nowMs)
  useEffect(() => {
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches
    const timer = setInterval(() => setNow(nowMs()), calm ? Math.max(everyMs, 1_000) : everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}
