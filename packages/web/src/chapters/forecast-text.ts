import { FORECAST } from '../copy/chapters.ts'
import { BLANK } from '../lib/format.ts'
import type { Forecast } from './forecast-model.ts'

/** Prints a share (0..1) without rounding it up to certainty. */
export function share(of: number): string {
  if (of > 0.9995 && of < 1) return 'over 99.9 %'
  return `${(of * 100).toFixed(1)} %`
}

/** Returns the load of the last 50 to 60 minutes and how long a start took in it. */
export function loadText({ perMinute, visitors, failovers, startMs, starts }: Forecast): string {
  const arrivals =
    visitors === undefined
      ? ''
      : `: ${counted(visitors, 'visitor')} and ${counted(failovers ?? 0, 'fail-over')}${FORECAST.each}`
  const start =
    startMs === undefined ? FORECAST.noStart : FORECAST.start((startMs / 1_000).toFixed(2), starts ?? BLANK)
  return `${FORECAST.load(perMinute.toFixed(2))}${arrivals}. ${start}`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
