/** Checks the prerequisites of the suite: kubectl, a reachable context, and the right to create namespaces. */
import { KUBECTL } from '../manifests/_render.ts'
import { CONTEXT, kubectl } from './_kubectl.ts'

export default async function reachable(): Promise<void> {
  if (!KUBECTL) throw new Error('Expected kubectl on the PATH, or its path in KUBECTL.')
  if (!CONTEXT) throw new Error('Expected KUBE_CONTEXT to name an administrator’s context, got nothing.')
  await kubectl(['get', '--raw', '/readyz', '--request-timeout', '5s']).catch((error: Error) => {
    throw new Error(`The context ${CONTEXT} is not reachable: ${error.message}`, { cause: error })
  })
  await kubectl(['auth', 'can-i', 'create', 'namespaces']).catch((error: Error) => {
    throw new Error(
      `The context ${CONTEXT} may not create namespaces: use an administrator’s. (${error.message})`,
      { cause: error },
    )
  })
}
