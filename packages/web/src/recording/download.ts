import { capture } from '../analytics/capture.ts'
import { EXPORT } from '../copy/export.ts'
import { RECORDING } from '../copy/recording.ts'
import type { Probe } from '../probe/probe.ts'
import type { VisitStore } from '../visit/visit.ts'
import { exportOf } from './export.ts'

/** Saves the raw samples and the recoveries of a visit as a JSON file. Returns a sentence that says so. */
export async function downloadSamples(visit: VisitStore, probe: Probe, simulated: boolean): Promise<string> {
  const samples = await probe.samples()
  const now = new Date()
  save(JSON.stringify(exportOf(visit.snapshot(), samples, simulated, now), null, 2), nameOf(now, simulated))
  if (!simulated) capture('run_exported', {})
  return EXPORT.saved(samples.length)
}

function nameOf(now: Date, simulated: boolean): string {
  const stamp = now.toISOString().slice(0, 19).replaceAll(':', '-')
  return `warm-pods-${simulated ? `${RECORDING.simulated}-` : ''}${stamp}.json`
}

function save(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has taken the blob by the next task.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
