/** What the simulation has found, each as the few calls that it takes. */
import { activate } from '@warm-pods/functions/activate.ts'
import { describe, expect, it } from 'vitest'
import { testSystem } from '../api/_system.ts'

describe('a kill that comes in while a pod is handed over', () => {
  it.each(['polite', 'crash'])(
    'is not forgotten (%s): the pod it is meant for is nobody’s yet',
    async (how) => {
      await using system = await testSystem()
      system.cluster.readyAtOnce = false
      const visitor = await system.visitor()
      expect((await visitor.post('/session')).status).toBe(202)
      const session = await system.services.sessions.get(visitor.id)
      system.cluster.makeReady()
      const [found] = (await system.cluster.list()).pods
      if (!session || !found) throw new Error('A session that waits and a pod were expected.')
      expect((await visitor.delete(`/session/:id/pod?how=${how}`)).status).toBe(202)
      // A run of refill, or another poll, that had looked a moment before.
      const row = await activate(system.services, { do: 'activate', session, pod: found.pod })
      expect(row).toMatchObject({ state: 'starting', kill: { how, done: false } })
      await system.refill()
      expect(system.cluster.deleted).toMatchObject([{ pod: found.pod.name }])
    },
  )
})
