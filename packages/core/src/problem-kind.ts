/** The kinds of a problem of refill, for a label of a metric. `pod_start` is the kind of every text that has no other. */
export const PROBLEM_KINDS = [
  'kubernetes',
  'aws',
  'quota',
  'gateway',
  'unconfirmed',
  'bug',
  'pod_start',
] as const
export type ProblemKind = (typeof PROBLEM_KINDS)[number]

/** The first pattern that fits decides. The texts are those of functions/kubernetes/errors.ts, refill and the gateway checks. */
const PATTERNS: readonly (readonly [RegExp, ProblemKind])[] = [
  [/ResourceQuota|exceeded quota/, 'quota'],
  [/the gateway /i, 'gateway'],
  [/^(Kubernetes (answered|did not answer)|EKS )/, 'kubernetes'],
  [/^(AWS|DynamoDB) /, 'aws'],
  [/^Refill (has not confirmed|confirmed|last confirmed) the pool/, 'unconfirmed'],
  [/ has a bug\b/, 'bug'],
]

/**
 * Returns the kind of a problem as `GET /pool` shows it. A start that fails has a text of Kubernetes' own, such as
 * `ErrImagePull`, so `pod_start` is the default.
 */
export function problemKind(problem: string): ProblemKind {
  return PATTERNS.find(([pattern]) => pattern.test(problem))?.[1] ?? 'pod_start'
}
