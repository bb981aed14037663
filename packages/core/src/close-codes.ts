/** The close codes of the socket, RFC 6455 section 7.4. `socket.ts` has their meaning, which the page's first paint does not need. */
export const CLOSE_CODES = {
  normal: 1000,
  policy: 1008,
  terminating: 4001,
  replaced: 4002,
  refused: 4003,
  expired: 4004,
  tooFast: 4005,
  sessionOver: 4006,
  tooManyConnections: 4007,
  unresponsive: 4008,
} as const

export type CloseName = keyof typeof CLOSE_CODES

/** The name in {@link CLOSE_CODES} of a close code; undefined for any other code. */
export function closeNamed(code: number): CloseName | undefined {
  return (Object.keys(CLOSE_CODES) as CloseName[]).find((name) => CLOSE_CODES[name] === code)
}
