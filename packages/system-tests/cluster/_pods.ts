/** Helpers for Jobs and pods. */
import { LABELS, randomSuffix } from '@warm-pods/core/identity/names.ts'
import { newPodKey } from '@warm-pods/core/identity/token.ts'
import type { PodView } from '@warm-pods/core/state/cluster-view.ts'
import type { Cluster } from '@warm-pods/functions/kubernetes/cluster.ts'

/** Longer than two healings of a Job. */
const PATIENCE_MS = 90_000

/**
 * Calls `ask` until it returns a value.
 * @throws Error naming `what` after `patienceMs`.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  everyMs = 100,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const endMs = performance.now() + patienceMs
  while (performance.now() < endMs) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
  throw new Error(`Waited ${patienceMs} ms for ${what}, which did not happen.`)
}

export interface TestJob {
  readonly name: string
  readonly key: string
}

/** Creates a Job, as refill does for a slot. */
export async function createJob(cluster: Cluster): Promise<TestJob> {
  const job = { name: `warm-1-1-${randomSuffix()}`, key: newPodKey() }
  const created = await cluster.createJob({
    ...job,
    labels: { [LABELS.pool]: 'warm', [LABELS.assigned]: 'false' },
  })
  if (created.result !== 'created') throw new Error(`Expected a new Job, got ${JSON.stringify(created)}.`)
  return job
}

/**
 * Waits for a Ready pod of the Job.
 * @param notUid the uid of the previous pod, which does not count.
 */
export function readyPod(cluster: Cluster, job: TestJob, notUid?: string): Promise<PodView> {
  return until(`${job.name} to be Ready`, async () => {
    const { pods } = await cluster.inspect(job.name)
    return pods.find(({ pod, ready, deleting }) => ready && !deleting && pod.uid !== notUid)
  })
}
