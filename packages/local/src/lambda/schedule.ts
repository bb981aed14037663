import { randomUUID } from 'node:crypto'

/**
 * Calls `run` now and then every `periodMs` milliseconds, with the event of an EventBridge schedule.
 * https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-scheduler.html
 * @returns a function that stops it.
 */
export function startSchedule(name: string, periodMs: number, run: (event: unknown) => void): () => void {
  run(scheduledEvent(name, new Date()))
  const timer = setInterval(() => run(scheduledEvent(name, new Date())), periodMs)
  return () => clearInterval(timer)
}

/** @returns the event of an EventBridge rule with a schedule. As there, `time` has whole seconds. */
export function scheduledEvent(name: string, now: Date): object {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: '000000000000',
    time: now.toISOString().replace(/\.\d+Z$/, 'Z'),
    region: 'local',
    resources: [`arn:aws:events:local:000000000000:rule/${name}`],
    detail: {},
  }
}
