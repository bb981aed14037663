/** Before any test: what the suite needs is there, or one sentence says what is not. */
import { KUBECTL } from '../manifests/_render.ts'
import { CONTEXT, kubectl } from './_kubectl.ts'

export default async function reachable(): Promise<void> {
  if (!KUBECTL) throw new Error('There is no kubectl on the PATH, nor does KUBECTL name one.')
  if (!CONTEXT) throw new Error('Expected KUBE_CONTEXT to name an administrator’s context, got nothing.')
  await kubectl(['get', '--raw', '/readyz', '--request-timeout', '5s']).catch((error: Error) => {
    throw new Error(`The context ${CONTEXT} is not reachable: ${error.message}`)
  })
  await kubectl(['auth', 'can-i', 'create', 'namespaces']).catch(() => {
    throw new Error(`The context ${CONTEXT} may not make namespaces: an administrator’s is needed.`)
  })
}
