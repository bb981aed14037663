import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { networkOf } from './ip-network.ts'

/** The spellings of the same eight groups that RFC 4291 section 2.2 allows. */
function spellings(groups: number[]): string[] {
  const hex = groups.map((group) => group.toString(16))
  const full = hex.map((group) => group.padStart(4, '0'))
  const [left, right] = [hex.slice(0, 6), [6, 7].map((i) => groups[i] ?? 0)]
  const dotted = right.flatMap((group) => [group >> 8, group & 255]).join('.')
  return [
    hex.join(':'),
    full.join(':'),
    full.join(':').toUpperCase(),
    [...left, dotted].join(':'),
    ...short(hex),
  ]
}

/** With each run of zeros written as `::`. */
function short(hex: string[]): string[] {
  const runs = hex.flatMap((_, from) => hex.slice(from).map((__, n) => [from, from + n + 1] as const))
  return runs
    .filter(([from, to]) => hex.slice(from, to).every((group) => group === '0'))
    .map(([from, to]) => `${hex.slice(0, from).join(':')}::${hex.slice(to).join(':')}`)
}

const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }))
const groups = fc.array(group, { minLength: 8, maxLength: 8 })
const isMapped = (g: number[]): boolean => g.slice(0, 5).every((x) => x === 0) && g[5] === 0xffff

describe(networkOf, () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['::2:3:4:5:6:7:8', '0:2:3:4::/64'],
    ['::3:4:5:6:192.0.2.1', '0:0:3:4::/64'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  it('is one for all addresses of a /64, in every spelling', () => {
    fc.assert(
      fc.property(groups, groups, (one, other) => {
        fc.pre(!isMapped(one))
        const neighbour = [...one.slice(0, 4), ...other.slice(4)]
        fc.pre(!isMapped(neighbour))
        const networks = [...spellings(one), ...spellings(neighbour)].map(networkOf)
        expect(new Set(networks).size).toBe(1)
      }),
    )
  })

  it('differs between two /64 networks', () => {
    fc.assert(
      fc.property(groups, groups, (one, other) => {
        fc.pre(!isMapped(one) && !isMapped(other))
        const same = one.slice(0, 4).join() === other.slice(0, 4).join()
        expect(
          networkOf(one.map((g) => g.toString(16)).join(':')) ===
            networkOf(other.map((g) => g.toString(16)).join(':')),
        ).toBe(same)
      }),
    )
  })

  it('is the text itself when that is no address', () => {
    expect(networkOf('unknown')).toBe('unknown')
    expect(networkOf('')).toBe('')
  })
})
