import { isIPv6 } from 'node:net'

/**
 * The network that rate limits count for an address: an IPv4 address itself, or the first 64 bits of an IPv6 address. One
 * household or phone gets at least a /64 (RFC 6177, RFC 7934). An IPv4-mapped IPv6 address counts as IPv4 in every
 * spelling (RFC 4291 section 2.5.5.2). Other text counts as it is.
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const groups = groupsOf(address)
  if (groups.slice(0, 6).join(':') !== '0:0:0:0:0:ffff') return `${groups.slice(0, 4).join(':')}::/64`
  const bytes = groups.slice(6).flatMap((group) => {
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 255]
  })
  return bytes.join('.')
}

/** The eight groups, without leading zeros. A URL's host has one spelling per address (WHATWG URL, IPv6 serializer). */
function groupsOf(address: string): string[] {
  const [bare = ''] = address.split('%')
  const canonical = new URL(`http://[${bare}]`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail ? tail.split(':') : []
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right]
}
