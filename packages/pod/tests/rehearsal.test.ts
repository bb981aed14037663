import { LIMITS } from '@warm-pods/core/limits.ts'
import { describe, expect, it, vi } from 'vitest'
import { readConfig } from '../src/config.ts'
import { rehearse } from '../src/rehearsal.ts'
import { podEnvironment, startPod, visitAs } from './_util.ts'

describe('the rehearsal of a pod', () => {
  it('logs nothing and ends, also when the visit fails', async () => {
    const written = vi.spyOn(process.stdout, 'write')
    const config = readConfig(podEnvironment())
    await rehearse(config)
    await rehearse({ ...config, limits: { ...LIMITS, frameBytes: 1 } })
    expect(written).not.toHaveBeenCalled()
    written.mockRestore()
  })

  it('leaves the pod unbound: its first visitor becomes the session', async () => {
    await using pod = await startPod()
    using visitor = await visitAs(pod)
    expect(visitor).toBeDefined()
    await pod.logged('bound')
    const events = pod.log.map((line) => JSON.parse(line).event)
    expect(events.slice(0, 3)).toEqual(['listening', 'bound', 'connected'])
  })
})
