import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { Chapter } from '../components/chapter.tsx'
import { FORECAST } from '../copy/chapters.ts'
import { BLANK } from '../lib/format.ts'
import { forecastOf, type Share } from './forecast-model.ts'
import { interval, loadText, share } from './forecast-text.ts'

/** The forecast share of warm claims beside the measured share. */
export function ForecastPanel({ pool }: { pool: Pool }) {
  const forecast = forecastOf(pool)
  return (
    <Chapter lead={FORECAST.lead(pool.target)}>
      <dl className="grid gap-x-6 gap-y-4 pt-4 sm:grid-cols-3">
        <Rate name={FORECAST.predicted(pool.target)} value={forecast.predicted} of="arrivals" />
        <Rate name={FORECAST.measured} value={forecast.measured} of="visitors" />
        <Rate name={FORECAST.oneMore} value={forecast.oneMore} of="arrivals" />
      </dl>
      <p className="pt-4 text-sm text-muted-foreground">{loadText(forecast)}</p>
    </Chapter>
  )
}

function Rate({ name, value, of }: { name: string; value: Share; of: 'arrivals' | 'visitors' }) {
  const known = 'share' in value
  return (
    <div>
      <dt className="text-[0.8125rem] text-muted-foreground">{name}</dt>
      <dd className="text-xl tabular-nums tracking-tight">
        <span>{known ? share(value.share) : BLANK}</span>
        <span className="block text-xs tracking-normal text-muted-foreground">
          {known ? value.interval && interval(value.interval) : FORECAST.needs(value.needs, value.has, of)}
        </span>
      </dd>
    </div>
  )
}
