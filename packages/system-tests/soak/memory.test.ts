import { describe, expect, it } from 'vitest'
import { Memory } from './memory.ts'

/** Adds ten minutes of samples. @param mibAt the database's memory at a share (0..1) of the time. */
function tenMinutes(mibAt: (share: number) => number): Memory {
  const memory = new Memory()
  for (let n = 0; n <= 300; n++)
    memory.add(
      [
        { kind: 'dynamodb', pid: 1, mib: mibAt(n / 300) },
        { kind: 'pod', pid: 2, mib: 50 },
        { kind: 'pod', pid: 3, mib: 50 },
      ],
      n * 2_000,
    )
  return memory
}

describe('the memory of a soak', () => {
  it('has the first, the middle and the last sample of each kind, and of all services without the pods', () => {
    expect(tenMinutes((share) => 100 + 100 * share).moments()).toEqual([
      { kind: 'dynamodb', count: 1, startMiB: 100, middleMiB: 150, endMiB: 200, maxMiB: 200 },
      { kind: 'pod', count: 2, startMiB: 100, middleMiB: 100, endMiB: 100, maxMiB: 100 },
      { kind: 'services', count: 1, startMiB: 100, middleMiB: 150, endMiB: 200, maxMiB: 200 },
    ])
  })

  it('is a finding when a process grows by more than a fifth after the first third of its run', () => {
    expect(tenMinutes((share) => 100 + 100 * share).findings()).toEqual(['dynamodb grew from 146 to 188 MiB'])
    expect(tenMinutes((share) => (share < 0.3 ? 100 : 200)).findings()).toEqual([])
  })
})
