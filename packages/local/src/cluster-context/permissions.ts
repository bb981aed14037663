/** What both functions together need to be allowed, and whether a person, or the group for one machine, is. */
import type { Access, As } from './api-client.ts'

/** The Role `refill` of `k8s/base/rbac.yaml`, verb by verb: the API's verbs are among them. */
export const NEEDED: readonly (readonly [group: string, resource: string, verbs: readonly string[]])[] = [
  ['batch', 'jobs', ['create', 'delete', 'get', 'list', 'patch']],
  ['', 'pods', ['delete', 'list', 'patch', 'watch']],
]

/** Asks the API server itself: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access */
export async function may(
  access: Access,
  as: As,
  what: {
    readonly namespace?: string
    readonly group?: string
    readonly resource: string
    readonly subresource?: string
    readonly verb: string
  },
): Promise<boolean> {
  const { status, body } = await access.call(
    'POST',
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    {
      as,
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: what },
      },
    },
  )
  // A SelfSubjectAccessReview, or a Status that refuses even the question.
  return status === 201 && (body as { status?: { allowed?: boolean } }).status?.allowed === true
}

/** Verbs on resources that are not allowed, each as "create jobs". */
export async function lacking(access: Access, as: As, namespace: string): Promise<string[]> {
  const asked = NEEDED.flatMap(([group, resource, verbs]) => verbs.map((verb) => ({ group, resource, verb })))
  const answers = await Promise.all(asked.map((each) => may(access, as, { namespace, ...each })))
  return asked.flatMap(({ resource, verb }, i) => (answers[i] ? [] : [`${verb} ${resource}`]))
}

/**
 * In whose name the functions are to ask: as the group that `k8s/` binds, where the person may take that name, so that
 * they run with the rights they have on AWS, else as the person.
 */
export async function whoToBe(access: Access): Promise<As> {
  // Any call is refused with 403 when one may not impersonate; this one everybody may make.
  const { status } = await access.call('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
    as: 'provisioner',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace: 'default' },
    },
  })
  return status === 201 ? 'provisioner' : 'self'
}
