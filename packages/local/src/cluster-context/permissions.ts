/** The permissions that the functions need, and the checks whether the user or the provisioner group has them. */
import type { ApiClient, Impersonation } from './api-client.ts'

/** The Role `refill` of `k8s/base/rbac.yaml`. It includes every verb of the Role `api`. */
export const REQUIRED_PERMISSIONS: readonly (readonly [
  group: string,
  resource: string,
  verbs: readonly string[],
])[] = [
  ['batch', 'jobs', ['create', 'delete', 'get', 'list', 'patch']],
  ['', 'pods', ['delete', 'list', 'patch', 'watch']],
]

/**
 * Asks the API server whether a request would be permitted:
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
 * @returns false also when the API server rejects the question itself.
 * @throws the errors of {@link ApiClient.call}.
 */
export async function isPermitted(
  client: ApiClient,
  impersonation: Impersonation,
  attributes: {
    readonly namespace?: string
    readonly group?: string
    readonly resource: string
    readonly subresource?: string
    readonly verb: string
  },
): Promise<boolean> {
  const { status, body } = await client.call(
    'POST',
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    {
      impersonation,
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: attributes },
      },
    },
  )
  // A SelfSubjectAccessReview, or a Status with an error.
  return status === 201 && (body as { status?: { allowed?: boolean } }).status?.allowed === true
}

/** @returns the required permissions that are missing, each as "create jobs". @throws as {@link isPermitted}. */
export async function missingPermissions(
  client: ApiClient,
  impersonation: Impersonation,
  namespace: string,
): Promise<string[]> {
  const required = REQUIRED_PERMISSIONS.flatMap(([group, resource, verbs]) =>
    verbs.map((verb) => ({ group, resource, verb })),
  )
  const permitted = await Promise.all(
    required.map((attributes) => isPermitted(client, impersonation, { namespace, ...attributes })),
  )
  return required.flatMap(({ resource, verb }, i) => (permitted[i] ? [] : [`${verb} ${resource}`]))
}

/**
 * @returns `provisioner` when the user may impersonate that group, so that the functions have the same rights as on AWS.
 *   Otherwise `none`: the functions then use the user's own rights.
 * @throws the errors of {@link ApiClient.call}.
 */
export async function chooseImpersonation(client: ApiClient): Promise<Impersonation> {
  // Without the right to impersonate, any call fails with 403. Every user may make this one.
  const { status } = await client.call('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
    impersonation: 'provisioner',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace: 'default' },
    },
  })
  return status === 201 ? 'provisioner' : 'none'
}
