/**
 * The reviews of `kubectl auth`: objects that a client creates to ask a question, and that are not stored. The engine has no
 * users and no RBAC, so every request is allowed.
 */

import { isObject, type JsonObject } from '../apimachinery/json.ts'
import { apiVersionOf, type GroupKind } from '../apimachinery/resources.ts'
import { invalid, invalidValue } from '../apimachinery/status.ts'
import type { Draft } from '../registry/decode.ts'
import { timestamp } from '../rfc3339.ts'
import { type Exchange, sendJson } from './exchange.ts'
import { decodeBody } from './handler-tools.ts'

interface Review extends GroupKind {
  name: string
  singular: string
  /** Returns the answer. @throws StatusError 422 for a malformed question. */
  status(question: Draft): JsonObject
}

/** The name and groups of a real API server for a caller without credentials. */
const ANONYMOUS = { username: 'system:anonymous', groups: ['system:unauthenticated'] }

function accessStatus({ spec = {} }: Draft): JsonObject {
  const asked = ['resourceAttributes', 'nonResourceAttributes'].filter((key) => isObject(spec[key]))
  if (asked.length === 1) return { allowed: true, reason: 'this server has no authorization' }
  const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
  throw invalid({ kind: '', group: 'authorization.k8s.io' }, '', [
    invalidValue('spec.resourceAttributes', null, why),
  ])
}

/** All reviews, by group. */
export const REVIEWS: readonly Review[] = [
  {
    name: 'selfsubjectreviews',
    singular: 'selfsubjectreview',
    group: 'authentication.k8s.io',
    kind: 'SelfSubjectReview',
    status: () => ({ userInfo: ANONYMOUS }),
  },
  {
    name: 'selfsubjectaccessreviews',
    singular: 'selfsubjectaccessreview',
    group: 'authorization.k8s.io',
    kind: 'SelfSubjectAccessReview',
    status: accessStatus,
  },
  {
    name: 'selfsubjectrulesreviews',
    singular: 'selfsubjectrulesreview',
    group: 'authorization.k8s.io',
    kind: 'SelfSubjectRulesReview',
    status: () => ({
      resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
      nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
      incomplete: false,
    }),
  },
]

/** Returns the review of a path such as `/apis/authorization.k8s.io/v1/selfsubjectaccessreviews`. */
export const reviewAt = (path: string): Review | undefined =>
  REVIEWS.find((review) => path === `/apis/${apiVersionOf(review)}/${review.name}`)

/** Answers a POST of a review. */
export async function answerReview(exchange: Exchange, review: Review): Promise<void> {
  const { kind, apiVersion, metadata, spec, ...rest } = await decodeBody(exchange, review)
  const status = review.status({ ...rest, kind, apiVersion, metadata, ...(spec ? { spec } : {}) })
  const created = { ...metadata, creationTimestamp: timestamp() }
  sendJson(exchange, 201, { kind, apiVersion, metadata: created, ...(spec ? { spec } : {}), status })
}
