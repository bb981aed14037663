import { expect, it } from 'vitest'
import { type ProblemKind, problemKind } from './problem-kind.ts'

it.each<[string, ProblemKind]>([
  ['Kubernetes answered 503: etcd is down', 'kubernetes'],
  ['Kubernetes did not answer (ECONNREFUSED)', 'kubernetes'],
  ['EKS returned no endpoint for the cluster c. Its status is CREATING.', 'kubernetes'],
  ['DynamoDB answered ThrottlingException: Rate exceeded', 'aws'],
  ['AWS did not answer (TimeoutError)', 'aws'],
  ['ResourceQuota: every Job we may run is in use', 'quota'],
  ['Kubernetes answered 403: jobs.batch "x" is forbidden: exceeded quota: warm-pods', 'quota'],
  ['Kubernetes reports the pod Ready, but the gateway does not reach it: it answered 502', 'gateway'],
  ['The gateway cannot be reached (ECONNREFUSED)', 'gateway'],
  ['Refill has not confirmed the pool yet.', 'unconfirmed'],
  ['Refill last confirmed the pool 90 s ago.', 'unconfirmed'],
  ['Refill confirmed the pool by a clock that is ahead.', 'unconfirmed'],
  ['Refill has a bug. Its log has the error.', 'bug'],
  ['A pod did not start in time', 'pod_start'],
  ['A pod did not start in time: ErrImagePull', 'pod_start'],
  ['0/1 nodes are available: 1 Insufficient cpu.', 'pod_start'],
])('%s is of the kind %s', (problem, kind) => {
  expect(problemKind(problem)).toBe(kind)
})
