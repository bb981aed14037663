/** Longest chain of causes that is followed: a chain may contain itself. */
const MAX_CAUSES = 5

/** Returns the error and its causes, the innermost one last. The errors of an AggregateError count by its first. */
export function causesOf(error: unknown): unknown[] {
  const chain: unknown[] = []
  let next = error
  while (next !== undefined && next !== null && chain.length < MAX_CAUSES) {
    chain.push(next)
    if (!(next instanceof Error)) break
    next = next.cause ?? (next instanceof AggregateError ? next.errors[0] : undefined)
  }
  return chain
}

/**
 * Returns the messages of an error and its causes on one line, the innermost cause last. fetch and LevelDB put the reason
 * into the cause only.
 */
export function messageWithCauses(error: unknown): string {
  const messages: string[] = []
  for (const cause of causesOf(error)) {
    const message = messageOf(cause)
    if (message !== '' && !messages.some((earlier) => earlier.includes(message))) messages.push(message)
  }
  return messages.join(': ')
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.message !== '') return error.message
  return 'code' in error ? String(error.code) : error.name
}
