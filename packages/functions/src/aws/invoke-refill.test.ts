import { slotWork, type Work } from '@warm-pods/core/state/work.ts'
import { describe, expect, it, vi } from 'vitest'
import { invokeWithRetry } from './invoke-refill.ts'

/** An invoke that a test ends, and the work of each invoke. */
function arrange(failures = 0) {
  const invoked: Work[] = []
  const ends: PromiseWithResolvers<void>[] = []
  const trigger = invokeWithRetry(async (work) => {
    invoked.push(work)
    const end = Promise.withResolvers<void>()
    ends.push(end)
    await end.promise
    if (invoked.length <= failures) throw new Error('Lambda does not answer')
  })
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const endAll = async (): Promise<void> => {
    for (const { resolve } of ends.splice(0)) resolve()
    await turn()
  }
  return { invoked, trigger, turn, endAll }
}

describe(invokeWithRetry, () => {
  it('names the work of all calls that share an invoke', async () => {
    const { endAll, invoked, trigger, turn } = arrange()
    const calls = [trigger([slotWork(1)]), trigger([slotWork(2)]), trigger([slotWork(2), slotWork(3)])]
    await turn()
    expect(invoked).toEqual([['slot#1']])
    await endAll()
    expect(invoked).toEqual([['slot#1'], ['slot#2', 'slot#3']])
    await endAll()
    await Promise.all(calls)
    const last = trigger([slotWork(4)])
    await endAll()
    await last
    expect(invoked.slice(2)).toEqual([['slot#4']])
  })

  it('names all rows when one of the calls does', async () => {
    const { endAll, invoked, trigger } = arrange()
    const calls = [trigger([slotWork(1)]), trigger([slotWork(2)]), trigger('all'), trigger([slotWork(3)])]
    await endAll()
    await endAll()
    await Promise.all(calls)
    expect(invoked).toEqual([['slot#1'], 'all'])
  })

  it('repeats a failed invoke once with the same work, and logs a second failure', async () => {
    const { endAll, invoked, trigger } = arrange(2)
    const logged = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    const call = trigger([slotWork(1)])
    await endAll()
    await endAll()
    await call
    expect(invoked).toEqual([['slot#1'], ['slot#1']])
    expect(logged).toHaveBeenCalledTimes(1)
    logged.mockRestore()
  })
})
