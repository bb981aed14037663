import { LIMITS } from '@warm-pods/core/limits.ts'
import { expect, it } from 'vitest'
import { jobManifest } from '../../functions/src/kubernetes/job-manifest.ts'
import { CRASH_EXIT_CODE } from '../../pod/src/crash-and-freeze.ts'
import { HINTS, JOB_SPEC } from '../src/copy/chapters.ts'

it('the page states the settings of the manifest of a Job', () => {
  const { spec } = jobManifest(
    { name: 'warm-0-1-bcdfg', key: 'key', labels: {} },
    { image: 'pod', namespace: 'warm-pods', podMetrics: '', limits: LIMITS, limitOverrides: {} },
  )
  const pod = spec?.template.spec
  const { requests, limits } = pod?.containers[0]?.resources ?? {}
  expect(Object.fromEntries(JOB_SPEC.fields)).toEqual({
    restartPolicy: pod?.restartPolicy,
    backoffLimit: String(spec?.backoffLimit),
    requests: `${requests?.['cpu']} CPU, ${requests?.['memory']}`,
    limits: `${limits?.['cpu']} CPU, ${limits?.['memory']}`,
    readinessProbe: `each ${pod?.containers[0]?.readinessProbe?.periodSeconds} s`,
  })
})

it('the page states the exit code of a crashed pod', () => {
  expect(HINTS.crash).toContain(`code ${CRASH_EXIT_CODE}`)
})
