/** The door to a person's own cluster, in the place where the local Kubernetes would be. */
import { type As, openAccess } from '../cluster-context/api-client.ts'
import { openDoor } from '../cluster-context/cluster-proxy.ts'
import { loadContext } from '../cluster-context/kubeconfig-files.ts'
import { runPart } from '../supervisor/run-service.ts'

export interface ContextSettings {
  readonly port: number
  readonly context: string
  readonly kubeconfigs: readonly string[]
  readonly namespace: string
  readonly as: As
}

/** Not in the settings: those are arguments, which every user of this machine can read. */
export const DOOR_TOKEN = 'DOOR_TOKEN'

await runPart(async ({ as, context, kubeconfigs, namespace, port }: ContextSettings) => {
  const access = openAccess(loadContext(kubeconfigs, context))
  const door = await openDoor({ port, access, namespace, as, token: process.env[DOOR_TOKEN] ?? '' })
  return {
    ready: {},
    async close() {
      await door.close()
      access.close()
    },
  }
})
