import { LABELS, requestAnnotation } from '@warm-pods/core/identity/names.ts'
import type { SessionRow } from '@warm-pods/core/state/session.ts'
import type { Services } from '../services.ts'

/**
 * Creates the Job of a session that found no warm pod. Idempotent: the session's row fixes the Job's name. Errors of
 * Kubernetes pass through.
 * @returns `quota` when the namespace's ResourceQuota allows no further Job.
 */
export async function createSessionJob(services: Services, row: SessionRow): Promise<'created' | 'quota'> {
  const cluster = await services.cluster()
  const { result } = await cluster.createJob({
    name: row.job,
    key: row.key,
    annotations: requestAnnotation(row.requestId),
    labels: {
      [LABELS.pool]: 'cold',
      [LABELS.assigned]: 'true',
      [LABELS.sessionId]: row.sessionId,
      [LABELS.epoch]: String(row.epoch),
    },
  })
  return result === 'quota' ? 'quota' : 'created'
}
