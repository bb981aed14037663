import { describe, expect, it } from 'vitest'
import { Stopwatch } from './stopwatch.ts'

describe(Stopwatch, () => {
  it('times consecutive legs', () => {
    const ticks = [100, 103.5, 103.5, 110.126]
    const stages = new Stopwatch(() => ticks.shift() ?? 0)
    for (const name of ['read', 'take', 'record']) stages.mark(name)
    expect(stages.legs()).toEqual([
      { name: 'read', ms: 3.5 },
      { name: 'take', ms: 0 },
      { name: 'record', ms: 6.63 },
    ])
  })

  it('returns a copy, so that later marks do not change a receipt', () => {
    const stages = new Stopwatch(() => 0)
    const legs = stages.legs()
    stages.mark('read')
    expect(legs).toEqual([])
  })
})
